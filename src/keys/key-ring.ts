import { AuthError } from "../base/errors.js";
import { type Platform, systemPlatform } from "../base/platform.js";

/** A key that signs and verifies tokens, or only verifies them. */
export interface SigningKey {
  /** The key's number, 1 to 65,535. Every token holds it. Best random, so that no key of another ring has it. */
  readonly id: number;
  /** At least 32 bytes, random (RFC 2104 §3: as long as the hash). */
  readonly secret: Uint8Array;
  /** Milliseconds since 1970 from which it signs. Until then, and after a later key signs, it only verifies. */
  readonly signsFrom: number;
}

/** A key that an attacker may have. Nothing that it signs counts, and no session that had opened when it was revoked. */
export interface RevokedKey {
  readonly id: number;
  /** When it was revoked, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * A source of signing keys. All nodes of a deployment must see the same ones: every node must know a new key before its
 * `signsFrom`, and an old key must stay until the longest session that it signed is over.
 */
export interface KeyRing {
  /** Whether the keys survive a restart. */
  readonly durable: boolean;
  /**
   * Returns the current keys. Called at start, then at most once a minute, when a token names an unknown key, and when
   * `version` differs. May throw: the engine then keeps the last good keys, and emits `keys-failed`. So it does when the
   * key that signs is gone without having been revoked.
   */
  load(): readonly SigningKey[];
  /**
   * Returns the keys that were revoked, as of the last `load`. Keep each until the longest session that had opened by then
   * would be over. Absent: none is.
   */
  revoked?(): readonly RevokedKey[];
  /**
   * Returns a text that differs when the keys have changed. Called every second: it must be cheap, and must not throw.
   * Absent: a change is seen within a minute.
   */
  version?(): string;
}

/** The ring as the engine uses it. */
export interface Keys {
  /** Whether the keys survive a restart. */
  readonly durable: boolean;
  find(id: number): SigningKey | undefined;
  /** The key that signs now: of those whose `signsFrom` has come, the latest. */
  signing(): SigningKey;
  /** Reads the ring again, at most once in `retryMs`. `true` when it did. */
  refresh(): boolean;
  /** Reads the ring again when its `version` differs, or when it could not be read `retryMs` ago. */
  look(): void;
  /** Whether the ring holds this key, or says that it was revoked. */
  accountsFor(id: number): boolean;
  /**
   * Returns when a session was ended by the revocation of a key; `undefined`: it was not. Clocks are compared: the store's
   * for the session, that of the machine on which the key was revoked for the key.
   */
  revocationOf(session: { readonly createdAt: number; readonly keyId: number }): number | undefined;
}

/** What `openKeys` tells and asks. */
export interface KeysObserver {
  /** The ring could not be read again. `repeated`: nor could it the time before. */
  failed?(error: unknown, repeated: boolean): void;
  /** The ring was read again after it had failed. */
  recovered?(): void;
  /** Keys were revoked since the last reading. */
  revoked?(ids: readonly number[]): void;
  /** The ring holds other keys than before. */
  changed?(): void;
  /** Returns the keys that signed most live sessions, where this ring lacks them: then it is another deployment's. */
  missing?(): ReadonlySet<number>;
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

/** One reading of a ring. */
interface RingRead {
  /** Without those that were revoked. */
  readonly byId: ReadonlyMap<number, SigningKey>;
  readonly revoked: ReadonlyMap<number, number>;
  /** When the last of them was revoked. */
  readonly revokedAt: number;
}

/**
 * Opens a key ring and checks it.
 *
 * @param signedUntilNow the key that signed in this process before, which the ring must hold
 * @throws {AuthError} `invalid_options` when it holds no key that signs now, an id twice, or a secret below 32 bytes
 */
export function openKeys(
  ring: KeyRing,
  platform: Platform,
  observer: KeysObserver = {},
  signedUntilNow?: SigningKey,
): Keys {
  let failing = false;
  let version = ring.version?.();
  let last = readRing(ring);
  let loadedAt = platform.monotonic();
  pick(last.byId, platform.now()); // refuses a ring that cannot sign
  if (signedUntilNow !== undefined) requireSigner(last, signedUntilNow);

  function readAgain(): void {
    loadedAt = platform.monotonic();
    const before = last;
    try {
      const next = readRing(ring);
      pick(next.byId, platform.now());
      if (!isPutBack(next)) requireSigner(next, pick(before.byId, platform.now()));
      last = next;
    } catch (error) {
      // The last good keys stay: a half-written file must not end every session.
      observer.failed?.(error, failing);
      failing = true;
      return;
    }
    if (failing) observer.recovered?.();
    failing = false;
    const newlyRevoked = [...last.revoked.keys()].filter((id) => !before.revoked.has(id));
    if (newlyRevoked.length > 0) observer.revoked?.(newlyRevoked);
    if (String([...last.byId.keys()]) !== String([...before.byId.keys()])) observer.changed?.();
  }

  /** Whether this is the ring that signed, and the one of before was another's. */
  function isPutBack({ byId }: RingRead): boolean {
    for (const id of observer.missing?.() ?? []) if (byId.has(id)) return true;
    return false;
  }

  return {
    durable: ring.durable,
    find: (id) => last.byId.get(id),
    signing() {
      if (platform.monotonic() - loadedAt >= refreshMs) readAgain();
      return pick(last.byId, platform.now());
    },
    refresh() {
      if (platform.monotonic() - loadedAt < retryMs) return false;
      readAgain();
      return true;
    },
    look() {
      const now = ring.version?.();
      const isDue = failing && platform.monotonic() - loadedAt >= retryMs;
      if (now === version && !isDue) return;
      version = now;
      readAgain();
    },
    accountsFor: (id) => last.byId.has(id) || last.revoked.has(id),
    revocationOf({ createdAt, keyId }) {
      const { revoked, revokedAt } = last;
      return revoked.get(keyId) ?? (createdAt <= revokedAt ? revokedAt : undefined);
    },
  };
}

function readRing(ring: KeyRing): RingRead {
  const byId = toMap(ring.load());
  const revoked = new Map(ring.revoked?.().map(({ id, at }) => [id, at]));
  for (const id of revoked.keys()) byId.delete(id);
  return { byId, revoked, revokedAt: Math.max(Number.NEGATIVE_INFINITY, ...revoked.values()) };
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
 * deployment, such as by a wrong mount. No rotation removes that key, and with such a ring every session would end. A
 * ring from which it was revoked says so.
 */
function requireSigner({ byId, revoked }: RingRead, { id, secret }: SigningKey): void {
  const found = byId.get(id);
  if (revoked.has(id) || (found !== undefined && Buffer.compare(found.secret, secret) === 0)) return;
  const what = found === undefined ? `lacks key ${id}` : `has another secret for key ${id}`;
  throw new AuthError(
    "invalid_options",
    `the ring ${what}, which signs here: put the ring back; to take a stolen key out: sallyport keys revoke`,
  );
}

function pick(byId: ReadonlyMap<number, SigningKey>, now: number): SigningKey {
  const best = signerOf(byId.values(), now);
  if (best === undefined) {
    throw new AuthError("invalid_options", "no key in the ring signs yet; add one whose signsFrom has passed");
  }
  return best;
}

/** Returns the key that signs at `now`: of those whose `signsFrom` has come, the latest; `undefined`: none has. */
export function signerOf(keys: Iterable<SigningKey>, now: number): SigningKey | undefined {
  let best: SigningKey | undefined;
  for (const key of keys) {
    if (key.signsFrom <= now && (best === undefined || key.signsFrom >= best.signsFrom)) best = key;
  }
  return best;
}
