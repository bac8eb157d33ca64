import { createHash } from "node:crypto";
import { decodeBase64 } from "../../credentials/base64.js";

/** What a client that waits for a browser made up: 96 random bytes, known to it and to the browser that it opens. */
export interface ExternalKey {
  /** Names the log-in in the store and in `state`; the key cannot be told from it. 43 characters. */
  readonly name: string;
  /** What the person compares: what the client shows must be what the page shows. */
  readonly code: string;
}

/** As the clients of the origin make it; nobody guesses 768 bits, so that nothing need slow guesses down. */
const keyBytes = 96;

/** @param text strict base64. */
export function parseExternalKey(text: string): ExternalKey | undefined {
  if (text.length !== 128) return undefined;
  const bytes = decodeBase64(text);
  if (bytes?.length !== keyBytes) return undefined;
  const name = createHash("sha256").update("sallyport external key 1\0").update(bytes).digest("base64url");
  return { name, code: toCode(createHash("sha256").update("sallyport external code 1\0").update(bytes).digest()) };
}

/** Crockford's base32: no letter is taken for a digit. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Five bits of each of the first eight bytes, as `XXXX-XXXX`. `src/client/external-link.ts` does the same. */
function toCode(digest: Uint8Array): string {
  const characters = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
  return `${characters.slice(0, 4)}-${characters.slice(4)}`;
}
