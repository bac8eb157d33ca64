import { AuthError } from "../base/errors.js";
import { freezeDeeply, type Identity, requireIdentityJson } from "../model/identity.js";
import type { SessionContent } from "../model/session.js";

/**
 * Checks the content of a session and returns it as JSON text.
 *
 * @throws {AuthError} `invalid_identity`
 */
export function toContentJson(content: SessionContent): string {
  const { identity, actor, acr } = content;
  requireIdentityJson(identity);
  if (actor !== undefined) requireIdentityJson(actor);
  if (acr !== undefined && !acrShape.test(acr)) {
    throw new AuthError("invalid_identity", "acr must be 1 to 128 characters of visible ASCII without quotes");
  }
  return JSON.stringify(content);
}

/** Returns when the caller last proved who they are, milliseconds since 1970; `undefined`: unknown. */
export function toAuthenticatedAt({ authenticatedAt }: SessionContent, createdAt: number): number | undefined {
  if (authenticatedAt === undefined) return createdAt;
  return authenticatedAt === null ? undefined : Math.floor(authenticatedAt);
}

/** The form of an `acr`: it is echoed in challenges, where RFC 9470 §3 separates values by spaces. */
const acrShape = /^[!#-[\]-~]{1,128}$/;

/** Returns the content of a session, deeply frozen, so that one request cannot change what the next one sees. */
export function fromContentJson<I extends Identity>(json: string): SessionContent<I> {
  return freezeDeeply(JSON.parse(json)) as SessionContent<I>;
}
