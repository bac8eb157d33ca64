import { createHash } from "node:crypto";
import { decodeBase64 } from "../../credentials/base64.js";
import { externalKeyBytes, toCodeMessage, toExternalCode } from "../../wire/external-code.js";

/** A key that a waiting client made: 96 random bytes, known to the client and to the browser that it opens. */
export interface ExternalKey {
  /** The name of the log-in in the store and in `state`: a hash of the key, 43 characters. */
  readonly name: string;
  /** The code that the person compares: client and page must show the same. */
  readonly code: string;
}

/**
 * Parses a key. 768 bits cannot be guessed, so no throttling is needed.
 *
 * @param text strict base64
 * @returns `undefined` for any other text
 */
export function parseExternalKey(text: string): ExternalKey | undefined {
  if (text.length !== 128) return undefined;
  const bytes = decodeBase64(text);
  if (bytes?.length !== externalKeyBytes) return undefined;
  const name = createHash("sha256").update("sallyport external key 1\0").update(bytes).digest("base64url");
  return { name, code: toExternalCode(createHash("sha256").update(toCodeMessage(bytes)).digest()) };
}
