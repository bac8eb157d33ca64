/**
 * Attribute types of distinguished names: OID, the short name that OpenSSL and Node give them, and further names, of RFC
 * 4514 §3, RFC 4519 and X.520.
 */
const types: readonly (readonly [oid: string, shortName: string, ...further: string[]])[] = [
  ["2.5.4.3", "CN", "commonName"],
  ["2.5.4.4", "SN", "surname"],
  ["2.5.4.5", "serialNumber"],
  ["2.5.4.6", "C", "countryName"],
  ["2.5.4.7", "L", "localityName"],
  ["2.5.4.8", "ST", "stateOrProvinceName", "S"],
  ["2.5.4.9", "street", "streetAddress"],
  ["2.5.4.10", "O", "organizationName"],
  ["2.5.4.11", "OU", "organizationalUnitName"],
  ["2.5.4.12", "title"],
  ["2.5.4.13", "description"],
  ["2.5.4.17", "postalCode"],
  ["2.5.4.42", "GN", "givenName"],
  ["2.5.4.43", "initials"],
  ["2.5.4.44", "generationQualifier"],
  ["2.5.4.46", "dnQualifier"],
  ["2.5.4.65", "pseudonym"],
  ["2.5.4.97", "organizationIdentifier"],
  ["0.9.2342.19200300.100.1.1", "UID", "userId"],
  ["0.9.2342.19200300.100.1.3", "mail", "rfc822Mailbox"],
  ["0.9.2342.19200300.100.1.25", "DC", "domainComponent"],
  ["1.2.840.113549.1.9.1", "emailAddress", "email", "E"],
];

const shortNames: ReadonlyMap<string, string> = new Map(
  types.flatMap((names) => names.map((name): [string, string] => [name.toLowerCase(), names[1]])),
);

/**
 * Returns the one name of an attribute type for all of its names: `CN` for `2.5.4.3`, `OID.2.5.4.3` (RFC 2253 §4),
 * `commonName` and `cn`. Names are compared without regard to case (RFC 4512 §2.5).
 *
 * @returns the name as it is when it is not one that is known
 */
export function toShortName(name: string): string {
  return shortNames.get(name.toLowerCase().replace(/^oid\.(?=\d)/, "")) ?? name;
}

/** Runs of spaces within a value count as one (RFC 4518 §2.6.1). */
export function foldSpaces(value: string): string {
  return value.replace(/ {2,}/g, " ");
}
