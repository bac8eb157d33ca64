import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { declined, rejected, unavailable, type Verdict } from "../handler.js";
import { toLogInFacts, toScopes } from "./claim-mapping.js";
import { isAcceptableHeader, readUnverified } from "./jwt-shape.js";
import type { Tenant } from "./tenants.js";

/** The keys and algorithms of an issuer, as known now. */
export interface IssuerKeys {
  readonly getKey: JWTVerifyGetKey;
  /** The algorithms that the issuer publishes. Default: unknown, and all that the options allow are accepted. */
  readonly algorithms?: readonly string[];
}

/** Loads the keys for every token that may be right. An error means that the token cannot be checked now (503). */
export type LoadKeys = (jose: typeof import("jose")) => Awaitable<IssuerKeys>;

export interface JwtVerifierOptions<I extends Identity> {
  /** The handler's name, for messages. */
  readonly name: string;
  readonly issuer: string;
  /** The tenant that the token must name, where the provider has an issuer for each. */
  readonly tenant?: Tenant | undefined;
  readonly audience: string | readonly string[];
  readonly algorithms: readonly string[] | undefined;
  readonly type: string | undefined;
  readonly clockToleranceMs: number;
  readonly loadKeys: LoadKeys;
  readonly platform: Platform;
  toIdentity(claims: JWTPayload): Awaitable<I | null | undefined | false>;
}

const asymmetric: readonly string[] = [
  ...["EdDSA", "Ed25519", "ES256", "ES384", "ES512"],
  ...["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
];

/** The shape of a compact JWS. An opaque token is declined, since it may belong to another handler of a chain. */
const threeParts = /^[^.]*\.[^.]*\.[^.]*$/;

/** Errors that mean that the token is wrong (401). Any other is a failure of ours or of the key server (503). */
const wrongToken: ReadonlySet<unknown> = new Set([
  "ERR_JWT_CLAIM_VALIDATION_FAILED",
  "ERR_JWT_EXPIRED",
  "ERR_JWT_INVALID",
  "ERR_JWS_INVALID",
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "ERR_JOSE_ALG_NOT_ALLOWED",
  "ERR_JOSE_NOT_SUPPORTED",
  "ERR_JWKS_NO_MATCHING_KEY",
]);

/**
 * Makes the function that checks the tokens of one issuer, for `jwt` and `oidc`, which differ in where the keys come
 * from.
 *
 * @throws {AuthError} `invalid_options` without issuer or audience, or for an algorithm that is not asymmetric
 */
export function createJwtVerifier<I extends Identity>(
  options: JwtVerifierOptions<I>,
): (token: string) => Promise<Verdict<I>> {
  const { name, issuer, tenant, type, clockToleranceMs, loadKeys, platform } = options;
  const algorithms = requireAlgorithms(name, options.algorithms ?? asymmetric);
  const audience = [options.audience].flat().map((one) => requireText(name, "audience", one));
  if (audience.length === 0) requireText(name, "audience", undefined);
  requireText(name, "issuer", issuer);

  // Loaded here and not at the top: it takes some 50 ms, which only users of JWT should pay, and before the first
  // token.
  const jose = import("jose");
  jose.catch(() => {});

  return async (token) => {
    if (!threeParts.test(token)) return declined;
    const unverified = readUnverified(token);
    if (unverified === undefined) return rejected;
    if (unverified.issuer !== issuer) return declined;
    if (!isAcceptableHeader(unverified, { algorithms, type })) return rejected;
    let claims: JWTPayload;
    try {
      const keys = await loadKeys(await jose);
      const allowed = algorithms.filter((one) => keys.algorithms?.includes(one) !== false);
      const currentDate = new Date(platform.now());
      const checks = { issuer, audience, algorithms: allowed, clockTolerance: clockToleranceMs / 1_000, currentDate };
      claims = await verifyByAnyKey(await jose, token, keys.getKey, checks);
    } catch (error) {
      return wrongToken.has((error as { code?: unknown } | null)?.code) ? rejected : unavailable;
    }
    if (claims.exp === undefined || claims.cnf !== undefined) return rejected;
    if (tenant !== undefined && claims[tenant.claim] !== tenant.id) return rejected;
    const identity = await options.toIdentity(claims);
    if (identity === null || identity === undefined || identity === false) return rejected;
    const expiresAt = claims.exp * 1_000 + clockToleranceMs;
    return { kind: "accepted", identity, ...toLogInFacts(claims), ...toScopes(claims), expiresAt };
  };
}

/** More keys of one kind without an id than any issuer has while it changes them. */
const maxCandidates = 8;

/**
 * Verifies a token by the key that its header selects. `kid` is optional (RFC 7515 §4.1.4), so the header may select several
 * keys of a set, as it does while an issuer without key ids rotates; each is tried, up to `maxCandidates`.
 *
 * @throws {JOSEError} as `jwtVerify` does; the last key's error when none fits.
 */
async function verifyByAnyKey(
  { jwtVerify, errors }: typeof import("jose"),
  token: string,
  getKey: JWTVerifyGetKey,
  checks: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, getKey, checks)).payload;
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    let failure: unknown = new errors.JWSSignatureVerificationFailed();
    let tried = 0;
    for await (const key of several) {
      if (++tried > maxCandidates) break;
      try {
        return (await jwtVerify(token, key, checks)).payload;
      } catch (error) {
        // A key that cannot be used, such as RSA of 1,024 bits, says nothing about the others.
        if (!(error instanceof errors.JOSEError)) continue;
        failure = error;
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw failure;
  }
}

function requireAlgorithms(name: string, algorithms: readonly string[]): readonly string[] {
  const wrong = algorithms.find((one) => !asymmetric.includes(one));
  if (wrong !== undefined || algorithms.length === 0) {
    throw new AuthError(
      "invalid_options",
      `${name}: algorithms must be some of ${asymmetric.join(", ")}. With "none" any client could sign, with HS… any service that can check`,
    );
  }
  return Object.freeze([...algorithms]);
}

function requireText(handler: string, name: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new AuthError(
      "invalid_options",
      `${handler} needs ${name}: without it, tokens made for another service would be accepted here`,
    );
  }
  return value;
}
