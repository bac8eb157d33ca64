import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { SigningKey } from "./key-ring.js";

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

  // Made once a key: from bytes, `createHmac` makes one for every token, which costs 1 to 4 µs.
  const keyObjects = new WeakMap<SigningKey, KeyObject>();

  function keyObjectOf(key: SigningKey): KeyObject {
    const made = keyObjects.get(key);
    if (made !== undefined) return made;
    const fresh = createSecretKey(key.secret);
    keyObjects.set(key, fresh);
    return fresh;
  }

  return (key, body) => {
    input.set(body, labelBytes.length);
    return createHmac("sha256", keyObjectOf(key)).update(input).digest();
  };
}
