import type { JSONWebKeySet, JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import type { Handler } from "../handler.js";
import { isPlainText } from "./claim-mapping.js";
import { createKeyLoader } from "./jwt-keys.js";
import { createJwtVerifier } from "./jwt-verifier.js";

/** Options of `jwt`. */
export interface JwtOptions<I extends Identity> {
  /**
   * The issuer: `iss` must equal it. A token of another issuer is declined, so that `chain` can hold one `jwt` per
   * issuer.
   */
  readonly issuer: string;
  /** The audience: `aud` must be or contain this, or one of these, so that a token for another service is refused. */
  readonly audience: string | readonly string[];
  /** The issuer's public keys, or the https URL where it publishes them (`jwks_uri`). */
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
  /**
   * With a URL: how long after a fetch an unknown key id causes no further fetch, in milliseconds. Default: 30,000, so
   * that invented key ids do not flood the issuer.
   */
  readonly cooldownMs?: number;
  /** With a URL: how long one fetch may take, in milliseconds. Default: 3,000, below the deadline of handlers. */
  readonly fetchTimeoutMs?: number;
  /**
   * Converts verified claims to an identity. Return `null`, `undefined` or `false` to reject the token (401). Default:
   * `sub`, `iss`, and no roles.
   */
  toIdentity?(claims: JWTPayload): Awaitable<I | null | undefined | false>;
  /** The clock. Default: the machine's. */
  readonly platform?: Platform;
}

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
  const { issuer, audience, algorithms, type, jwks } = options;
  const { toIdentity = defaultIdentity as unknown as NonNullable<JwtOptions<I>["toIdentity"]> } = options;
  const { clockToleranceMs = 5_000, cooldownMs = 30_000, fetchTimeoutMs = 3_000, platform = systemPlatform } = options;
  const loadKeys = createKeyLoader({ name: "jwt: jwks", jwks, cooldownMs, timeoutMs: fetchTimeoutMs, platform });
  const rules = { name: "jwt", issuer, audience, algorithms, type, clockToleranceMs, loadKeys, platform, toIdentity };
  return Object.freeze({
    scheme: "Bearer",
    opens: "nothing",
    fromHeader: createJwtVerifier<I>(rules),
  } satisfies Handler<I>);
}

function defaultIdentity({ sub, iss }: JWTPayload): JwtIdentity | null {
  return isPlainText(sub) && typeof iss === "string" ? { subject: sub, issuer: iss } : null;
}
