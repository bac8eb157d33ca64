import { createHash, timingSafeEqual } from "node:crypto";

/**
 * The prefix of API keys, by which secret scanners and a `chain` recognize them. A key is `spk_<key id>_<secret and
 * checksum>`. The id is 16 hexadecimal digits; the rest is base64url of 26 random bytes and 4 of checksum, 30 bytes,
 * which leave no spare bits: a key has one spelling.
 *
 * The checksum is the beginning of SHA-256 over all before it (prefix, id and `_` as text, then the 26 bytes). It is
 * not secret: a scanner can distinguish a key from a look-alike by it, and a mistyped key is refused before any
 * look-up.
 */
export const apiKeyPrefix = "spk_";

const pattern = /^spk_([0-9a-f]{16})_([A-Za-z0-9_-]{40})$/;

const secretBytes = 26;

const checksumBytes = 4;

/** Makes a new key: an id of 64 random bits, a secret of 208. */
export function makeApiKeyText(random: (bytes: number) => Uint8Array): { readonly id: string; readonly key: string } {
  const id = Buffer.from(random(8)).toString("hex");
  const secret = random(secretBytes);
  const rest = Buffer.concat([secret, checksumOf(id, secret)]).toString("base64url");
  return { id, key: `${apiKeyPrefix}${id}_${rest}` };
}

/** Returns the id of a key; `undefined` for text of another form or a wrong checksum. */
export function parseApiKey(text: string): string | undefined {
  const [, id, rest] = pattern.exec(text) ?? [];
  if (id === undefined || rest === undefined) return undefined;
  const bytes = Buffer.from(rest, "base64url");
  const secret = bytes.subarray(0, secretBytes);
  return timingSafeEqual(bytes.subarray(secretBytes), checksumOf(id, secret)) ? id : undefined;
}

/**
 * Returns the hash by which a key is kept: `printf %s "$KEY" | sha256sum`. A slow hash is not needed, since a key
 * cannot be guessed.
 */
export function apiKeyDigest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function checksumOf(id: string, secret: Uint8Array): Buffer {
  const text = `${apiKeyPrefix}${id}_`;
  return createHash("sha256").update(text).update(secret).digest().subarray(0, checksumBytes);
}
