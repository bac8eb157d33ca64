import { AuthError } from "../base/errors.js";
import type { CallerRequirements } from "../model/decision.js";
import type { Caller } from "../model/session.js";

const scopeShape = /^[!#-[\]-~]{1,256}$/;

/** Tells whether this is a scope (RFC 6749 §3.3): visible ASCII without `"` and `\`. */
export function isScope(scope: unknown): scope is string {
  return typeof scope === "string" && scopeShape.test(scope);
}

/**
 * Returns the permission that a caller lacks: one of the roles, or all of the scopes. Credentials without scopes, such as a
 * password, have none to show: a token whose issuer left them out must not pass for one that was granted them.
 */
export function lackOf(
  { identity: { roles = [] }, scopes = [] }: Pick<Caller, "identity" | "scopes">,
  asked: Pick<CallerRequirements, "roles" | "scopes">,
): "insufficient_scope" | "not_permitted" | undefined {
  if (asked.scopes?.every((scope) => scopes.includes(scope)) === false) return "insufficient_scope";
  if (asked.roles?.some((role) => roles.includes(role)) === false) return "not_permitted";
  return undefined;
}

/**
 * Checks the permissions that a route requires.
 *
 * @param where the factory, for the message
 * @throws {AuthError} `invalid_options` for an empty list, which could mean all callers or none, and for a scope that a
 *   challenge cannot hold
 */
export function requirePermission(
  where: string,
  { roles, scopes }: Pick<CallerRequirements, "roles" | "scopes">,
): void {
  if (roles?.every((role) => role !== "") === false || roles?.length === 0) {
    throw new AuthError("invalid_options", `${where}: roles must name at least one role; leave it out for any caller`);
  }
  if (scopes?.every(isScope) === false || scopes?.length === 0) {
    throw new AuthError(
      "invalid_options",
      `${where}: scopes must be a list of words of visible ASCII without " and \\ (RFC 6749 §3.3), with at least one; ` +
        "leave it out for any caller",
    );
  }
}
