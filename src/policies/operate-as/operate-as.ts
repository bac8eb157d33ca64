import { type Awaitable, adopt, after, withinTime } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { Emit } from "../../model/events.js";
import { type Actor, type Identity, isSubject, requireSubject, toActor, toActorNames } from "../../model/identity.js";
import type { OperateAsWish, WouldBeActor } from "../../model/log-in.js";
import type { RequestOrigin } from "../../model/request.js";
import type { GrantContent, SessionContent } from "../../model/session.js";
import type { StillOperating } from "../../sessions/grant-check.js";

/**
 * Decides which actor may operate as which account. `operateAsRules({ rules, identify })` makes a policy of rules; write
 * your own if a database decides.
 *
 * The engine asks it when an actor begins, and again whenever it reads such a session from the store (at most every
 * `maxStalenessMs` while the session is in use). A session that is no longer granted ends at once.
 */
export interface OperateAsPolicy<I extends Identity = Identity> {
  /**
   * Returns the account of this name; `null`, `undefined` or `false` when there is none or it is disabled. The session
   * has the rights of this account.
   */
  identify(subject: string): Awaitable<I | null | undefined | false>;
  /** Returns the grant; `null`, `undefined` or `false` refuses. */
  grant(request: OperateAsRequest<I>): Awaitable<Grant | null | undefined | false>;
}

/** The request of an actor to operate as an account. */
export interface OperateAsRequest<I extends Identity = Identity> {
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
}

/** The actor and the account that they may operate as. */
export interface Operating<I extends Identity> {
  readonly identity: I;
  readonly actor: Actor;
  readonly grant: GrantContent;
  /** How long it may last, in milliseconds from now. */
  readonly maxMs: number;
}

export interface OperateAs<I extends Identity> {
  /**
   * Asks the policy whether an actor may operate as an account. `undefined`: refused, either because there is no such
   * account or because this actor may not use it. Rejects when it cannot be decided now.
   */
  begin(
    who: WouldBeActor,
    wish: OperateAsWish,
    service?: string,
    source?: RequestOrigin,
  ): Awaitable<Operating<I> | undefined>;
  /**
   * Whether the grant of a session or ticket still holds.
   *
   * @param service the service for whose tickets alone it was granted
   */
  mayGoOn(operating: StillOperating, service?: string): Awaitable<boolean>;
  /** Whether the session of this ref exists, is not over and, if a grant opened it, is still granted. */
  isLive(ref: string): Awaitable<boolean>;
}

export interface OperateAsParts<I extends Identity> {
  readonly platform: Platform;
  readonly policy: OperateAsPolicy<I> | undefined;
  readonly timeoutMs: number;
  /** Loads the content of the session of this ref; `undefined` when the session is over. */
  readonly loadContent: (ref: string) => Awaitable<SessionContent | undefined>;
  readonly emit: Emit;
}

const reasonShape = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** The longest chain of actors. Each call of a nested session checks all of them. */
const maxActors = 4;

function lengthOf(actor: Actor): number {
  return 1 + (actor.actor === undefined ? 0 : lengthOf(actor.actor));
}

/** Makes the part of the engine that asks the policy, in bounded time. Without a policy every operate-as is refused. */
export function createOperateAs<I extends Identity>(options: OperateAsParts<I>): OperateAs<I> {
  const { platform, policy, timeoutMs, loadContent, emit } = options;
  const bounded = <T>(answer: Awaitable<T>): Awaitable<T> => withinTime(adopt(answer), platform, timeoutMs);

  function ask(actor: Actor, subject: string, reason?: string, service?: string) {
    return after(policy === undefined ? undefined : bounded(policy.identify(subject)), (target) => {
      if (policy === undefined || !target) return undefined;
      requireSubject(target);
      return after(bounded(policy.grant({ actor, target, reason, service })), (grant) => {
        // Nested only if the grant says so: a policy that checks `actor.subject` alone must not give more rights to an
        // actor that operates as that subject.
        if (!grant || (actor.actor !== undefined && grant.nested !== true)) return { target, granted: undefined };
        return { target, granted: grant };
      });
    });
  }

  function mayGoOn({ identity, actor, grant }: StillOperating, service?: string): Awaitable<boolean> {
    if (actor === undefined) return false;
    return after(ask(actor, identity.subject, grant.reason, service), (answer) => {
      if (answer?.granted === undefined || answer.target.subject !== identity.subject) return false;
      return grant.parent === undefined || isLive(grant.parent);
    });
  }

  /**
   * Checks the grant of a parent session again, since its end must end nested sessions even while the parent's own
   * token is not presented.
   */
  function isLive(ref: string): Awaitable<boolean> {
    return after(loadContent(ref), (content) => {
      if (content?.grant === undefined) return content !== undefined;
      return mayGoOn({ ...content, grant: content.grant });
    });
  }

  return {
    begin(who, { subject, reason, maxMs = Number.POSITIVE_INFINITY }, service, source) {
      const actor = toActor(who.identity, who.actor);
      const parent = who.actor === undefined ? undefined : who.session?.ref;
      const refuse = (target?: string): undefined =>
        void emit(
          { kind: "operate-as-refused", ...toActorNames(actor), actor: actor.subject, subject: target },
          source,
        );
      // Without a parent session, the end of the first actor's log-in would not be noticed.
      const isOrphan = who.actor !== undefined && parent === undefined;
      if (isOrphan || lengthOf(actor) > maxActors) return refuse();
      if (!isSubject(subject) || (reason !== undefined && !reasonShape.test(reason))) return refuse();
      return after(ask(actor, subject, reason, service), (answer) => {
        const limit = Math.floor(Math.min(maxMs, answer?.granted?.maxMs ?? Number.POSITIVE_INFINITY));
        // `NaN` must not count as no limit.
        if (answer?.granted === undefined || !(limit >= 1)) return refuse(answer?.target.subject);
        return { identity: answer.target, actor, grant: { reason, parent }, maxMs: limit };
      });
    },
    mayGoOn,
    isLive,
  };
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
