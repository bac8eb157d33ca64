import { createHmacSha256 } from "../hmac.js";
import type { SigningKey } from "./keys.js";

/**
 * HMAC-SHA-256 over a label and a body of fixed length.
 *
 * @param label begins the MAC's input with kind, format and realm, so that nothing passes for another kind or deployment.
 */
export function createMac(label: string, bodyBytes: number): (key: SigningKey, body: Uint8Array) => Buffer {
  const labelBytes = Buffer.from(label);
  // Reused: encoding and decoding never wait, so no two of them are under way at once.
  const input = Buffer.alloc(labelBytes.length + bodyBytes);
  labelBytes.copy(input);

  const macs = new WeakMap<SigningKey, (input: Uint8Array) => Buffer>();

  function macOf(key: SigningKey): (input: Uint8Array) => Buffer {
    const made = macs.get(key);
    if (made !== undefined) return made;
    const fresh = createHmacSha256(key.secret);
    macs.set(key, fresh);
    return fresh;
  }

  return (key, body) => {
    input.set(body, labelBytes.length);
    return macOf(key)(input);
  };
}
