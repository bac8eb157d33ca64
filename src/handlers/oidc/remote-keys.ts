import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from "jose";
import { ignoreFailure } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type FetchOptions, fetchJson } from "./fetch-json.js";
import type { Kept, KnownKeys } from "./kept.js";
import type { ProviderHealth } from "./provider-health.js";

export interface RemoteKeysOptions extends FetchOptions {
  /** The name of the option, for messages. */
  readonly name: string;
  readonly url: string;
  /** Whether a key, or the header that names one, is not forbidden. */
  isAllowed(named: { readonly kid?: unknown }): boolean;
  /** See `KeyOptions`. */
  readonly cooldownMs: number;
  readonly staleKeysMs: number;
  readonly onWarning: (message: string) => void;
  /** The keys that an earlier handler for the same issuer knows, perhaps from another address. */
  readonly kept?: Kept<KnownKeys> | undefined;
  readonly health?: ProviderHealth | undefined;
}

/** How old keys may be before they are fetched again, beside the calls. */
const maxAgeMs = 600_000;

/** How old they may be before a call waits for that: no call came for a while, and a withdrawn key should not be taken. */
const maxIdleAgeMs = 1_200_000;

/**
 * The shortest time from a failed attempt to the next one while there are no keys. The token that begins it waits for it, and
 * others get 503 at once.
 */
const retryMs = 1_000;

/** Fetches for unknown key ids that may come before `cooldownMs` is over, so that a new key is good at once. */
const extraFetches = 5;

const extraWindowMs = 3_600_000;

interface Found extends Pick<KnownKeys, "url" | "keys" | "at"> {
  readonly getKey: JWTVerifyGetKey;
  /** Those that are not forbidden, to see whether anything has changed. */
  readonly text: string;
}

/**
 * Makes the function that finds the key of a token in a key set that the issuer publishes.
 *
 * Keys that an earlier handler fetched from another address are good until this one has answered, which the first token
 * waits for, and no longer than they would have been there.
 */
export function createRemoteKeys(jose: typeof import("jose"), options: RemoteKeysOptions): JWTVerifyGetKey {
  const { name, url, isAllowed, cooldownMs, staleKeysMs, platform, onWarning, kept, health } = options;
  const before = kept?.take();
  let known: Found | undefined;
  let underWay: Promise<void> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  /** When the first fetch failed since one succeeded. */
  let failingSince: number | undefined = before?.failingSince;
  let warned: string | undefined;
  let extras: number[] = [];
  /** Whether this address has answered, or failed to. */
  let hasHeard = false;
  if (before !== undefined) known = toFound(before.keys, before.url, before.at);
  kept?.keepBy(() => known && { url: known.url, keys: known.keys, at: known.at, failingSince });

  function toFound(all: readonly JWK[], from: string, at: number): Found {
    const keys = all.filter(isAllowed);
    const text = JSON.stringify(keys);
    // The same function while nothing has changed, since it keeps the imported keys.
    const getKey = known?.text === text ? known.getKey : jose.createLocalJWKSet({ keys });
    return { keys: all, url: from, at, getKey, text };
  }

  async function read(): Promise<void> {
    const at = platform.monotonic();
    fetchedAt = at;
    health?.tell("keys", "asked");
    try {
      known = toFound(requireKeys(await fetchJson(url, options)).keys, url, at);
      health?.tell("keys", "answered");
      if (warned !== undefined) tell(undefined, `${name}: ${url} answers again`);
      failingSince = undefined;
    } catch (error) {
      // The next attempt is due so long after the end of this one, or callers would wait for one after the other.
      fetchedAt = platform.monotonic();
      failingSince ??= fetchedAt;
      health?.tell("keys", "failed");
      const what = error instanceof AuthError ? error.message : "cannot be reached";
      const rest =
        known === undefined
          ? "tokens that it signed get 503"
          : `its known keys stay good for ${Math.round(staleKeysMs / 60_000)} minutes, and tokens by new ones get 503`;
      if (warned !== what) tell(what, `${name}: ${url} ${what}; ${rest}`);
      throw new AuthError("unavailable", `${name}: ${url} ${what}`);
    } finally {
      hasHeard = true;
    }
  }

  function tell(what: string | undefined, message: string): void {
    warned = what;
    ignoreFailure(() => onWarning(message));
  }

  function fetchKeys(): Promise<void> {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  /** Waits for keys where there are none that may be used. Returns whether it did: then they are of this moment. */
  async function requireKnown(): Promise<boolean> {
    const now = platform.monotonic();
    const isStale = failingSince !== undefined && now - failingSince >= staleKeysMs;
    if (known === undefined || isStale) {
      // The one whose token began an attempt waits for it; others do where nothing has failed before.
      if (underWay === undefined ? now - fetchedAt < retryMs : failingSince !== undefined) {
        throw new AuthError("unavailable", `${name}: ${url} was asked for just now`);
      }
      await fetchKeys();
      return true;
    }
    const age = now - known.at;
    const isElsewhere = known.url !== url;
    const isFirst = isElsewhere && !hasHeard;
    if (!isFirst && ((!isElsewhere && age < maxAgeMs) || now - fetchedAt < cooldownMs)) return false;
    const fetched = fetchKeys().then(
      () => true,
      () => false,
    );
    return isFirst || (age >= maxIdleAgeMs && failingSince === undefined) ? fetched : false;
  }

  /** Whether an unknown key id may cost a fetch now. */
  function mayFetchAgain(): boolean {
    const now = platform.monotonic();
    if (underWay !== undefined || now - fetchedAt >= cooldownMs) return true;
    extras = extras.filter((at) => now - at < extraWindowMs);
    if (extras.length >= extraFetches) return false;
    extras.push(now);
    return true;
  }

  const find: JWTVerifyGetKey = async (header, token) => {
    if (known === undefined) throw new AuthError("unavailable", `${name}: ${url} gave no keys`);
    return known.getKey(header, token);
  };

  return async (header, token) => {
    if (!isAllowed(header)) throw new jose.errors.JWKSNoMatchingKey();
    const isFresh = await requireKnown();
    try {
      return await find(header, token);
    } catch (error) {
      if (isFresh || !(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
      if (!mayFetchAgain())
        throw new AuthError("unavailable", `${name}: a key id is unknown, and was asked for too often`);
      await fetchKeys();
      return find(header, token);
    }
  };
}

/** Checks the shape of a key set. Its keys are checked when one is used. */
function requireKeys(document: unknown): JSONWebKeySet {
  const { keys } = (document ?? {}) as Partial<JSONWebKeySet>;
  const isSet = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
  if (!isSet) throw new AuthError("unavailable", "did not answer with a key set");
  return { keys };
}
