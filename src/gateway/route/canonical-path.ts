import { type Ambiguity, ambiguities } from "./ambiguity.js";

/** Unreserved characters and what else RFC 3986 §3.3 lets into a segment, but `;` and `%`. Nearly every path is this. */
const plain = /^[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;

/** Not in the grammar of a path, yet some clients send them bare: they go on as a browser would have sent them. */
const encodable = /["<>[\]^`{|}]/g;

const unreserved = /[A-Za-z0-9\-._~]/;

/** A segment of dots. RFC 3986 §5.2.4 resolves it, and an upstream may or may not. */
const dotSegment = /\/\.{1,2}(?:\/|$)/;

/**
 * Encoded octets whose meaning is ambiguous: controls, those from U+0080 to U+009F too, end strings and lines; `/` `\` `;` `?` `#` are separators to
 * servers that decode first; and `%25` before two hexadecimal digits would be decoded again by a second decoding.
 */
const ambiguousOctet = /%(?:[01][0-9A-F]|7F|C2%[89][0-9A-F]|2F|5C|3B|3F|23|25[0-9A-Fa-f]{2})/;

/** What the octets among them stand for that are no controls. */
const octets: ReadonlyMap<string, Ambiguity> = new Map([
  ["%2F", ambiguities.encodedSlash],
  ["%5C", ambiguities.encodedBackslash],
  ["%3B", ambiguities.encodedSemicolon],
  ["%3F", ambiguities.encodedMark],
  ["%23", ambiguities.encodedFragment],
  ["%25", ambiguities.encodedTwice],
]);

/** Characters that are in no canonical path, and are often meant. */
const characters: ReadonlyMap<string, Ambiguity> = new Map([
  [";", ambiguities.semicolon],
  ["\\", ambiguities.backslash],
  ["#", ambiguities.fragment],
]);

const firstOddCharacter = /[^A-Za-z0-9\-._~!$&'()*+,=:@/%]/;

/** A percent sign that begins no octet. Decoding what follows could complete it: `%2%45` would become `%2E`. */
const strayPercent = /%(?![0-9A-Fa-f]{2})/;

/**
 * Returns the canonical form of a path: percent-encoded unreserved characters decoded, other encodings in upper case
 * (RFC 3986 §6.2.2). An ambiguity, to be answered with 400, when servers could disagree about what it names: `//`,
 * segments of dots in any encoding, parameters (`;`), encoded separators, controls, octets that are not UTF-8.
 *
 * The result is a fixed point of this function, of a URL parser and of RFC 3986's normalisation, so that no upstream
 * can see another path than the one that was matched.
 */
export function readPath(path: string): string | Ambiguity {
  if (path.charCodeAt(0) !== 47) return ambiguities.targetForm;
  const canonical = plain.test(path) ? path : normalise(path);
  if (typeof canonical !== "string") return canonical;
  if (canonical.includes("//")) return ambiguities.emptySegment;
  return canonical.includes("/.") && dotSegment.test(canonical) ? ambiguities.dotSegment : canonical;
}

/** Returns the canonical form of a path; `undefined` where `readPath` finds an ambiguity. */
export function toCanonicalPath(path: string): string | undefined {
  const read = readPath(path);
  return typeof read === "string" ? read : undefined;
}

function normalise(path: string): string | Ambiguity {
  if (strayPercent.test(path)) return ambiguities.strayPercent;
  const encoded = path.replace(encodable, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const canonical = encoded.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return unreserved.test(character) ? character : `%${digits.toUpperCase()}`;
  });
  // What is left of percent signs begins an octet, or the path is ill-formed.
  if (!plain.test(canonical.replace(/%[0-9A-F]{2}/g, ""))) {
    return characters.get(firstOddCharacter.exec(canonical)?.[0] ?? "") ?? ambiguities.pathCharacter;
  }
  const [octet] = ambiguousOctet.exec(canonical) ?? [];
  if (octet !== undefined) return octets.get(octet.slice(0, 3)) ?? ambiguities.encodedControl;
  return decodePath(canonical) === undefined ? ambiguities.notUtf8 : canonical;
}

/**
 * Decodes a canonical path: rules compare the decoded form, since `,` and `%2C` are one to most upstreams.
 * Separators are never encoded in a canonical path, so its segments stay what they are. `undefined` when the octets are
 * not UTF-8, overlong forms of `.` and `/` among them.
 */
export function decodePath(canonical: string): string | undefined {
  if (!canonical.includes("%")) return canonical;
  try {
    return decodeURIComponent(canonical);
  } catch {
    return undefined;
  }
}
