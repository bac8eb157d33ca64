import { AuthError } from "../base/errors.js";
import { freezeDeeply, type Identity, requireIdentityJson } from "../model/identity.js";
import type { SessionContent } from "../model/session.js";

/**
 * The content as text, checked.
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

/** When the caller last proved who they are, milliseconds since 1970; `undefined` when nobody knows. */
export function toAuthenticatedAt({ authenticatedAt }: SessionContent, createdAt: number): number | undefined {
  return authenticatedAt === undefined ? createdAt : (authenticatedAt ?? undefined);
}

/** It is echoed in challenges, where RFC 9470 §3 separates values by spaces. */
const acrShape = /^[!#-[\]-~]{1,128}$/;

/** Deeply frozen: one request cannot change what the next one sees. */
export function fromContentJson<I extends Identity>(json: string): SessionContent<I> {
  return freezeDeeply(JSON.parse(json)) as SessionContent<I>;
}
