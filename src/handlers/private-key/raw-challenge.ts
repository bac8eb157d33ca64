import type { Platform } from "../../base/platform.js";
import { toBase64url } from "../../wire/bytes.js";
import type { OneTimeProofs } from "../handler.js";

/** A bare nonce that waits for its answer: what is kept of it. The nonce itself is kept nowhere. */
interface Waiting {
  readonly salt: string;
  readonly keyId: number;
}

// The answer brings no nonce back, only who it was made for. So it is found by that name, and derived again from a salt.
const toName = (client: Uint8Array): string => `raw ${toBase64url(client)}`;

/** Calls of one client that cross: the one that asked last gets an answer that counts. */
const attempts = 3;

/**
 * 32 bytes for one client, good for `lifeMs` and one answer. A new one takes the place of an old one.
 *
 * @returns `undefined` when the same client asks on all sides at once
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

/** The nonce that waits for an answer of this client. It waits no longer. */
export async function takeRawNonce(client: Uint8Array, proofs: OneTimeProofs): Promise<Uint8Array | undefined> {
  const name = toName(client);
  const json = await proofs.take(name);
  if (json === undefined) return undefined;
  const { salt, keyId } = JSON.parse(json) as Waiting;
  return proofs.derive(`${name} ${salt}`, keyId)?.secret;
}
