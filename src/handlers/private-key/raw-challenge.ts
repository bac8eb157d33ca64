import type { Platform } from "../../base/platform.js";
import { toBase64url } from "../../wire/bytes.js";
import type { OneTimeProofs } from "../handler.js";

/** What the store keeps of a bare nonce that waits for its answer. The nonce itself is not stored. */
interface Waiting {
  readonly salt: string;
  readonly keyId: number;
}

// The answer does not hold the nonce, only the id of the client. So the salt is found by that id, and the nonce derived
// again.
const toName = (client: Uint8Array): string => `raw ${toBase64url(client)}`;

/** How often to try when calls of one client cross. The last call gets the nonce that is valid. */
const attempts = 3;

/**
 * Issues a nonce of 32 bytes to one client, valid for `lifeMs` milliseconds and one answer. A new nonce replaces an old
 * one.
 *
 * @returns `undefined` when too many calls of the same client cross
 */
export async function issueRawNonce(
  client: Uint8Array,
  lifeMs: number,
  proofs: OneTimeProofs,
  platform: Platform,
): Promise<Uint8Array | undefined> {
  const name = toName(client);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const salt = toBase64url(platform.random(32));
    const derived = proofs.derive(`${name} ${salt}`);
    if (derived === undefined) return undefined;
    const waiting: Waiting = { salt, keyId: derived.keyId };
    if (await proofs.put(name, JSON.stringify(waiting), lifeMs)) return derived.secret;
    await proofs.take(name);
  }
  return undefined;
}

/** Removes the nonce that waits for an answer of this client, and returns it. */
export async function takeRawNonce(client: Uint8Array, proofs: OneTimeProofs): Promise<Uint8Array | undefined> {
  const name = toName(client);
  const json = await proofs.take(name);
  if (json === undefined) return undefined;
  const { salt, keyId } = JSON.parse(json) as Waiting;
  return proofs.derive(`${name} ${salt}`, keyId)?.secret;
}
