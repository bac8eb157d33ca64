import { foldSpaces, toShortName } from "../attribute-types.js";

/**
 * Escapes a value for a distinguished name or a filter, against injection: `\` and two hexadecimal digits for every
 * ASCII character that is not a letter or digit. RFC 4514 §2.4 and RFC 4515 §3 both allow that form.
 */
export function escapeValue(text: string): string {
  return text.replace(
    /[^0-9A-Za-z\u0080-\u{10ffff}]/gu,
    (one) => `\\${one.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/**
 * Replaces each `{name}` by its value, escaped. It does so in one pass, so that a value that looks like a placeholder
 * is not replaced.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{([a-z]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? escapeValue(values[name] ?? "") : whole,
  );
}

/** An attribute type, then a value in which `\` escapes the next character or two digits (RFC 4514 §3). */
const attribute =
  /[ ]*([A-Za-z][A-Za-z0-9-]*|(?:[Oo][Ii][Dd]\.)?\d+(?:\.\d+)*)[ ]*=((?:[^\\,+;"<>\0]|\\[0-9A-Fa-f]{2}|\\[ "#+,;<=>\\])*)([,+;]|$)/y;

/**
 * Converts a distinguished name to a text that is equal for all of its spellings: case, surrounding spaces, the length of
 * runs of spaces, the way of escaping, an attribute's name or OID, and the order in an RDN of several parts are ignored, as
 * directories do for `cn`, `ou`, `dc`, `o` and `uid` (RFC 4519, RFC 4518).
 *
 * @returns `undefined` for text that is no distinguished name (RFC 4514)
 */
export function toComparableDn(text: string): string | undefined {
  const names: string[][] = [[]];
  attribute.lastIndex = 0;
  for (;;) {
    const [whole, type = "", value = "", separator = ""] = attribute.exec(text) ?? [];
    if (whole === undefined) return undefined;
    const decoded = fromHexString(value) ?? unescapeValue(value);
    names.at(-1)?.push(JSON.stringify([toShortName(type).toLowerCase(), foldSpaces(decoded.toLowerCase())]));
    if (separator === "") break;
    if (separator !== "+") names.push([]);
  }
  return JSON.stringify(names.map((parts) => parts.sort()));
}

/**
 * Decodes an escaped value: pairs of digits are octets of UTF-8, and spaces at either end are dropped unless escaped.
 */
function unescapeValue(value: string): string {
  const parts = value.trimStart().match(/\\[0-9A-Fa-f]{2}|\\.|[^\\]+/gs) ?? [];
  const last = parts.at(-1);
  if (last !== undefined && !last.startsWith("\\")) parts[parts.length - 1] = last.trimEnd();
  const octets = parts.map((part) => {
    if (!part.startsWith("\\")) return Buffer.from(part);
    return part.length === 3 ? Buffer.from(part.slice(1), "hex") : Buffer.from(part.slice(1));
  });
  return Buffer.concat(octets).toString("utf8");
}

/** The tags of BER strings whose octets are UTF-8: UTF8String, PrintableString, IA5String. */
const stringTags: ReadonlySet<number | undefined> = new Set([0x0c, 0x13, 0x16]);

/**
 * Decodes `#` and the hexadecimal digits of a BER string, as values of types that are written as an OID are spelled (RFC 4514
 * §2.4).
 *
 * @returns `undefined` for any other value, which then stands for itself
 */
function fromHexString(value: string): string | undefined {
  const [, digits = ""] = /^ *#((?:[0-9A-Fa-f]{2})+) *$/.exec(value) ?? [];
  const bytes = Buffer.from(digits, "hex");
  const [tag, first = 0] = bytes;
  const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
  if (!stringTags.has(tag) || lengthOctets > 4 || bytes.length < 2 + lengthOctets) return undefined;
  const length = lengthOctets === 0 ? first : bytes.readUIntBE(2, lengthOctets);
  const text = bytes.subarray(2 + lengthOctets);
  return first !== 0x80 && text.length === length ? text.toString("utf8") : undefined;
}
