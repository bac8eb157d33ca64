import { type Bytes, concat, fromUtf8, isEqual, toBase64, toUtf8 } from "./bytes.js";
import { createSshReader, readMpint, type SshReader, toMpint, toOpenSshKey, toSshString } from "./open-ssh.js";
import { toPem } from "./pem.js";
import { toEcPkcs8, toEd25519Pkcs8, toRsaPkcs8 } from "./pkcs8.js";

// OpenSSH's PROTOCOL.key: magic, cipher, KDF, KDF options, number of keys, public key, private part.

export const openSshLabel = "OPENSSH PRIVATE KEY";

const magic = toUtf8("openssh-key-v1\0");

const one = Uint8Array.of(0, 0, 0, 1);

/**
 * Reads a private key of OpenSSH's own format, without a passphrase, as PKCS #8.
 *
 * @param bytes of a PEM block with the label `OPENSSH PRIVATE KEY`
 * @returns PKCS #8, or the fault, worded to follow "the key", without any part of the key
 */
export function readOpenSshPrivateKey(bytes: Uint8Array): { readonly pkcs8: Bytes } | { readonly fault: string } {
  if (!isEqual(bytes.subarray(0, magic.length), magic)) return { fault: "is damaged" };
  const reader = createSshReader(bytes.subarray(magic.length));
  const [cipher] = [reader.next(), reader.next(), reader.next()];
  if (cipher !== undefined && fromUtf8(cipher) !== "none") {
    return {
      fault: `has a passphrase in OpenSSH's own format, which is not read here. Take it off a copy: ssh-keygen -p -N "" -f COPY`,
    };
  }
  const body = createSshReader(reader.rest.subarray(4));
  const isOne = isEqual(reader.rest.subarray(0, 4), one);
  const [publicKey, privatePart] = [body.next(), body.next()];
  if (!isOne || publicKey === undefined || privatePart === undefined) return { fault: "is damaged" };
  // The first eight bytes are one number twice, by which a reader of an encrypted file checks the passphrase.
  const fields = createSshReader(privatePart.subarray(8));
  const pkcs8 = readFields(fromUtf8(fields.next() ?? new Uint8Array()) ?? "", fields);
  return pkcs8 === undefined ? { fault: "is damaged, or of a kind that is not taken" } : { pkcs8 };
}

function readFields(name: string, fields: SshReader): Bytes | undefined {
  switch (name) {
    case "ssh-ed25519": {
      const [, seedAndPoint] = [fields.next(), fields.next()];
      return seedAndPoint?.length === 64 ? toEd25519Pkcs8(seedAndPoint.subarray(0, 32)) : undefined;
    }
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384": {
      const [, point, scalar] = [fields.next(), fields.next(), readMpint(fields.next())];
      const size = name.endsWith("256") ? 32 : 48;
      if (point === undefined || scalar === undefined || scalar.length > size) return undefined;
      const padded = concat(new Uint8Array(size - scalar.length), scalar);
      return toEcPkcs8(size === 32 ? "P-256" : "P-384", padded, point);
    }
    case "ssh-rsa": {
      const [n, e, d, qInverse, p, q] = Array.from({ length: 6 }, () => readMpint(fields.next()));
      if (!n || !e || !d || !qInverse || !p || !q || p.length * q.length === 0) return undefined;
      return toRsaPkcs8({ n, e, d, p, q, qInverse });
    }
    default:
      return undefined;
  }
}

/** The numbers of a key pair, as `toOpenSshFiles` takes them. */
export interface OpenSshPair {
  readonly algorithm: "Ed25519" | "P-256" | "P-384";
  /** The public key: a point, or the 32 bytes of Ed25519. */
  readonly point: Uint8Array;
  /** The private key: the scalar, or the seed of Ed25519. */
  readonly secret: Uint8Array;
  readonly comment: string;
  /** Any 4 bytes. They are written twice, by which a reader of an encrypted file checks the passphrase. */
  readonly check: Uint8Array;
}

/** Writes both files that `ssh-keygen -N ""` makes. */
export function toOpenSshFiles(pair: OpenSshPair): { readonly privateFile: string; readonly publicFile: string } {
  const { algorithm, point, secret, comment, check } = pair;
  const { name, blob } = toOpenSshKey(algorithm, point);
  const curve = toUtf8(name.replace("ecdsa-sha2-", ""));
  const fields =
    algorithm === "Ed25519"
      ? [toSshString(point), toSshString(concat(secret, point))]
      : [toSshString(curve), toSshString(point), toMpint(secret)];
  const open = concat(check, check, toSshString(toUtf8(name)), ...fields, toSshString(toUtf8(comment)));
  const padding = Uint8Array.from({ length: (8 - (open.length % 8)) % 8 }, (_, index) => index + 1);
  const none = toSshString(toUtf8("none"));
  const head = concat(magic, none, none, toSshString(new Uint8Array()), one, toSshString(blob));
  return {
    privateFile: toPem(openSshLabel, concat(head, toSshString(concat(open, padding))), 70),
    publicFile: `${`${name} ${toBase64(blob)} ${comment}`.trimEnd()}\n`,
  };
}
