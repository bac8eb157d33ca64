import { createHash, X509Certificate } from "node:crypto";

/** The fields of a client certificate, without any that could be read in two ways. */
export interface CertificateFields {
  /** Fields of the subject's distinguished name by their short name in OpenSSL (`CN`, `O`, `OU`, `UID`, `emailAddress`, …). */
  readonly subject: ReadonlyMap<string, readonly string[]>;
  /** Subject alternative names (RFC 5280 §4.2.1.6). DNS names are in lower case. */
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  /** SHA-256 of the public key (SubjectPublicKeyInfo in DER), 64 lower-case hexadecimal digits. */
  readonly keySha256: string;
  /** When the certificate expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /**
   * Whether this authority signed the certificate. It compares the name, which is cheap, and then checks the signature.
   */
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
      // Taken from the parsed values: the text of a distinguished name has its own quoting.
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

/**
 * One name: its kind, and its value, plain or as a JSON string if it holds `"`, `'`, `\`, a comma or unusual
 * characters.
 */
const entry = /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^"',\\]*)(, |$)/y;

/** The kinds that are used. They are IA5String (RFC 5280), and none of them may hold a space or a control character. */
const ours: ReadonlySet<string> = new Set(["DNS", "URI", "email"]);

const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * Parses the one text in which Node gives all names. It reads all of it or refuses it.
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

/** Converts Node's form of a distinguished name, in which a repeated field is a list. */
function toFields(subject: object): ReadonlyMap<string, readonly string[]> {
  const fields = Object.entries(subject as Readonly<Record<string, string | readonly string[]>>);
  return new Map(fields.map(([name, value]) => [name, typeof value === "string" ? [value] : value]));
}
