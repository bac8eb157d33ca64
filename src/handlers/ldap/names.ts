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
  /[ ]*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)[ ]*=((?:[^\\,+;"<>\0]|\\[0-9A-Fa-f]{2}|\\[ "#+,;<=>\\])*)([,+;]|$)/y;

/**
 * Converts a distinguished name to a text that is equal for all of its spellings: case, surrounding spaces, the way of
 * escaping and the order in an RDN of several parts are ignored, as directories do for `cn`, `ou`, `dc`, `o` and `uid`
 * (RFC 4519).
 *
 * @returns `undefined` for text that is no distinguished name (RFC 4514)
 */
export function toComparableDn(text: string): string | undefined {
  const names: string[][] = [[]];
  attribute.lastIndex = 0;
  for (;;) {
    const [whole, type = "", value = "", separator = ""] = attribute.exec(text) ?? [];
    if (whole === undefined) return undefined;
    names.at(-1)?.push(JSON.stringify([type.toLowerCase(), unescapeValue(value).toLowerCase()]));
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
