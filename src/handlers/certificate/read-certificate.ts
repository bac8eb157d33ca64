import { createHash, X509Certificate } from "node:crypto";

/** What a client certificate says, and nothing that could be read in two ways. */
export interface CertificateFields {
  /** Fields of the subject's distinguished name by their short name in OpenSSL (`CN`, `O`, `OU`, `UID`, `emailAddress`, …). */
  readonly subject: ReadonlyMap<string, readonly string[]>;
  /** Subject alternative names (RFC 5280 §4.2.1.6). DNS names are in lower case. */
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  /** SHA-256 of the public key (SubjectPublicKeyInfo in DER), 64 lower-case hexadecimal digits. */
  readonly keySha256: string;
  /** Milliseconds since 1970 from when it is not good any more. */
  readonly expiresAt: number;
  /** Whether this authority signed it: by name, which is cheap, and then by its key. */
  isIssuedBy(issuer: X509Certificate): boolean;
}

/**
 * Reads a certificate that TLS has verified.
 *
 * @returns `undefined` when it cannot be read, or a name in it is not plain ASCII: names with NUL, quotes or commas in
 *   them were read as other names (CVE-2021-44531, CVE-2021-44532, CVE-2021-44533).
 */
export function readCertificate(der: Uint8Array): CertificateFields | undefined {
  try {
    const certificate = new X509Certificate(der);
    const names = parseSubjectAltName(certificate.subjectAltName ?? "");
    const expiresAt = Date.parse(certificate.validTo);
    if (names === undefined || Number.isNaN(expiresAt)) return undefined;
    const spki = certificate.publicKey.export({ type: "spki", format: "der" });
    return Object.freeze({
      // From the values themselves: the text of a distinguished name is a quoting of its own.
      subject: toFields(certificate.toLegacyObject().subject),
      dns: names.get("DNS")?.map((name) => name.toLowerCase()) ?? [],
      uri: names.get("URI") ?? [],
      email: names.get("email") ?? [],
      keySha256: createHash("sha256").update(spki).digest("hex"),
      expiresAt,
      isIssuedBy: (issuer: X509Certificate) => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey),
    });
  } catch {
    return undefined;
  }
}

/** One name: its kind, and its value as it is, or as a JSON string where it holds `"`, `'`, `\`, a comma or odd characters. */
const entry = /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^"',\\]*)(, |$)/y;

/** These are IA5String by RFC 5280; a space or a control character is in none of them. */
const ours: ReadonlySet<string> = new Set(["DNS", "URI", "email"]);

const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * Node gives all names as one text. Read whole or not at all.
 *
 * @returns values by kind. `undefined` when the text is not of Node's grammar, or a DNS, URI or e-mail name in it is not
 *   visible ASCII.
 */
export function parseSubjectAltName(text: string): ReadonlyMap<string, readonly string[]> | undefined {
  const names = new Map<string, string[]>();
  if (text === "") return names;
  entry.lastIndex = 0;
  for (;;) {
    const [, kind, value, end] = entry.exec(text) ?? [];
    if (kind === undefined || value === undefined) return undefined;
    const name = value.startsWith('"') ? fromJson(value) : value;
    if (name === undefined || (ours.has(kind) && !visibleAscii.test(name))) return undefined;
    names.set(kind, [...(names.get(kind) ?? []), name]);
    if (end === "") return names;
  }
}

function fromJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A field that is there several times is a list in Node. */
function toFields(subject: object): ReadonlyMap<string, readonly string[]> {
  const fields = Object.entries(subject as Readonly<Record<string, string | readonly string[]>>);
  return new Map(fields.map(([name, value]) => [name, typeof value === "string" ? [value] : value]));
}
