import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Actor, Identity } from "../../model/identity.js";
import type { ActorCredentials } from "../../model/session.js";

/**
 * Decides which actor may operate as which account. `operateAsRules({ rules, identify })` makes a policy of rules; write
 * your own if a database decides.
 *
 * The engine asks it when an actor begins, and again whenever it reads such a session from the store (at most every
 * `maxStalenessMs` while the session is in use). A session that is no longer granted ends at once; so does one whose
 * account is not as it was, since its rights would be those of an earlier day.
 */
export interface OperateAsPolicy<I extends Identity = Identity> {
  /**
   * Returns the account of this name; `null`, `undefined` or `false` when there is none or it is disabled. The session
   * has the rights of this account. Leave out what changes by itself, such as the time of the last log-in: a session ends
   * when its account is not as it was (the order of roles does not count).
   */
  identify(subject: string): Awaitable<I | null | undefined | false>;
  /** Returns the grant; `null`, `undefined` or `false` refuses. */
  grant(request: OperateAsRequest<I>): Awaitable<Grant | null | undefined | false>;
}

/** The request of an actor to operate as an account, and the credentials by which they ask. */
export interface OperateAsRequest<I extends Identity = Identity> extends ActorCredentials {
  /** The account that asks. It has `actor.actor` if it already operates as another account. */
  readonly actor: Actor;
  readonly target: I;
  /** The actor's reason: 1 to 256 characters. */
  readonly reason?: string | undefined;
  /** The service, when the grant is for one ticket. */
  readonly service?: string | undefined;
}

/** A policy's permission to operate as an account. */
export interface Grant {
  /** How long, in milliseconds. Default: as long as any other session. */
  readonly maxMs?: number | undefined;
  /**
   * Also allow an actor that already operates as another account. Default: `false`, since rights that were lent should
   * not be lent on.
   */
  readonly nested?: boolean | undefined;
  /**
   * Also allow credentials with scopes, which do not stand for the whole account of the actor. Default: `false`, since a
   * key for one task should not become another account.
   */
  readonly scoped?: boolean | undefined;
  /**
   * The session goes on when the one from which the actor began it ends, by log-out, theft or otherwise. Default:
   * `false`. A nested session is never detached.
   */
  readonly detached?: boolean | undefined;
}

/**
 * Checks that `policy` is a policy, and returns it.
 *
 * @throws {AuthError} `invalid_options` when it is not
 */
export function requireOperateAs<P extends OperateAsPolicy>(policy: P | undefined): P | undefined {
  const isPolicy = typeof policy?.identify === "function" && typeof policy.grant === "function";
  if (policy === undefined || isPolicy) return policy;
  throw new AuthError("invalid_options", "operateAs must be a policy: operateAsRules({ rules: [...], identify })");
}
