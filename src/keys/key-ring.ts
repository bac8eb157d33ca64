import { AuthError } from "../base/errors.js";
import { type Platform, systemPlatform } from "../base/platform.js";

/** A key that signs and verifies tokens, or only verifies them. */
export interface SigningKey {
  /** The key's number, 1 to 65,535. Every token holds it. */
  readonly id: number;
  /** At least 32 bytes, random (RFC 2104 §3: as long as the hash). */
  readonly secret: Uint8Array;
  /** Milliseconds since 1970 from which it signs. Until then, and after a later key signs, it only verifies. */
  readonly signsFrom: number;
}

/**
 * A source of signing keys. All nodes of a deployment must see the same ones: every node must know a new key before its
 * `signsFrom`, and an old key must stay until the longest session that it signed is over.
 */
export interface KeyRing {
  /** Whether the keys survive a restart. */
  readonly durable: boolean;
  /**
   * Returns the current keys. Called at start, then at most once a minute, and when a token names an unknown key. May
   * throw: the engine then keeps the last good keys, and emits `keys-failed`. So it does when the key that signs is gone.
   */
  load(): readonly SigningKey[];
}

/** The ring as the engine uses it. */
export interface Keys {
  find(id: number): SigningKey | undefined;
  /** The key that signs now: of those whose `signsFrom` has come, the latest. */
  signing(): SigningKey;
  /** Reads the ring again, at most once in `retryMs`. `true` when it did. */
  refresh(): boolean;
}

/** A node that signs reads its ring this often. So a key may sign this long after it was added, doubled for safety. */
const refreshMs = 60_000;

/** The shortest interval between two reads for unknown key ids: forged tokens must not cost a read each. */
const retryMs = 5_000;

/** Makes a ring of one random key, for tests and for the memory store, whose sessions end with the process anyway. */
export function randomKeys(platform: Platform = systemPlatform): KeyRing {
  const key = { id: 1, secret: platform.random(32), signsFrom: 0 };
  return { durable: false, load: () => [key] };
}

/**
 * Opens a key ring and checks it.
 *
 * @param onFailure called whenever the ring cannot be read again; `repeated`: nor could it the time before
 * @throws {AuthError} `invalid_options` when it holds no key that signs now, an id twice, or a secret below 32 bytes
 */
export function openKeys(
  ring: KeyRing,
  platform: Platform,
  onFailure: (error: unknown, repeated: boolean) => void = () => {},
): Keys {
  let failing = false;
  let byId = toMap(ring.load());
  let loadedAt = platform.monotonic();
  pick(byId, platform.now()); // refuses a ring that cannot sign

  function refresh(): boolean {
    if (platform.monotonic() - loadedAt < retryMs) return false;
    loadedAt = platform.monotonic();
    try {
      const next = toMap(ring.load());
      pick(next, platform.now());
      requireSigner(next, pick(byId, platform.now()));
      byId = next;
      failing = false;
    } catch (error) {
      // The last good keys stay: a half-written file must not end every session.
      onFailure(error, failing);
      failing = true;
    }
    return true;
  }

  return {
    find: (id) => byId.get(id),
    signing() {
      if (platform.monotonic() - loadedAt >= refreshMs) refresh();
      return pick(byId, platform.now());
    },
    refresh,
  };
}

function toMap(keys: readonly SigningKey[]): Map<number, SigningKey> {
  const byId = new Map<number, SigningKey>();
  for (const key of keys) {
    if (!Number.isInteger(key.id) || key.id < 1 || key.id > 0xffff) {
      throw new AuthError("invalid_options", `key id ${key.id} is not a whole number from 1 to 65535`);
    }
    if (byId.has(key.id)) throw new AuthError("invalid_options", `two keys have the id ${key.id}; give each its own`);
    if (key.secret.length < 32) {
      throw new AuthError("invalid_options", `the secret of key ${key.id} is shorter than 32 bytes; make a random one`);
    }
    byId.set(key.id, key);
  }
  return byId;
}

/**
 * Refuses a ring without the key that has signed until now, or with another secret under its id: it is the ring of another
 * deployment, such as by a wrong mount. No rotation removes that key, and with such a ring every session would end.
 */
function requireSigner(next: ReadonlyMap<number, SigningKey>, { id, secret }: SigningKey): void {
  const found = next.get(id);
  if (found !== undefined && Buffer.compare(found.secret, secret) === 0) return;
  const what = found === undefined ? `lacks key ${id}` : `has another secret for key ${id}`;
  throw new AuthError(
    "invalid_options",
    `the ring ${what}, which signs here: put the ring back; to end every session, restart with the new one`,
  );
}

function pick(byId: ReadonlyMap<number, SigningKey>, now: number): SigningKey {
  let best: SigningKey | undefined;
  for (const key of byId.values()) {
    if (key.signsFrom <= now && (best === undefined || key.signsFrom >= best.signsFrom)) best = key;
  }
  if (best === undefined) {
    throw new AuthError("invalid_options", "no key in the ring signs yet; add one whose signsFrom has passed");
  }
  return best;
}
