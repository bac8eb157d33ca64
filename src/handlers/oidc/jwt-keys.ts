import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { AuthError } from "../../base/errors.js";
import type { OptionKinds } from "../../base/options.js";
import type { Platform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import type { LoadKeys } from "./jwt-verifier.js";
import type { Kept, KnownKeys } from "./kept.js";
import type { ProviderHealth } from "./provider-health.js";
import { createRemoteKeys } from "./remote-keys.js";

/** The options of handlers that check tokens by the keys of an issuer. */
export interface KeyOptions {
  /**
   * How long after a fetch of keys an unknown key id causes no further fetch, in milliseconds. Default: 30,000, so that
   * invented key ids do not flood the issuer. Five fetches an hour may come sooner; a token that would need a sixth is
   * `unavailable`, since its key may be a new one.
   */
  readonly cooldownMs?: number | undefined;
  /**
   * How long keys stay good while they cannot be fetched, in milliseconds from the first fetch that failed. Default:
   * 3,600,000: longer than most providers are down. A key that the issuer has withdrawn is not known to be so meanwhile.
   */
  readonly staleKeysMs?: number | undefined;
  /** The ids of keys that are good no more, whatever the issuer publishes: for a stolen one. Default: none. */
  readonly forbidKeys?: readonly string[] | undefined;
}

/** The names and kinds of `KeyOptions`. */
export const keyKinds: OptionKinds<KeyOptions> = { cooldownMs: "number", staleKeysMs: "number", forbidKeys: "any" };

export interface KeyLoaderOptions extends KeyOptions {
  /** The name of the option, for messages. */
  readonly name: string;
  /**
   * A key set, or the https URL of one. Never a shared secret: a service that can check such tokens could make them.
   */
  readonly jwks: JSONWebKeySet | URL | string;
  readonly timeoutMs: number;
  readonly platform: Platform;
  /** Called when the keys cannot be fetched, once until the reason changes, and when they can again. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** With a URL: what an earlier handler for the same issuer knows. */
  readonly kept?: Kept<KnownKeys> | undefined;
  /** With a URL: is told how fetches end. */
  readonly health?: ProviderHealth | undefined;
}

/**
 * Makes the function that loads a key set, when it is first needed.
 *
 * @throws {AuthError} `invalid_options` for a key set without keys or with secret ones, a URL that is not https, or
 *   `forbidKeys` that are no ids
 */
export function createKeyLoader(options: KeyLoaderOptions): LoadKeys {
  const { name, jwks, platform, timeoutMs, onWarning = emitWarning, kept, health } = options;
  const { cooldownMs = 30_000, staleKeysMs = 3_600_000 } = options;
  const forbidden = requireIds(name, options.forbidKeys ?? []);
  const isAllowed = ({ kid }: { readonly kid?: unknown }): boolean => typeof kid !== "string" || !forbidden.has(kid);
  let getKey: JWTVerifyGetKey | undefined;
  if (typeof jwks === "object" && !(jwks instanceof URL)) {
    requireKeySet(jwks);
    return (jose) => {
      getKey ??= jose.createLocalJWKSet({ keys: jwks.keys.filter(isAllowed) });
      return { getKey };
    };
  }
  if (!URL.canParse(String(jwks))) {
    throw new AuthError("invalid_options", `${name} must be a key set ({ keys: […] }) or the URL of one`);
  }
  const url = requireSecureUrl(`the URL of ${name}`, jwks).href;
  return (jose) => {
    getKey ??= createRemoteKeys(jose, {
      ...{ name, url, isAllowed, cooldownMs, staleKeysMs },
      ...{ timeoutMs, platform, onWarning, kept, health },
    });
    return { getKey };
  };
}

function requireIds(name: string, ids: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string" || id === "")) {
    throw new AuthError(
      "invalid_options",
      `forbidKeys, beside ${name}, must be a list of key ids, such as ["2026-01"]`,
    );
  }
  return new Set(ids);
}

/**
 * Parses an https URL, or an http one with a loopback host.
 *
 * @param name the name of the option, for messages
 * @throws {AuthError} `invalid_options` for any other value
 */
export function requireSecureUrl(name: string, value: URL | string): URL {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname ?? "");
  if (url === undefined || (url.protocol !== "https:" && !(url.protocol === "http:" && local))) {
    throw new AuthError(
      "invalid_options",
      `${name} must be https: an attacker who changes the answer could log in as any user`,
    );
  }
  return url;
}

function requireKeySet(jwks: JSONWebKeySet): void {
  if (!Array.isArray(jwks?.keys) || jwks.keys.length === 0) {
    throw new AuthError("invalid_options", "jwt: jwks holds no keys. Give the issuer's key set, or its URL");
  }
  for (const key of jwks.keys) {
    if (typeof key !== "object" || key === null || key.kty === "oct" || "d" in key || "k" in key) {
      throw new AuthError(
        "invalid_options",
        "jwt: jwks must hold public keys only, not shared secrets or private keys",
      );
    }
  }
}
