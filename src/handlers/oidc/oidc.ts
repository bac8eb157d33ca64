import type { JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import type { Handler, Verdict } from "../handler.js";
import { type ClaimMapping, createClaimMapping, type OidcIdentity } from "./claim-mapping.js";
import { createDiscovery, type DiscoveryOptions } from "./discovery.js";
import { createKeyLoader } from "./jwt-keys.js";
import { createJwtVerifier, type LoadKeys } from "./jwt-verifier.js";

/** What `oidc` takes. */
export interface OidcOptions<I extends Identity = OidcIdentity> extends ClaimMapping {
  /**
   * The provider, an https URL exactly as it names itself: a slash at the end counts. Its keys and algorithms come from
   * `<issuer>/.well-known/openid-configuration`. A token of another issuer is declined, so that `chain` can hold several.
   */
  readonly issuer: string;
  /** `aud` must be or contain this, or one of these: the name of this service at the provider, never a client's id. */
  readonly audience: string | readonly string[];
  /** Default: the asymmetric ones that the provider lists, so that `none` and HMAC never count. */
  readonly algorithms?: readonly string[] | undefined;
  /** The `typ` that a token must have, such as `"at+jwt"` (RFC 9068). Default: `JWT`, `at+jwt` or none. */
  readonly type?: string | undefined;
  /**
   * `"nothing"`: the token comes with every call. `"session"`: it is a log-in, and the answer offers a session that ends
   * with it at the latest. Default: `"nothing"`.
   */
  readonly opens?: "session" | "nothing" | undefined;
  /** How far the provider's clock may be off, milliseconds. Default: 5,000. */
  readonly clockToleranceMs?: number | undefined;
  /** How long after a fetch an unknown key id causes no other one, milliseconds. Default: 30,000. */
  readonly cooldownMs?: number | undefined;
  /** How long one question to the provider may take, milliseconds. Default: 3,000, below the deadline of handlers. */
  readonly fetchTimeoutMs?: number | undefined;
  /** Who it is, given what the mapping made of the claims; `null`, `undefined` or `false` for nobody. Default: the mapping's. */
  readonly toIdentity?:
    | ((mapped: OidcIdentity, claims: JWTPayload) => Awaitable<I | null | undefined | false>)
    | undefined;
  /** Told why the provider cannot be asked: once, until that changes. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/**
 * Access tokens of an OpenID provider (RFC 9068, OpenID Connect Discovery 1.0): `Authorization: Bearer <jwt>`. It is
 * `jwt` for whom the provider's address is all there is to say. Nothing is fetched before the first token, and while the
 * provider has never been reached tokens are `unavailable` (503), not refused.
 *
 * ID tokens and log-out tokens are refused where they can be told apart. Opaque tokens are declined.
 *
 * @throws {AuthError} `invalid_options`
 */
export function oidc<I extends Identity = OidcIdentity>(options: OidcOptions<I>): Handler<I> {
  const { issuer, audience, algorithms, type, opens = "nothing" } = options;
  const { clockToleranceMs = 5_000, cooldownMs = 30_000, fetchTimeoutMs = 3_000, platform = systemPlatform } = options;
  const { onWarning = warn } = options;
  const toIdentity = options.toIdentity ?? ((mapped: OidcIdentity) => mapped as unknown as I);
  const mapClaims = createClaimMapping("oidc", issuer, options);
  const loadKeys = discoveredKeys({ name: "oidc", issuer, timeoutMs: fetchTimeoutMs, platform, onWarning }, cooldownMs);
  const verify = createJwtVerifier<I>({
    ...{ name: "oidc", issuer, audience, algorithms, type, clockToleranceMs, loadKeys, platform },
    toIdentity(claims) {
      const mapped = isOtherKind(claims) ? undefined : mapClaims(claims);
      return mapped && toIdentity(mapped, claims);
    },
  });
  // A token that says nothing of the log-in may be of one long ago, so its session is never fresh enough for a step-up.
  const fromHeader = async (token: string): Promise<Verdict<I>> => {
    const verdict = await verify(token);
    return opens === "session" && verdict.kind === "accepted" ? { authenticatedAt: "unknown", ...verdict } : verdict;
  };
  return Object.freeze({ scheme: "Bearer", opens, fromHeader } satisfies Handler<I>);
}

function warn(message: string): void {
  process.emitWarning(message, "SallyportWarning");
}

function discoveredKeys(options: DiscoveryOptions, cooldownMs: number): LoadKeys {
  const { name, timeoutMs, platform } = options;
  const discover = createDiscovery(options);
  let url: string | undefined;
  let load: LoadKeys | undefined;
  return async (jose) => {
    const metadata = await discover();
    if (load === undefined || url !== metadata.jwks_uri) {
      url = metadata.jwks_uri;
      load = createKeyLoader({ name: `${name}: jwks_uri`, jwks: url, cooldownMs, timeoutMs, platform });
    }
    // For ID tokens, but no provider says it for access tokens, and each signs both with the same keys.
    const algorithms = metadata.id_token_signing_alg_values_supported;
    if (!Array.isArray(algorithms)) return load(jose);
    return { ...(await load(jose)), algorithms };
  };
}

/**
 * Tokens of the same issuer, keys and perhaps audience that are no access tokens: an ID token (its hashes, OpenID Connect
 * Core §3.1.3.6; Keycloak's `typ`) and a log-out token (`events`, RFC 8417 §2.2).
 */
function isOtherKind(claims: JWTPayload): boolean {
  return ["at_hash", "c_hash", "events"].some((name) => name in claims) || claims.typ === "ID";
}
