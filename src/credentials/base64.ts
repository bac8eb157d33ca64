/**
 * Decodes base64 (RFC 4648 §4), strictly: `undefined` unless `text` is exactly what an encoder writes.
 *
 * `Buffer.from` alone accepts the URL alphabet, white space, junk, data after the padding and non-zero tail bits, so
 * one password would have many spellings, and a filter in front of us could decode a different one. Encoding the result
 * again and comparing refuses all of these at once (RFC 4648 §3.3 and §3.5).
 *
 * @param options.padding `"optional"` accepts unpadded text too, which some Arrow Flight clients send. Default:
 *   `"required"`.
 */
export function decodeBase64(
  text: string,
  { padding = "required" }: { readonly padding?: "required" | "optional" } = {},
): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  const canonical = bytes.toString("base64");
  if (text === canonical) return bytes;
  if (padding === "optional" && text === canonical.replace(/=+$/, "")) return bytes;
  return undefined;
}

/**
 * Whether `text` is unpadded base64url (RFC 4648 §5, RFC 7515 §2) with no spare bits set. Empty text qualifies.
 *
 * `jose` accepts spaces inside a part and non-canonical tail bits: one signed token would have several spellings.
 */
export function isBase64url(text: string): boolean {
  return Buffer.from(text, "base64url").toString("base64url") === text;
}
