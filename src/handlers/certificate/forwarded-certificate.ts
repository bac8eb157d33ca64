import { createHash } from "node:crypto";
import { AuthError } from "../../base/errors.js";
import { decodeBase64 } from "../../credentials/base64.js";

/**
 * The field in which a proxy that terminates TLS forwards the certificate of its client: `Client-Cert` (RFC 9440), or Envoy's
 * `X-Forwarded-Client-Cert`.
 */
export type ForwardedCertificateField = "Client-Cert" | "X-Forwarded-Client-Cert";

/** Reads the certificate in DER from the lines of the field; `undefined` when they do not hold exactly one. */
export type ReadForwarded = (lines: readonly string[]) => Uint8Array | undefined;

/** The readers by field. */
export const forwardedReaders: ReadonlyMap<string, ReadForwarded> = new Map([
  ["Client-Cert", readClientCert],
  ["X-Forwarded-Client-Cert", readEnvoyField],
]);

/**
 * Reads `Client-Cert`: one Byte Sequence (RFC 9440 §2.2, RFC 9651 §3.3.5). `Client-Cert-Chain` is not read: a rule names the
 * authority that signed the certificate itself.
 */
function readClientCert(lines: readonly string[]): Uint8Array | undefined {
  const [, base64] = (lines.length === 1 && /^:([A-Za-z0-9+/]+={0,2}):$/.exec(lines[0]?.trim() ?? "")) || [];
  return base64 === undefined ? undefined : decodeBase64(base64);
}

/** A pair of Envoy's field; a value with `,`, `;` or `=` stands in double quotes, in which `\"` is a quote. */
const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=\\]*))(;|$)/y;

/**
 * Reads Envoy's field. It must have one element: with several, each proxy on the way has added the certificate of the one
 * before it, and a rule for a person could meet the certificate of a proxy. So the outermost proxy sets the field
 * (`SANITIZE_SET`), and the inner ones pass it on.
 *
 * @throws {AuthError} `unavailable` when the proxy forwards everything but the certificate, which is the operator's to mend
 */
function readEnvoyField(lines: readonly string[]): Uint8Array | undefined {
  const element = lines.length === 1 ? (lines[0]?.trim() ?? "") : "";
  const values = new Map<string, string>();
  pair.lastIndex = 0;
  for (let end: string | undefined = ";"; end === ";"; ) {
    const found: RegExpExecArray | null = pair.exec(element);
    const name = found?.[1]?.toLowerCase();
    // Further names of one kind (`URI`, `DNS`) may stand there; two certificates may not.
    if (found === null || name === undefined || (single.has(name) && values.has(name))) return undefined;
    values.set(name, found[2]?.replace(/\\(.)/g, "$1") ?? found[3] ?? "");
    end = found[4];
  }
  const cert = values.get("cert");
  if (cert === undefined) {
    throw new AuthError(
      "unavailable",
      "X-Forwarded-Client-Cert has no Cert: let Envoy forward it, by set_current_client_cert_details: { cert: true }",
    );
  }
  const der = fromPem(cert);
  const hash = values.get("hash");
  if (der === undefined || hash === undefined) return der;
  return createHash("sha256").update(der).digest("hex") === hash.toLowerCase() ? der : undefined;
}

const single: ReadonlySet<string> = new Set(["cert", "hash"]);

/** Reads one certificate in PEM, percent-encoded. */
function fromPem(encoded: string): Uint8Array | undefined {
  let pem: string;
  try {
    pem = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  const [, base64] =
    /^\s*-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(pem) ?? [];
  return base64 === undefined ? undefined : decodeBase64(base64.replace(/\s/g, ""));
}
