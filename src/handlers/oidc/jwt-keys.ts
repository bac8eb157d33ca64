import type { JSONWebKeySet } from "jose";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { IssuerKeys, LoadKeys } from "./jwt-verifier.js";

export interface KeyLoaderOptions {
  /** The name of the option, for messages. */
  readonly name: string;
  /**
   * A key set, or the https URL of one. Never a shared secret: a service that can check such tokens could make them.
   */
  readonly jwks: JSONWebKeySet | URL | string;
  readonly cooldownMs: number;
  readonly timeoutMs: number;
  readonly platform: Platform;
}

/**
 * Makes the function that loads a key set, when it is first needed. It fetches at most once per `cooldownMs` (after a
 * failure once a second), so that tokens with invented key ids do not flood the issuer with requests.
 *
 * @throws {AuthError} `invalid_options` for a key set without keys or with secret ones, or a URL that is not https
 */
export function createKeyLoader({ name, jwks, cooldownMs, timeoutMs, platform }: KeyLoaderOptions): LoadKeys {
  let keys: IssuerKeys | undefined;
  if (typeof jwks === "object" && !(jwks instanceof URL)) {
    requireKeySet(jwks);
    return (jose) => {
      keys ??= { getKey: jose.createLocalJWKSet(jwks) };
      return keys;
    };
  }
  if (!URL.canParse(String(jwks))) {
    throw new AuthError("invalid_options", `${name} must be a key set ({ keys: […] }) or the URL of one`);
  }
  const url = requireSecureUrl(`the URL of ${name}`, jwks);
  let lastFetchAt = Number.NEGATIVE_INFINITY;
  return (jose) => {
    keys ??= {
      getKey: jose.createRemoteJWKSet(url, {
        timeoutDuration: timeoutMs,
        cooldownDuration: cooldownMs,
        [jose.customFetch]: async (address, init) => {
          // `jose` waits after a success only. After a failure we allow one attempt per second.
          if (platform.monotonic() - lastFetchAt < Math.min(cooldownMs, 1_000))
            throw new Error("The key set was asked for just now");
          lastFetchAt = platform.monotonic();
          return fetch(address, init);
        },
      }),
    };
    return keys;
  };
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
