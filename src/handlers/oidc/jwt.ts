import type { JSONWebKeySet, JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import type { Handler } from "../handler.js";

import { isPlainText, toTenantSubject } from "./claim-mapping.js";

import { createKeyLoader, type KeyOptions, keyKinds } from "./jwt-keys.js";
import { createJwtVerifier } from "./jwt-verifier.js";
import type { KeptProviders } from "./kept.js";
import { createProviderHealth, type ProviderHealth } from "./provider-health.js";
import { createTenantVerifier, fillTenant, type Tenant, type TenantOptions } from "./tenants.js";

/** Options of `jwt`. */
export interface JwtOptions<I extends Identity> extends TenantOptions, KeyOptions {
  /**
   * The issuer: `iss` must equal it. A token of another issuer is declined, so that `chain` can hold one `jwt` per
   * issuer. With `tenants`: the issuer of each, with `{tenantid}` in the tenant's place.
   */
  readonly issuer: string;
  /** The audience: `aud` must be or contain this, or one of these, so that a token for another service is refused. */
  readonly audience: string | readonly string[];
  /**
   * The issuer's public keys, or the https URL where it publishes them (`jwks_uri`). With `tenants`: the URL with
   * `{tenantid}` in it, so that the keys of one tenant sign for that one only.
   */
  readonly jwks: JSONWebKeySet | URL | string;
  /**
   * The accepted signature algorithms. Default: every asymmetric one of RFC 7518 and RFC 8037. Set those that the
   * issuer uses.
   */
  readonly algorithms?: readonly string[];
  /**
   * The `typ` that a token must have, such as `"at+jwt"` (RFC 9068). Default: `JWT`, `at+jwt` or none; then ID tokens
   * and access tokens differ in `audience` only.
   */
  readonly type?: string;
  /** How far the issuer's clock may differ, in milliseconds. Default: 5,000; clocks set by NTP differ by less. */
  readonly clockToleranceMs?: number;
  /** With a URL: how long one fetch may take, in milliseconds. Default: 3,000, below the deadline of handlers. */
  readonly fetchTimeoutMs?: number;
  /**
   * Converts verified claims to an identity. Return `null`, `undefined` or `false` to reject the token (401). Default:
   * `sub` (with `tenants`: the tenant, a slash and `sub`), `iss`, and no roles.
   */
  toIdentity?(claims: JWTPayload): Awaitable<I | null | undefined | false>;
  /**
   * With a URL: called when the keys cannot be fetched, once until the reason changes, and when they can again. Default:
   * `process.emitWarning`.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform;
}

const jwtKinds: OptionKinds<JwtOptions<Identity>> = {
  issuer: "any",
  tenants: "any",
  tenantClaim: "any",
  audience: "any",
  jwks: "any",
  algorithms: "any",
  type: "string",
  clockToleranceMs: "number",
  ...keyKinds,
  onWarning: "function",
  fetchTimeoutMs: "number",
  toIdentity: "function",
  platform: "object",
};

/** The identity of `jwt` without `toIdentity`. It has no roles, since issuers do not agree on a claim for them. */
export interface JwtIdentity extends Identity {
  readonly issuer: string;
}

/**
 * Accepts JSON Web Tokens of one issuer (RFC 7519, RFC 8725): `Authorization: Bearer <jwt>`. The token comes with every
 * call, so no session is opened. The claim `exp` is required. The handler never receives the engine's own tokens.
 *
 * A token bound to a key (`cnf`: RFC 7800, RFC 9449) is refused, since accepting it as a bearer token would undo the
 * binding.
 *
 * @throws {AuthError} `invalid_options` without issuer or audience, for unusable keys, or for an algorithm that is not
 *   asymmetric
 */
export function jwt<I extends Identity = JwtIdentity>(options: JwtOptions<I>): Handler<I> {
  return createJwt(options);
}

/** Makes the handler that `jwt` returns, with what handlers of earlier configurations know. */
export function createJwt<I extends Identity>(options: JwtOptions<I>, kept?: KeptProviders): Handler<I> {
  requireOptions("jwt", options, jwtKinds);
  const { audience, algorithms, type, jwks, tenants } = options;
  const { cooldownMs, staleKeysMs, forbidKeys, onWarning } = options;
  const { clockToleranceMs = 5_000, fetchTimeoutMs = 3_000, platform = systemPlatform } = options;
  if (tenants !== undefined && !(typeof jwks === "string" && jwks.includes("{tenantid}"))) {
    const message =
      "jwt: with tenants, jwks must be a URL with {tenantid} in it: each tenant's keys sign for that tenant only";
    throw new AuthError("invalid_options", message);
  }
  const healths: ProviderHealth[] = [];
  const verify = createTenantVerifier<I>("jwt", options, (issuer, tenant) => {
    const health = createProviderHealth(issuer);
    if (typeof jwks === "string" || jwks instanceof URL) healths.push(health);
    const own = typeof jwks === "string" ? fillTenant(jwks, tenant) : jwks;
    const loadKeys = createKeyLoader({
      ...{ name: "jwt: jwks", jwks: own, timeoutMs: fetchTimeoutMs, platform, onWarning },
      ...{ cooldownMs, staleKeysMs, forbidKeys, kept: kept?.keysOf(issuer), health },
    });
    const toIdentity =
      options.toIdentity ?? ((claims: JWTPayload) => defaultIdentity(claims, tenant) as Identity as I | null);
    return createJwtVerifier<I>({
      ...{ name: "jwt", issuer, tenant, audience, algorithms, type, clockToleranceMs, loadKeys, platform, toIdentity },
    });
  });
  const outside = () => healths.map((one) => one.outside());
  return Object.freeze({ scheme: "Bearer", opens: "nothing", fromHeader: verify, outside } satisfies Handler<I>);
}

function defaultIdentity({ sub, iss }: JWTPayload, tenant: Tenant | undefined): JwtIdentity | null {
  const subject = isPlainText(sub) ? toTenantSubject(sub, tenant) : undefined;
  return isPlainText(subject) && typeof iss === "string" ? { subject, issuer: iss } : null;
}
