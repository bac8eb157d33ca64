import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificates {
  readonly directory: string;
  /** PEM file of the CA that signs all of them. */
  readonly ca: string;
  caPem(): Buffer;
  /** A key and a certificate for localhost with this common name, in `NAME.key` and `NAME.crt`. */
  make(name: string): { readonly key: string; readonly cert: string };
  remove(): void;
}

/** `undefined` where there is no `openssl`. */
export function makeCertificates(): Certificates | undefined {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-tls-"));
  const file = (name: string) => join(directory, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: directory, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test ca");
  } catch (error) {
    rmSync(directory, { recursive: true });
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return {
    directory,
    ca: file("ca.crt"),
    caPem: () => readFileSync(file("ca.crt")),
    make(name) {
      openssl(
        "req",
        ...newKey,
        "-keyout",
        `${name}.key`,
        "-out",
        "request.pem",
        "-subj",
        `/CN=${name}`,
        "-addext",
        "subjectAltName=DNS:localhost",
      );
      const sign = [
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-copy_extensions",
        "copyall",
        "-days",
        "2",
      ];
      openssl("x509", "-req", "-in", "request.pem", ...sign, "-out", `${name}.crt`);
      return { key: file(`${name}.key`), cert: file(`${name}.crt`) };
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}
