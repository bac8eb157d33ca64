import type { JWTPayload } from "jose";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import type { Identity } from "../../model/identity.js";
import type { Handler, Verdict } from "../handler.js";
import type { OidcIdentity } from "./claim-mapping.js";
import { createDiscovery, type DiscoveryOptions } from "./discovery.js";
import { createKeyLoader, type KeyOptions, keyKinds } from "./jwt-keys.js";
import { createJwtVerifier, type LoadKeys } from "./jwt-verifier.js";
import { createKeptProviders, type Kept, type KeptProviders, type KnownKeys } from "./kept.js";
import { createProviderHealth, type ProviderHealth } from "./provider-health.js";
import { type ProviderOptions, providerKinds, resolveProvider } from "./provider-options.js";
import { createTenantVerifier, type TenantOptions } from "./tenants.js";

/** Options of `oidc`. */
export interface OidcOptions<I extends Identity = OidcIdentity> extends ProviderOptions<I>, TenantOptions, KeyOptions {
  /**
   * The provider's issuer, an https URL exactly as the provider spells it, with or without a slash at the end. Its keys
   * and algorithms come from `<issuer>/.well-known/openid-configuration`. A token of another issuer is declined, so
   * that `chain` can hold several. With `tenants`: the issuer of each, with `{tenantid}` in the tenant's place; each is read
   * and has its keys by itself, and the subject of a caller is the tenant, a slash and the name in the token.
   */
  readonly issuer: string;
  /**
   * The audience: `aud` must be or contain this, or one of these. It is the name of this service at the provider, never
   * the id of a client.
   */
  readonly audience: string | readonly string[];
  /**
   * The accepted signature algorithms. Default: the asymmetric ones that the provider lists, so that `none` and HMAC
   * are never accepted.
   */
  readonly algorithms?: readonly string[] | undefined;
  /** The `typ` that a token must have, such as `"at+jwt"` (RFC 9068). Default: `JWT`, `at+jwt` or none. */
  readonly type?: string | undefined;
  /**
   * `"nothing"`: the token comes with every call. `"session"`: the token is a log-in, and the response offers a session
   * that ends with the token at the latest. Default: `"nothing"`, since the token itself can come with every call.
   */
  readonly opens?: "session" | "nothing" | undefined;
  /** How far the provider's clock may differ, in milliseconds. Default: 5,000; clocks set by NTP differ by less. */
  readonly clockToleranceMs?: number | undefined;
}

const oidcKinds: OptionKinds<OidcOptions<Identity>> = {
  ...providerKinds,
  issuer: "any",
  tenants: "any",
  tenantClaim: "any",
  audience: "any",
  algorithms: "any",
  type: "string",
  opens: ["session", "nothing"],
  clockToleranceMs: "number",
  ...keyKinds,
};

/**
 * Accepts access tokens of an OpenID provider (RFC 9068, OpenID Connect Discovery 1.0): `Authorization: Bearer <jwt>`.
 * It is `jwt`, with keys and algorithms from the provider's metadata. It fetches nothing before the first token. Until
 * the provider has been reached, tokens are `unavailable` (503), not refused.
 *
 * ID tokens and log-out tokens are refused if they can be recognized. Opaque tokens are declined.
 *
 * @throws {AuthError} `invalid_options` for an issuer that is not https, without an audience, or for an unusable
 *   mapping or algorithm
 */
export function oidc<I extends Identity = OidcIdentity>(options: OidcOptions<I>): Handler<I> {
  return createOidc(options);
}

/** Makes the handler that `oidc` returns, with what handlers of earlier configurations know. */
export function createOidc<I extends Identity>(
  options: OidcOptions<I>,
  kept: KeptProviders = createKeptProviders(),
): Handler<I> {
  requireOptions("oidc", options, oidcKinds);
  const { audience, algorithms, type, opens = "nothing" } = options;
  const { clockToleranceMs = 5_000, cooldownMs, staleKeysMs, forbidKeys } = options;
  const healths: ProviderHealth[] = [];
  const verify = createTenantVerifier<I>("oidc", options, (issuer, tenant) => {
    const { discovery, toIdentity } = resolveProvider("oidc", { ...options, issuer }, tenant);
    const { name, platform } = discovery;
    const health = createProviderHealth(issuer);
    healths.push(health);
    const known = { kept: kept.metadataOf(name, issuer), health };
    const keyOptions = { cooldownMs, staleKeysMs, forbidKeys };
    const loadKeys = discoveredKeys({ ...discovery, ...known }, keyOptions, kept.keysOf(issuer));
    return createJwtVerifier<I>({
      ...{ name, issuer, tenant, audience, algorithms, type, clockToleranceMs, loadKeys, platform },
      toIdentity: (claims) => (isOtherKind(claims) ? undefined : toIdentity(claims)),
    });
  });
  // The log-in behind a token without `auth_time` may be long ago, so its session is never fresh enough for a step-up.
  const fromHeader = async (token: string): Promise<Verdict<I>> => {
    const verdict = await verify(token);
    return opens === "session" && verdict.kind === "accepted" ? { authenticatedAt: "unknown", ...verdict } : verdict;
  };
  const outside = () => healths.map((one) => one.outside());
  return Object.freeze({ scheme: "Bearer", opens, fromHeader, outside } satisfies Handler<I>);
}

/** Keys of an address that the provider named before go on until the new one has answered. */
function discoveredKeys(options: DiscoveryOptions, keyOptions: KeyOptions, kept: Kept<KnownKeys>): LoadKeys {
  const { name, timeoutMs, platform, onWarning, health } = options;
  const discover = createDiscovery(options);
  let url: string | undefined;
  let load: LoadKeys | undefined;
  return async (jose) => {
    const metadata = await discover();
    if (load === undefined || url !== metadata.jwks_uri) {
      url = metadata.jwks_uri;
      const parts = { timeoutMs, platform, onWarning, kept, health };
      load = createKeyLoader({ ...keyOptions, name: `${name}: jwks_uri`, jwks: url, ...parts });
    }
    // This member is about ID tokens. No provider publishes one about access tokens, and each signs both with the same
    // keys.
    const algorithms = metadata.id_token_signing_alg_values_supported;
    if (!Array.isArray(algorithms)) return load(jose);
    return { ...(await load(jose)), algorithms };
  };
}

/**
 * Whether a token of the same issuer and keys, perhaps of the same audience, is no access token: an ID token (its
 * hashes, OpenID Connect Core §3.1.3.6; Keycloak's `typ`) or a log-out token (`events`, RFC 8417 §2.2).
 */
function isOtherKind(claims: JWTPayload): boolean {
  return ["at_hash", "c_hash", "events"].some((name) => name in claims) || claims.typ === "ID";
}
