import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface CertificateWish {
  /** As `-subj` has it. Default: `/CN=x`. */
  readonly subject?: string;
  /** As `subjectAltName` has it: `URI:spiffe://example.org/a`, or `DER:…` for what openssl would not write. */
  readonly san?: string;
  /** The file of a key that is there already, such as the one of an earlier certificate. Default: a fresh one. */
  readonly key?: string;
  readonly ca?: Authority;
  /** As `extendedKeyUsage` has it. Default: `clientAuth`. */
  readonly usage?: string;
  /** Whether it says by which key it was signed. Default: `true`, as openssl does. */
  readonly saysIssuerKey?: boolean;
}

export interface Authority {
  readonly name: string;
  readonly pem: string;
}

export interface MadeCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  /** The file of its key. */
  readonly key: string;
  readonly keyPem: string;
  /** As `openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum` says. */
  readonly keySha256: string;
}

export interface ClientCertificates {
  authority(subject: string, by?: Authority): Authority;
  make(wish?: CertificateWish): MadeCertificate;
  remove(): void;
}

/** Made by the real `openssl`; `undefined` where there is none. */
export function makeClientCertificates(): ClientCertificates | undefined {
  const cwd = mkdtempSync(join(tmpdir(), "sallyport-client-certificates-"));
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd, stdio: "pipe" });
  const read = (name: string) => readFileSync(join(cwd, name), "utf8");
  try {
    openssl("version");
  } catch {
    rmSync(cwd, { recursive: true });
    return undefined;
  }
  let made = 0;

  function sign(subject: string, extensions: string, { key, ca }: Pick<CertificateWish, "key" | "ca">): string {
    const name = `c${++made}`;
    writeFileSync(join(cwd, `${name}.cnf`), `[req]\ndistinguished_name = dn\n[dn]\n[ext]\n${extensions}\n`);
    writeFileSync(join(cwd, `${name}.key`), key === undefined ? freshKey() : readFileSync(key));
    const config = ["-config", `${name}.cnf`];
    openssl("req", "-new", "-utf8", ...config, "-key", `${name}.key`, "-subj", subject, "-out", `${name}.csr`);
    const issuer =
      ca === undefined ? ["-signkey", `${name}.key`] : ["-CA", `${ca.name}.crt`, "-CAkey", `${ca.name}.key`];
    const extended = ["-extfile", `${name}.cnf`, "-extensions", "ext", "-days", "2"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...issuer, "-CAcreateserial", ...extended, "-out", `${name}.crt`);
    return name;
  }

  return {
    authority(subject, by) {
      const name = sign(subject, "basicConstraints = critical, CA:TRUE", by === undefined ? {} : { ca: by });
      return { name, pem: read(`${name}.crt`) };
    },
    make({ subject = "/CN=x", san, usage = "clientAuth", saysIssuerKey = true, ...rest } = {}) {
      const extensions = [`extendedKeyUsage = ${usage}`];
      if (san !== undefined) extensions.push(`subjectAltName = ${san}`);
      if (!saysIssuerKey) extensions.push("authorityKeyIdentifier = none");
      const name = sign(subject, extensions.join("\n"), rest);
      const pem = read(`${name}.crt`);
      return {
        der: new X509Certificate(pem).raw,
        pem,
        key: join(cwd, `${name}.key`),
        keyPem: read(`${name}.key`),
        // Three processes: only where it is asked for.
        get keySha256() {
          const publicKey = openssl("x509", "-in", `${name}.crt`, "-pubkey", "-noout");
          writeFileSync(join(cwd, "public.pem"), publicKey);
          openssl("pkey", "-pubin", "-in", "public.pem", "-outform", "der", "-out", "public.der");
          return openssl("dgst", "-sha256", "-r", "public.der").toString().slice(0, 64);
        },
      };
    },
    remove: () => rmSync(cwd, { recursive: true }),
  };
}

function freshKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "sec1", format: "pem" }).toString();
}

const tags = { email: 0x81, dns: 0x82, uri: 0x86 };

/** A `subjectAltName` of these bytes, whatever is in them. */
export function sanOf(...names: readonly (readonly [kind: keyof typeof tags, value: string | Uint8Array])[]): string {
  const parts = names.map(([kind, value]) => tlv(tags[kind], Buffer.from(value)));
  return `DER:${tlv(0x30, Buffer.concat(parts)).toString("hex")}`;
}

function tlv(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x82, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
