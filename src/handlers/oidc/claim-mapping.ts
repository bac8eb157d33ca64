import type { JWTPayload } from "jose";
import { AuthError } from "../../base/errors.js";
import { isScope } from "../../credentials/permission.js";
import type { Identity } from "../../model/identity.js";
import type { Tenant } from "./tenants.js";

/**
 * The path of a claim: its name, or names joined by dots for a claim inside others, such as `"realm_access.roles"`. The
 * whole text is tried as a name first, for claims whose name has dots (`"https://example.com/roles"`). The names of a
 * list are not split.
 */
export type ClaimPath = string | readonly string[];

/** How the claims of a provider become an identity: options that `oidc` and `external` share. */
export interface ClaimMapping {
  /**
   * The claim that is the subject. Default: `"sub"`, the only claim that a provider never gives to another person
   * (OpenID Connect Core §5.7). With `"email"`, however the path is written, `email_verified` beside it must be true
   * (some providers write `"true"`): otherwise a user could become any other by typing that user's address into a
   * profile.
   */
  readonly subjectClaim?: ClaimPath | undefined;
  /**
   * The claim that holds roles or groups, a list of strings; `scope` and `scp` may also be one string of words.
   * Default: no roles.
   */
  readonly rolesClaim?: ClaimPath | undefined;
  /**
   * The separator of names if `rolesClaim` is one string, such as `","`. Default: a space for `scope` and `scp` (RFC
   * 6749 §3.3); any other string is one name, since a space may be part of it.
   */
  readonly rolesSeparator?: string | undefined;
  /**
   * The roles that each group gives; a group that is not listed gives none. Default: each group is a role of the same
   * name.
   */
  readonly groupRoles?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The identity of `oidc` and `external` without `toIdentity`. */
export interface OidcIdentity extends Identity {
  readonly issuer: string;
  readonly roles: readonly string[];
  /** `name`, or else `preferred_username`: to show to people. Do not authorize by it: users can often change it. */
  readonly name?: string | undefined;
}

export type MapClaims = (claims: JWTPayload) => OidcIdentity | undefined;

/** Text that headers, logs and protobuf strings can carry. */
const plain = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** The claims that may be words in one string (RFC 6749 §3.3). In any other claim a space may be part of a name. */
const wordClaims: ReadonlySet<unknown> = new Set(["scope", "scp"]);

/**
 * Makes the function from claims to an identity.
 *
 * @param handler the handler's name, for messages
 * @param tenant the tenant whose accounts these are. The subject begins with its id: every tenant chooses its own names, and an
 *   account of one must not be that of another
 * @returns a function that returns `undefined` when the claims have no usable subject
 * @throws {AuthError} `invalid_options` for a malformed path, or `groupRoles` without `rolesClaim`
 */
export function createClaimMapping(
  handler: string,
  issuer: string,
  mapping: ClaimMapping,
  tenant?: Tenant | undefined,
): MapClaims {
  const { rolesSeparator, groupRoles } = mapping;
  const subjectClaim = requirePath(handler, mapping.subjectClaim ?? "sub");
  const rolesClaim = mapping.rolesClaim === undefined ? undefined : requirePath(handler, mapping.rolesClaim);
  if (groupRoles !== undefined && rolesClaim === undefined) {
    throw new AuthError("invalid_options", `${handler}: groupRoles needs rolesClaim, the claim that holds the groups`);
  }
  if (rolesSeparator !== undefined && (rolesClaim === undefined || rolesSeparator === "")) {
    throw new AuthError(
      "invalid_options",
      `${handler}: rolesSeparator is the text between the names of rolesClaim, such as ","`,
    );
  }
  const separator = rolesSeparator ?? (wordClaims.has(rolesClaim?.names.at(-1)) ? " " : undefined);
  // A group called `constructor` must find nothing.
  const table = groupRoles && new Map(Object.entries(groupRoles));

  return (claims) => {
    const found = claimAt(claims, subjectClaim);
    if (found === undefined || typeof found.value !== "string" || !plain.test(found.value)) return undefined;
    if (isEmail(subjectClaim) && !isTrue(found.holder.email_verified)) return undefined;
    const groups = rolesClaim === undefined ? [] : namesIn(claimAt(claims, rolesClaim)?.value, separator);
    const roles = table === undefined ? groups : groups.flatMap((group) => table.get(group) ?? []);
    const name = [claims.name, claims.preferred_username].find(isPlainText);
    const subject = toTenantSubject(found.value, tenant);
    if (!isPlainText(subject)) return undefined;
    return { subject, issuer, roles: [...new Set(roles)], ...(name !== undefined && { name }) };
  };
}

/** Returns the subject of an account: of a tenant, its id, a slash and the name that the tenant gives. */
export function toTenantSubject(name: string, tenant: Tenant | undefined): string {
  return tenant === undefined ? name : `${tenant.id}/${name}`;
}

/** Whether headers, logs and protobuf strings carry it: 1 to 256 characters, no control characters, no half surrogates. */
export function isPlainText(value: unknown): value is string {
  return typeof value === "string" && plain.test(value);
}

/** A path in its one form, made once: all that looks at it looks at this. */
interface ClaimNames {
  /** Of a string: a claim may have dots in its own name, and is looked for first. */
  readonly whole: string | undefined;
  /** From the outside in. */
  readonly names: readonly string[];
}

function requirePath(handler: string, path: ClaimPath): ClaimNames {
  const whole = typeof path === "string" ? path : undefined;
  const parts = typeof path === "string" ? [path] : path;
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every((part) => typeof part === "string" && part !== "")) {
    throw new AuthError("invalid_options", `${handler}: a claim is a name, or a list of names`);
  }
  return { whole, names: typeof path === "string" ? path.split(".") : [...path] };
}

/** Whether the claim is an e-mail address, which a provider may let its users choose freely. */
function isEmail({ names }: ClaimNames): boolean {
  return names.at(-1) === "email";
}

/** A boolean (OpenID Connect Core §5.1), or its text, which Amazon Cognito and others write. */
function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/**
 * The `acr` values that a verdict may hold. Others are left out, since the engine would refuse the verdict: a good
 * token would become a 503.
 */
const acrShape = /^[!#-[\]-~]{1,128}$/;

/**
 * Reads the strength and the time of the log-in from claims (OpenID Connect Core §2, RFC 9068 §2.2.1), if they are
 * there.
 */
export function toLogInFacts({ acr, auth_time: at }: JWTPayload): {
  readonly acr?: string;
  readonly authenticatedAt?: number;
} {
  return {
    ...(typeof acr === "string" && acrShape.test(acr) && { acr }),
    ...(typeof at === "number" && Number.isFinite(at * 1_000) && { authenticatedAt: Math.floor(at * 1_000) }),
  };
}

/**
 * Reads what an access token may do (RFC 9068 §2.2.3: `scope`, words in one text; some providers write `scp`, also a
 * list). What is no scope is left out, so a claim of another form allows nothing; without one the token stands for the whole account.
 */
export function toScopes({ scope, scp }: JWTPayload): { readonly scopes?: readonly string[] } {
  const said = scope ?? scp;
  if (said === undefined || said === null) return {};
  return { scopes: [...new Set(namesIn(said, " ").filter(isScope))] };
}

type Claims = Readonly<Record<string, unknown>>;

/** The claim, and the object that holds it. */
function claimAt(
  claims: JWTPayload,
  path: ClaimNames,
): { readonly value: unknown; readonly holder: Claims } | undefined {
  if (path.whole !== undefined && Object.hasOwn(claims, path.whole))
    return { value: claims[path.whole], holder: claims };
  let holder: Claims = claims;
  let value: unknown = claims;
  for (const name of path.names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    holder = value as Claims;
    value = holder[name];
  }
  return { value, holder };
}

/** Reads the names in a claim. A claim of another form gives no role rather than a guessed one. */
function namesIn(value: unknown, separator: string | undefined): string[] {
  if (typeof value === "string") value = separator === undefined ? [value] : value.split(separator);
  return Array.isArray(value) ? value.filter(isPlainText) : [];
}
