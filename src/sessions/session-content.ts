import { AuthError } from "../errors.js";
import { type Actor, freezeDeeply, type Identity, requireIdentityJson } from "../identity.js";
import type { Confirmation } from "./confirmation.js";

/** What a session knows of its log-in. Stores keep it as one text and never look inside. */
export interface SessionContent<I extends Identity = Identity> {
  readonly identity: I;
  readonly actor?: Actor | undefined;
  /** Authentication context class of the log-in (OpenID Connect `acr`). */
  readonly acr?: string | undefined;
  /** When the caller last proved who they are, milliseconds since 1970; `null`: nobody knows. Default: when it opened. */
  readonly authenticatedAt?: number | null | undefined;
  /** The session is bound: its token alone is not enough. */
  readonly cnf?: Confirmation | undefined;
  /** By whose leave the actor operates as the identity. Without one, a handler said so, and nobody asks again. */
  readonly grant?: GrantContent | undefined;
}

export interface GrantContent {
  readonly reason?: string | undefined;
  /** The session of an actor who was operating as somebody already: this one lives no longer than that. */
  readonly parent?: string | undefined;
}

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
