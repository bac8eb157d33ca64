import { AuthError } from "../base/errors.js";
import type { SessionOwner } from "../model/events.js";
import { freezeDeeply, type Identity, requireIdentityJson, toActorNames } from "../model/identity.js";
import type { SessionContent } from "../model/session.js";
import type { SessionRow } from "../model/store.js";
import { type KnownSession, setIdentity } from "./known-sessions.js";

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

/**
 * Returns the sessions from which this one began, nearest first. A row of an earlier version names the nearest one only,
 * and only if an actor who operated as another account began it.
 */
export function parentsOf({ parents, grant }: Pick<SessionContent, "parents" | "grant">): readonly string[] {
  if (parents !== undefined) return parents;
  return grant?.parent === undefined ? none : [grant.parent];
}

const none: readonly string[] = Object.freeze([]);

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

/** Makes what is remembered of a session that of its row: another process may have written another identity. */
export function readContent<I extends Identity>(session: KnownSession<I>, row: Pick<SessionRow, "identity">): void {
  if (session.content === row.identity) return;
  const { identity } = fromContentJson<I>(row.identity);
  session.content = row.identity;
  setIdentity(session, identity);
  session.identity = identity;
}

/** Returns the owner of a session, for events. */
export function toOwner({ ref, subject, actor, identity }: SessionRow): SessionOwner {
  // The row names the nearest actor only, and most sessions have none.
  return { ref, subject, ...(actor !== null && toActorNames(fromContentJson(identity).actor)) };
}
