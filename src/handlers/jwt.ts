import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from "jose";
import { AuthError } from "../errors.js";
import type { Identity } from "../identity.js";
import { type Platform, systemPlatform } from "../platform.js";
import { type Awaitable, declined, type Handler, rejected, unavailable, type Verdict } from "./handler.js";
import { keySource } from "./jwt-keys.js";
import { isAcceptableHeader, readUnverified } from "./jwt-shape.js";

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

const asymmetric: readonly string[] = [
  ...["EdDSA", "Ed25519", "ES256", "ES384", "ES512"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];

/** The shape of a compact JWS. An opaque token is not ours to refuse. */
const threeParts = /^[^.]*\.[^.]*\.[^.]*$/;

/** The token is wrong. Any other failure is ours or the key server's: "cannot tell now". */
const wrongToken: ReadonlySet<unknown> = new Set([
  "ERR_JWT_CLAIM_VALIDATION_FAILED",
  "ERR_JWT_EXPIRED",
  "ERR_JWT_INVALID",
  "ERR_JWS_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
]);

/**
 * JSON Web Tokens of one issuer (RFC 7519, RFC 8725): `Authorization: Bearer <jwt>`. The token comes with every call,
 * so no session is opened; the caller is known until `exp`, which must be there. Never sees the engine's own tokens.
 *
 * A token bound to a key (`cnf`: RFC 7800, RFC 9449) is refused, since taking it as a bearer would undo the binding.
 *
 * @throws {AuthError} `invalid_options`
 */
export function jwt<I extends Identity = JwtIdentity>(options: JwtOptions<I>): Handler<I> {
  const { issuer, type, toIdentity = defaultIdentity as unknown as NonNullable<JwtOptions<I>["toIdentity"]> } = options;
  const { clockToleranceMs = 5_000, cooldownMs = 30_000, fetchTimeoutMs = 3_000, platform = systemPlatform } = options;
  const algorithms = requireAlgorithms(options.algorithms ?? asymmetric);
  const audience = [options.audience].flat().map((name) => requireText("audience", name));
  if (audience.length === 0) requireText("audience", undefined);
  requireText("issuer", issuer);
  const source = keySource({ jwks: options.jwks, cooldownMs, timeoutMs: fetchTimeoutMs, platform });

  // Loaded here and not at the top: some 50 ms that only users of JWT should pay, yet before the first token comes.
  const jose = import("jose");
  jose.catch(() => {});
  let getKey: JWTVerifyGetKey | undefined;

  async function fromHeader(token: string): Promise<Verdict<I>> {
    if (!threeParts.test(token)) return declined;
    const unverified = readUnverified(token);
    if (unverified === undefined) return rejected;
    if (unverified.issuer !== issuer) return declined;
    if (!isAcceptableHeader(unverified, { algorithms, type })) return rejected;
    const { jwtVerify } = await jose;
    getKey ??= source(await jose);
    let claims: JWTPayload;
    try {
      const currentDate = new Date(platform.now());
      const clockTolerance = clockToleranceMs / 1_000;
      const checks = { issuer, audience, algorithms: [...algorithms], clockTolerance, currentDate };
      claims = (await jwtVerify(token, getKey, checks)).payload;
    } catch (error) {
      return wrongToken.has((error as { code?: unknown } | null)?.code) ? rejected : unavailable;
    }
    if (claims.exp === undefined || claims.cnf !== undefined) return rejected;
    const identity = await toIdentity(claims);
    if (identity === null || identity === undefined || identity === false) return rejected;
    return { kind: "accepted", identity, expiresAt: claims.exp * 1_000 + clockToleranceMs };
  }

  return Object.freeze({ scheme: "Bearer", opens: "nothing", fromHeader } satisfies Handler<I>);
}

function defaultIdentity({ sub, iss }: JWTPayload): JwtIdentity | null {
  return typeof sub === "string" && typeof iss === "string" ? { subject: sub, issuer: iss } : null;
}

function requireAlgorithms(algorithms: readonly string[]): readonly string[] {
  const wrong = algorithms.find((name) => !asymmetric.includes(name));
  if (wrong !== undefined || algorithms.length === 0) {
    throw new AuthError(
      "invalid_options",
      `jwt: algorithms must be some of ${asymmetric.join(", ")}. With "none" anyone could sign, with HS… anyone who can check`,
    );
  }
  return Object.freeze([...algorithms]);
}

function requireText(name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new AuthError(
      "invalid_options",
      `jwt needs ${name}: without it, tokens made for somebody else would be good here`,
    );
  }
  return value;
}
