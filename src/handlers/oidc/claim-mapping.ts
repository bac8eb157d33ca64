import type { JWTPayload } from "jose";
import { AuthError } from "../../base/errors.js";
import type { Identity } from "../../model/identity.js";

/**
 * Where a claim is: its name, or names joined by dots for a claim inside others, such as `"realm_access.roles"`. A claim
 * whose own name has dots (`"https://example.com/roles"`) is found by its whole name first; a list of names is never cut.
 */
export type ClaimPath = string | readonly string[];

/** Who the claims of a provider say it is: what `oidc` and `external` share. */
export interface ClaimMapping {
  /**
   * The claim that is the subject. Default: `"sub"`, the only one that a provider never gives to somebody else
   * (OpenID Connect Core §5.7). With `"email"`, `email_verified` must be true.
   */
  readonly subjectClaim?: ClaimPath | undefined;
  /** The claim that holds roles or groups, a list of strings; `scope` and `scp` may be words in one string. Default: no roles. */
  readonly rolesClaim?: ClaimPath | undefined;
  /** The roles that each group gives; a group that is not here gives none. Default: each is a role of the same name. */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Without `toIdentity`. */
export interface OidcIdentity extends Identity {
  readonly issuer: string;
  readonly roles: readonly string[];
  /** `name`, or else `preferred_username`: to show to people, not to decide by. */
  readonly name?: string | undefined;
}

export type MapClaims = (claims: JWTPayload) => OidcIdentity | undefined;

/** What headers, logs and protobuf strings carry. */
const plain = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** Words in one string (RFC 6749 §3.3); of any other claim a space may be part of a name. */
const scopes: ReadonlySet<unknown> = new Set(["scope", "scp"]);

/**
 * @returns what gives an identity, or `undefined` when the claims name nobody.
 * @throws {AuthError} `invalid_options`
 */
export function createClaimMapping(handler: string, issuer: string, mapping: ClaimMapping): MapClaims {
  const { subjectClaim = "sub", rolesClaim, groupRoles } = mapping;
  for (const path of [subjectClaim, rolesClaim ?? "none"]) {
    if (path.length > 0 && [path].flat().every((name) => typeof name === "string" && name !== "")) continue;
    throw new AuthError("invalid_options", `${handler}: a claim is a name, or a list of names`);
  }
  if (groupRoles !== undefined && rolesClaim === undefined) {
    throw new AuthError("invalid_options", `${handler}: groupRoles needs rolesClaim, the claim that holds the groups`);
  }
  // A group called `constructor` must find nothing.
  const table = groupRoles && new Map(Object.entries(groupRoles));

  return (claims) => {
    const subject = claimAt(claims, subjectClaim);
    if (typeof subject !== "string" || !plain.test(subject)) return undefined;
    // Whoever may type any address into a profile would otherwise be whoever he likes.
    if (subjectClaim === "email" && claims.email_verified !== true) return undefined;
    const groups = rolesClaim === undefined ? [] : namesIn(claimAt(claims, rolesClaim), scopes.has(rolesClaim));
    const roles = table === undefined ? groups : groups.flatMap((group) => table.get(group) ?? []);
    const name = [claims.name, claims.preferred_username].find((one) => typeof one === "string" && plain.test(one));
    return { subject, issuer, roles: [...new Set(roles)], ...(name !== undefined && { name: name as string }) };
  };
}

/** What a verdict keeps to itself of odd claims would make a 503 of a good token. */
const acrShape = /^[!#-[\]-~]{1,128}$/;

/** How and when the person proved it (OpenID Connect Core §2, RFC 9068 §2.2.1), as far as the claims say. */
export function toLogInFacts({ acr, auth_time: at }: JWTPayload): {
  readonly acr?: string;
  readonly authenticatedAt?: number;
} {
  return {
    ...(typeof acr === "string" && acrShape.test(acr) && { acr }),
    ...(typeof at === "number" && Number.isFinite(at * 1_000) && { authenticatedAt: at * 1_000 }),
  };
}

function claimAt(claims: JWTPayload, path: ClaimPath): unknown {
  if (typeof path === "string" && Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of typeof path === "string" ? path.split(".") : path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** A claim of another form gives no role rather than a guessed one. */
function namesIn(value: unknown, words: boolean): string[] {
  const list = words && typeof value === "string" ? value.split(" ") : value;
  return Array.isArray(list) ? list.filter((one) => typeof one === "string" && plain.test(one)) : [];
}
