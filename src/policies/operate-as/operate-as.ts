import { type Awaitable, adopt, after, withinTime } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { Emit } from "../../model/events.js";
import { type Actor, type Identity, isSubject, requireSubject, toActorNames } from "../../model/identity.js";
import type { OperateAsWish, WouldBeActor } from "../../model/log-in.js";
import type { RequestOrigin } from "../../model/request.js";
import type { GrantContent, SessionContent } from "../../model/session.js";
import type { StillOperating } from "../../sessions/grant-check.js";

/**
 * Who may act as whom. `operateAs({ rules, identify })` makes one of rules; write your own where a database decides.
 *
 * It is asked when an actor begins, and again with every reading of such a session from the store (every `maxStalenessMs`
 * at most while it is in use): what it no longer grants ends at once.
 */
export interface OperateAsPolicy<I extends Identity = Identity> {
  /** The account of this name, or nothing when there is none or it is disabled. Its rights are the ones that count. */
  identify(subject: string): Awaitable<I | null | undefined | false>;
  /** Nothing: not allowed. */
  grant(request: OperateAsRequest<I>): Awaitable<Grant | null | undefined | false>;
}

/** What an actor asks for. */
export interface OperateAsRequest<I extends Identity = Identity> {
  /** Who asks; `actor.actor` when they operate as somebody already. */
  readonly actor: Actor;
  readonly target: I;
  /** Why, in the actor's words: 1 to 256 characters. */
  readonly reason?: string | undefined;
  /** The service, when it is for one ticket. */
  readonly service?: string | undefined;
}

/** What a policy allows. */
export interface Grant {
  /** How long, in milliseconds. Default: as long as any session. */
  readonly maxMs?: number | undefined;
  /** Also for an actor who operates as somebody already. Default: `false`. */
  readonly nested?: boolean | undefined;
}

/** The actor and the account that they may operate as. */
export interface Operating<I extends Identity> {
  readonly identity: I;
  readonly actor: Actor;
  readonly grant: GrantContent;
  /** Milliseconds from now. */
  readonly maxMs: number;
}

export interface OperateAs<I extends Identity> {
  /** `undefined`: refused, for whatever reason: nobody of that name, or not for this actor. Rejects when it cannot tell. */
  begin(
    who: WouldBeActor,
    wish: OperateAsWish,
    service?: string,
    source?: RequestOrigin,
  ): Awaitable<Operating<I> | undefined>;
  /**
   * Whether what a grant allowed may go on.
   *
   * @param service for whose tickets alone it was granted
   */
  mayGoOn(operating: StillOperating, service?: string): Awaitable<boolean>;
  /** Whether the session of this ref is there, not over, and may go on if a grant opened it. */
  isLive(ref: string): Awaitable<boolean>;
}

export interface OperateAsParts<I extends Identity> {
  readonly platform: Platform;
  readonly policy: OperateAsPolicy<I> | undefined;
  readonly timeoutMs: number;
  /** What the session of this ref knows of its log-in; `undefined` when it is over. */
  readonly loadContent: (ref: string) => Awaitable<SessionContent | undefined>;
  readonly emit: Emit;
}

const reasonShape = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** Each call of a nested session asks about all of them. */
const maxActors = 4;

function lengthOf(actor: Actor): number {
  return 1 + (actor.actor === undefined ? 0 : lengthOf(actor.actor));
}

/** Asks the policy, in bounded time. Without one nobody operates as anybody. */
export function createOperateAs<I extends Identity>(options: OperateAsParts<I>): OperateAs<I> {
  const { platform, policy, timeoutMs, loadContent, emit } = options;
  const bounded = <T>(answer: Awaitable<T>): Awaitable<T> => withinTime(adopt(answer), platform, timeoutMs);

  function ask(actor: Actor, subject: string, reason?: string, service?: string) {
    return after(policy === undefined ? undefined : bounded(policy.identify(subject)), (target) => {
      if (policy === undefined || !target) return undefined;
      requireSubject(target);
      return after(bounded(policy.grant({ actor, target, reason, service })), (grant) => {
        // Never nested unless said: a policy that looks at `actor.subject` alone must not widen what a borrowed name may do.
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

  /** A grant that is gone ends what was begun by it also while nobody presents that session's own token. */
  function isLive(ref: string): Awaitable<boolean> {
    return after(loadContent(ref), (content) => {
      if (content?.grant === undefined) return content !== undefined;
      return mayGoOn({ ...content, grant: content.grant });
    });
  }

  return {
    begin(who, { subject, reason, maxMs = Number.POSITIVE_INFINITY }, service, source) {
      const actor: Actor = who.actor === undefined ? who.identity : { ...who.identity, actor: who.actor };
      const parent = who.actor === undefined ? undefined : who.session?.ref;
      const refuse = (target?: string): undefined =>
        void emit(
          { kind: "operate-as-refused", ...toActorNames(actor), actor: actor.subject, subject: target },
          source,
        );
      // Without a session to watch, nobody would notice that the first actor's log-in is over.
      const isOrphan = who.actor !== undefined && parent === undefined;
      if (isOrphan || lengthOf(actor) > maxActors) return refuse();
      if (!isSubject(subject) || (reason !== undefined && !reasonShape.test(reason))) return refuse();
      return after(ask(actor, subject, reason, service), (answer) => {
        const limit = Math.floor(Math.min(maxMs, answer?.granted?.maxMs ?? Number.POSITIVE_INFINITY));
        // A limit that is no number must not be taken for none.
        if (answer?.granted === undefined || !(limit >= 1)) return refuse(answer?.target.subject);
        return { identity: answer.target, actor, grant: { reason, parent }, maxMs: limit };
      });
    },
    mayGoOn,
    isLive,
  };
}

/** @throws {AuthError} `invalid_options` for something that is no policy */
export function requireOperateAs<P extends OperateAsPolicy>(policy: P | undefined): P | undefined {
  const isPolicy = typeof policy?.identify === "function" && typeof policy.grant === "function";
  if (policy === undefined || isPolicy) return policy;
  throw new AuthError("invalid_options", "operateAs must be a policy: operateAs({ rules: [...], identify })");
}
