import { type Bytes, concat, toUtf8 } from "./bytes.js";

/** The length of the key of a log-in by a browser, which is what Deephaven's clients use. 768 bits cannot be guessed. */
export const externalKeyBytes = 96;

const label = toUtf8("sallyport external code 1\0");

/** What is hashed by SHA-256 for the code of a key. The label keeps it apart from every other hash of the key. */
export function toCodeMessage(key: Uint8Array): Bytes {
  return concat(label, key);
}

/** Crockford's base32: no letter looks like a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The code that a person compares: what the client shows must be what the page shows, or the link came from an attacker.
 *
 * @param digest SHA-256 of {@link toCodeMessage}
 * @returns five bits of each of its first eight bytes, as `XXXX-XXXX`
 */
export function toExternalCode(digest: Uint8Array): string {
  const characters = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
  return `${characters.slice(0, 4)}-${characters.slice(4)}`;
}
