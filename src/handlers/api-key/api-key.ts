import { timingSafeEqual } from "node:crypto";
import { type Awaitable, adopt, after, ignoreFailure } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import { quoteString } from "../../credentials/challenge.js";
import type { Identity } from "../../model/identity.js";
import { declined, type Handler, type RecheckContext, rejected, type Verdict } from "../handler.js";
import { requireOwnHeader } from "../own-header.js";
import { createKnownKeys } from "./known-keys.js";
import { type ApiKeyRecord, apiKeyFault } from "./record.js";
import { apiKeyDigest, apiKeyPrefix, parseApiKey } from "./text.js";

/** A source of API keys: `apiKeyFile`, or your own database. */
export interface ApiKeySource<R extends ApiKeyRecord = ApiKeyRecord> {
  /**
   * Returns the record of a key id; `null`, `undefined` or `false` when there is none (401). Throw when it cannot be
   * decided now (503).
   */
  find(id: string): Awaitable<R | null | undefined | false>;
  /**
   * Records that a key was used. Called at most once a minute for each key, after the decision. Its errors are ignored.
   *
   * @param usedAt milliseconds since 1970
   */
  used?(id: string, usedAt: number): Awaitable<unknown>;
  /** Called by `auth.close()`, after the last `used`: writes what waits to be written. */
  close?(): Awaitable<unknown>;
  /** Returns a number that differs when a key was added, changed or revoked: see `Handler.epoch`. */
  epoch?(): number;
  /**
   * How long a key that was found goes on while `find` throws, rejects or takes longer than 3 s, in milliseconds from when it was
   * found last. An answer counts at once. Default: 300,000, as long as an account of a live session is not asked about
   * (`recheckMs`); 0: not at all.
   */
  readonly staleMs?: number | undefined;
}

/** Options of `apiKey`. */
export interface ApiKeyOptions<R extends ApiKeyRecord, I extends Identity> {
  /**
   * The source of keys, or only its `find`. It is called for every request, so a revoked key is refused at once. Its result is
   * used again only while the source cannot answer: see `staleMs` of the source.
   */
  readonly keys: ApiKeySource<R> | ApiKeySource<R>["find"];
  /** The scheme. Default: `"ApiKey"`. `"Bearer"` for clients that can send no other, also in a `chain`. */
  readonly scheme?: string;
  /**
   * A header that carries the key beside `Authorization`, such as `"X-API-Key"`: see `Handler.header`. Default: none, since
   * caches, logs and other servers know only `Authorization` as secret.
   */
  readonly header?: string | undefined;
  /**
   * Converts a record to an identity. Return `null`, `undefined` or `false` to reject the key (401). Default: subject,
   * roles, scopes, id and name of the record.
   */
  toIdentity?(record: R): Awaitable<I | null | undefined | false>;
  /**
   * Called when the source does not answer and known keys go on, and when it answers again. Default: `process.emitWarning`.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform;
}

const apiKeyKinds: OptionKinds<ApiKeyOptions<ApiKeyRecord, Identity>> = {
  keys: "any",
  scheme: "string",
  header: "string",
  toIdentity: "function",
  onWarning: "function",
  platform: "object",
};

/** The identity of `apiKey` without `toIdentity`. */
export interface ApiKeyIdentity extends Identity {
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly keyId: string;
  readonly keyName: string;
}

/** The shortest interval between two recorded uses of a key: a busy key must not cost a write per call. */
const usedEveryMs = 60_000;

/**
 * The most keys whose last recorded use is remembered. Beyond it, the oldest is dropped, and its next use is recorded
 * early.
 */
const maxNoted = 10_000;

const noDigest = Buffer.alloc(32);

/**
 * Accepts API keys that `createApiKey` made: `Authorization: ApiKey spk_…`. The key comes with every call, so no
 * session is opened; it is accepted until it expires or is revoked.
 *
 * Text that does not begin with `spk_` is declined, so that a `chain` may hold this handler beside `jwt`. A mistyped
 * key is refused by its checksum before any look-up. Keys are kept as SHA-256 and compared in constant time; an unknown
 * key takes the same time.
 *
 * @throws {AuthError} `invalid_options` without `keys`, or for a `header` that cannot carry a key
 */
export function apiKey<R extends ApiKeyRecord = ApiKeyRecord, I extends Identity = ApiKeyIdentity>(
  options: ApiKeyOptions<R, I>,
): Handler<I> {
  requireOptions("apiKey", options, apiKeyKinds);
  const { keys, scheme = "ApiKey", header, platform = systemPlatform, onWarning = emitWarning } = options;
  const toIdentity = options.toIdentity ?? (defaultIdentity as unknown as NonNullable<typeof options.toIdentity>);
  const source: ApiKeySource<R> = typeof keys === "function" ? { find: keys } : keys;
  if (typeof source?.find !== "function") {
    throw new AuthError("invalid_options", "apiKey needs keys: apiKeyFile(path), or (id) => the record of that id");
  }
  requireOwnHeader({ header, scheme }, "apiKey");
  const staleMs = requireWholeNumber("apiKey: staleMs of keys", source.staleMs ?? 300_000, 0);
  const ask = (id: string) => source.find(id);
  const find = staleMs === 0 ? ask : createKnownKeys({ find: ask, staleMs, platform, onWarning });
  const uses = createUseNotes(source, platform);

  function checkRecord(key: string, id: string, record: R | null | undefined | false): Awaitable<Verdict<I>> {
    const known = record ? requireRecord(record) : undefined;
    const right = timingSafeEqual(known ? Buffer.from(known.sha256, "hex") : noDigest, apiKeyDigest(key));
    if (known === undefined || known.id !== id || !right || isOver(known)) return rejected;
    return after(adopt(toIdentity(known)), (identity): Verdict<I> => {
      if (identity === null || identity === undefined || identity === false) return rejected;
      uses.note(id);
      return { kind: "accepted", identity, expiresAt: known.expiresAt ?? undefined, scopes: known.scopes, via: id };
    });
  }

  function isOver({ revokedAt, expiresAt }: ApiKeyRecord): boolean {
    if (revokedAt !== undefined && revokedAt !== null) return true;
    return expiresAt !== undefined && expiresAt !== null && expiresAt <= platform.now();
  }

  return Object.freeze({
    scheme,
    opens: "nothing",
    ...(header !== undefined && {
      header,
      challenge: (realm: string) => `${scheme} realm=${quoteString(realm)}, header=${quoteString(header)}`,
    }),
    async close() {
      uses.settle();
      await source.close?.();
    },
    fromHeader(payload: string): Awaitable<Verdict<I>> {
      if (!payload.startsWith(apiKeyPrefix)) return declined;
      const id = parseApiKey(payload);
      if (id === undefined) return rejected;
      return after(adopt(find(id)), (record) => checkRecord(payload, id, record));
    },
    recheck(identity: I, { via }: RecheckContext): Awaitable<I | null | undefined | false> {
      // A session of an earlier version does not say by which key it was opened.
      if (via === undefined) return identity;
      return after(adopt(source.find(via)), (record) => {
        if (!record) return undefined;
        const known = requireRecord(record);
        return known.id !== via || isOver(known) ? undefined : toIdentity(known);
      });
    },
    ...(source.epoch && { epoch: () => source.epoch?.() ?? 0 }),
  } satisfies Handler<I>);
}

/**
 * Checks a record of the source.
 *
 * @throws {AuthError} for a malformed record; the caller gets 503, since the key cannot be checked
 */
function requireRecord<R extends ApiKeyRecord>(record: R): R {
  const fault = apiKeyFault(record);
  if (fault === undefined) return record;
  throw new AuthError("invalid_options", `The record of an API key is not as createApiKey made it: ${fault}`);
}

function defaultIdentity({ subject, roles, scopes, id, name }: ApiKeyRecord): ApiKeyIdentity {
  return { subject, roles, scopes, keyId: id, keyName: name };
}

/**
 * Makes the function that tells the source that a key was used: at most once in `usedEveryMs`, and after the caller's
 * answer.
 */
function createUseNotes(source: Pick<ApiKeySource, "used">, platform: Platform): UseNotes {
  if (source.used === undefined) return { note() {}, settle() {} };
  const waiting = new Map<() => void, () => void>();
  const notedAt = new Map<string, number>();
  function note(id: string): void {
    const now = platform.monotonic();
    const last = notedAt.get(id);
    if (last !== undefined && now - last < usedEveryMs) return;
    notedAt.delete(id);
    notedAt.set(id, now);
    const [oldest] = notedAt.keys();
    if (notedAt.size > maxNoted && oldest !== undefined) notedAt.delete(oldest);
    const usedAt = platform.now();
    const tell = () => {
      waiting.delete(tell);
      ignoreFailure(() => source.used?.(id, usedAt));
    };
    waiting.set(tell, platform.delay(0, tell));
  }

  function settle(): void {
    for (const [tell, cancel] of waiting) {
      cancel();
      tell();
    }
  }

  return { note, settle };
}

interface UseNotes {
  note(id: string): void;
  /** Tells at once what would be told in a moment. */
  settle(): void;
}
