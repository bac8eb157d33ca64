import { createHash } from "node:crypto";
import { decodeBase64 } from "../../credentials/base64.js";

/** A key that a waiting client made: 96 random bytes, known to the client and to the browser that it opens. */
export interface ExternalKey {
  /** The name of the log-in in the store and in `state`: a hash of the key, 43 characters. */
  readonly name: string;
  /** The code that the person compares: client and page must show the same. */
  readonly code: string;
}

/** The length that Deephaven's clients use. 768 bits cannot be guessed, so no throttling is needed. */
const keyBytes = 96;

/**
 * Parses a key.
 *
 * @param text strict base64
 * @returns `undefined` for any other text
 */
export function parseExternalKey(text: string): ExternalKey | undefined {
  if (text.length !== 128) return undefined;
  const bytes = decodeBase64(text);
  if (bytes?.length !== keyBytes) return undefined;
  const name = createHash("sha256").update("sallyport external key 1\0").update(bytes).digest("base64url");
  return { name, code: toCode(createHash("sha256").update("sallyport external code 1\0").update(bytes).digest()) };
}

/** Crockford's base32: no letter looks like a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Formats five bits of each of the first eight bytes as `XXXX-XXXX`. `src/client/external-link.ts` does the same. */
function toCode(digest: Uint8Array): string {
  const characters = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
  return `${characters.slice(0, 4)}-${characters.slice(4)}`;
}
