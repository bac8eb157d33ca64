import { timingSafeEqual } from "node:crypto";
import { toBase64url } from "../../wire/bytes.js";
import type { RecheckContext } from "../handler.js";

type Derive = RecheckContext["derive"];

/** 128 bits: two hashes do not have one mark by chance. */
const markBytes = 16;

/**
 * Makes a mark of a stored password hash: an HMAC under a signing key, with the id of that key. Without the keys, a
 * store that leaks holds nothing against which a guessed hash could be checked.
 */
export function toPasswordMark(hash: string, derive: Derive, keyId?: number): string | undefined {
  const derived = derive(`password hash ${hash}`, keyId);
  return derived && `${derived.keyId}.${toBase64url(derived.secret.subarray(0, markBytes))}`;
}

/**
 * Whether a mark is that of a hash. A key stays in the ring for as long as a session may live; without it nothing can
 * be told, and the mark counts as right.
 */
export function isPasswordMark(mark: string, hash: string, derive: Derive): boolean {
  const [, keyId] = /^(\d+)\./.exec(mark) ?? [];
  if (keyId === undefined) return false;
  const expected = toPasswordMark(hash, derive, Number(keyId));
  if (expected === undefined) return true;
  return mark.length === expected.length && timingSafeEqual(Buffer.from(mark), Buffer.from(expected));
}
