import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { SigningKey } from "./key-ring.js";

/**
 * Makes a function that computes HMAC-SHA-256 over a label and a body of `bodyBytes` bytes.
 *
 * @param label begins the MAC's input with kind, format and realm, so that no value passes for one of another kind or
 *   deployment
 */
export function createMac(label: string, bodyBytes: number): (key: SigningKey, body: Uint8Array) => Buffer {
  const labelBytes = Buffer.from(label);
  // Reused: computing a MAC awaits nothing, so no two are under way at once.
  const input = Buffer.alloc(labelBytes.length + bodyBytes);
  labelBytes.copy(input);

  // Made once per key: from bytes, `createHmac` would make one for every token, which costs 1 to 4 µs.
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
