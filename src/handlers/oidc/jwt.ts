import type { JSONWebKeySet, JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import type { Handler } from "../handler.js";
import { isPlainText } from "./claim-mapping.js";
import { createKeyLoader } from "./jwt-keys.js";
import { createJwtVerifier } from "./jwt-verifier.js";

/** What `jwt` takes. */
export interface JwtOptions<I extends Identity> {
  /** `iss` must be exactly this. A token of another issuer is declined, so that `chain` can hold one `jwt` per issuer. */
  readonly issuer: string;
  /** `aud` must be or contain this, or one of these: a token for another service is not good here. */
  readonly audience: string | readonly string[];
  /** The issuer's public keys, or the https URL where it publishes them (`jwks_uri`). */
  readonly jwks: JSONWebKeySet | URL | string;
  /** Default: every asymmetric signature of RFC 7518 and RFC 8037. Pin it to what the issuer uses. */
  readonly algorithms?: readonly string[];
  /**
   * The `typ` that a token must have, such as `"at+jwt"` (RFC 9068). Default: `JWT`, `at+jwt` or none; then ID tokens
   * and access tokens look the same, and only `audience` tells them apart.
   */
  readonly type?: string;
  /** How far the issuer's clock may be off, milliseconds. Default: 5,000; machines with NTP differ by less. */
  readonly clockToleranceMs?: number;
  /** With a URL: how long after a fetch an unknown key id causes no other one, milliseconds. Default: 30,000. */
  readonly cooldownMs?: number;
  /** With a URL: how long one fetch may take, milliseconds. Default: 3,000, below the deadline of handlers. */
  readonly fetchTimeoutMs?: number;
  /** Who the claims say it is; `null`, `undefined` or `false` when it is nobody. Default: `sub`, `iss`, and no roles. */
  toIdentity?(claims: JWTPayload): Awaitable<I | null | undefined | false>;
  /** Clock. Default: the machine's. */
  readonly platform?: Platform;
}

/** Without `toIdentity`. Claims hold no roles in a place that all issuers agree on, so there are none. */
export interface JwtIdentity extends Identity {
  readonly issuer: string;
}

/**
 * JSON Web Tokens of one issuer (RFC 7519, RFC 8725): `Authorization: Bearer <jwt>`. The token comes with every call,
 * so no session is opened; the caller is known until `exp`, which must be there. Never sees the engine's own tokens.
 *
 * A token bound to a key (`cnf`: RFC 7800, RFC 9449) is refused, since taking it as a bearer would undo the binding.
 *
 * @throws {AuthError} `invalid_options`
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
