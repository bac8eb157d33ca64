import { type Awaitable, adopt, after, rescue, withinTime } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import { clockToleranceMs } from "../../credentials/step-up.js";
import type { Emit } from "../../model/events.js";
import { toFrozen } from "../../model/frozen-copy.js";
import { type Actor, type Identity, isSubject, requireSubject, toActor, toActorNames } from "../../model/identity.js";
import type { OperateAsWish, WouldBeActor } from "../../model/log-in.js";
import type { RequestOrigin } from "../../model/request.js";
import { isSameIdentity } from "../../model/same-identity.js";
import type { ActorCredentials, GrantContent, SessionContent } from "../../model/session.js";
import type { SessionRow } from "../../model/store.js";
import type { GrantState, StillOperating } from "../../sessions/grant-check.js";
import type { LoadOpen } from "../../sessions/load-open.js";
import { fromContentJson, parentsOf } from "../../sessions/session-content.js";
import type { OperateAsPolicy } from "./policy.js";

/** The actor and the account that they may operate as. */
export interface Operating<I extends Identity> {
  readonly identity: I;
  readonly actor: Actor;
  readonly grant: GrantContent;
  /** How long it may last, in milliseconds from now. */
  readonly maxMs: number;
  /** The session does not end with the one from which the actor begins it. */
  readonly detached: boolean;
}

/** A session that is not over, nor any from which it began, nor a grant of one of them. */
export interface LiveSession<I extends Identity> {
  readonly row: SessionRow;
  /** The store's clock when the row was read, in milliseconds. */
  readonly now: number;
  readonly content: SessionContent<I>;
  /** Its ref, and those of the sessions from which it began, nearest first. */
  readonly line: readonly string[];
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
   * Whether the grant of a session or ticket still holds, for the account as it was then.
   *
   * @param service the service for whose tickets alone it was granted
   */
  mayGoOn(operating: StillOperating, service?: string): Awaitable<GrantState>;
  /**
   * Loads a session from the store, and those from which it began: the end of any of them must end it, even while no
   * caller presents a token of that one. `undefined` when one of them is over, or no longer granted.
   */
  loadLive(ref: string): Awaitable<LiveSession<I> | undefined>;
}

export interface OperateAsParts<I extends Identity> {
  readonly platform: Platform;
  readonly policy: OperateAsPolicy<I> | undefined;
  readonly timeoutMs: number;
  readonly loadOpen: LoadOpen;
  readonly emit: Emit;
}

const reasonShape = /^[^\p{Cc}\p{Surrogate}]{1,256}$/u;

/** The longest chain of actors. Each call of a nested session checks all of them. */
const maxActors = 4;

/** The credentials of a grant of an earlier version, which did not keep them. */
const unknownCredentials: ActorCredentials = Object.freeze({});

function lengthOf(actor: Actor): number {
  return 1 + (actor.actor === undefined ? 0 : lengthOf(actor.actor));
}

/** Makes the part of the engine that asks the policy, in bounded time. Without a policy every operate-as is refused. */
export function createOperateAs<I extends Identity>(options: OperateAsParts<I>): OperateAs<I> {
  const { platform, policy, timeoutMs, loadOpen, emit } = options;
  /** Asks the policy in bounded time. What it throws is reported, and means that it cannot be decided now. */
  const bounded = <T>(name: string, call: () => Awaitable<T>): Awaitable<T> =>
    rescue(
      () => withinTime(adopt(call()), platform, timeoutMs),
      (error) => {
        emit({ kind: "callback-failed", callback: `operateAs.${name}`, error });
        throw error;
      },
    );

  function ask(actor: Actor, subject: string, grant: GrantContent, service?: string) {
    return after(policy === undefined ? undefined : bounded("identify", () => policy.identify(subject)), (found) => {
      if (policy === undefined || !found) return undefined;
      requireSubject(found);
      const target = toFrozen(found);
      const { reason, by = unknownCredentials } = grant;
      return after(
        bounded("grant", () => policy.grant({ ...by, actor, target, reason, service })),
        (granted) => {
          if (!granted) return { target, granted: undefined };
          // Only if the grant says so: a policy that checks `actor.subject` alone must not give more rights to an actor
          // that operates as that subject, nor to a key that has few of that subject's rights.
          const isNested = actor.actor !== undefined && granted.nested !== true;
          const isScoped = by.scopes !== undefined && granted.scoped !== true;
          return { target, granted: isNested || isScoped ? undefined : granted };
        },
      );
    });
  }

  function mayGoOn({ identity, actor, grant }: StillOperating, service?: string): Awaitable<GrantState> {
    if (actor === undefined) return "ended";
    return after(ask(actor, identity.subject, grant, service), (answer) => {
      if (answer?.granted === undefined || answer.target.subject !== identity.subject) return "ended";
      return isSameIdentity(answer.target, identity) ? "holds" : "changed";
    });
  }

  function loadLive(ref: string): Awaitable<LiveSession<I> | undefined> {
    return after(loadOpen(ref), (found): Awaitable<LiveSession<I> | undefined> => {
      if (found === undefined) return undefined;
      const { row, now } = found;
      const content = fromContentJson<I>(row.identity);
      const { grant } = content;
      return after(grant === undefined ? "holds" : mayGoOn({ ...content, grant }), (state) => {
        const [parent] = parentsOf(content);
        if (state !== "holds") return undefined;
        if (parent === undefined) return { row, now, content, line: [ref] };
        return after(loadLive(parent), (above) => above && { row, now, content, line: [ref, ...above.line] });
      });
    });
  }

  function credentialsOf({ scheme, acr, provedAt, scopes }: WouldBeActor): ActorCredentials {
    const ageMs = provedAt === "now" ? 0 : provedAt === "unknown" ? undefined : platform.now() - provedAt;
    // A proof from further ahead than clocks differ is one of unknown age, as for a step-up.
    return { scheme, acr, ageMs: ageMs === undefined || ageMs < -clockToleranceMs ? undefined : ageMs, scopes };
  }

  return {
    begin(who, { subject, reason, maxMs = Number.POSITIVE_INFINITY }, service, source) {
      const actor = toActor(who.identity, who.actor);
      const refuse = (target?: string): undefined =>
        void emit(
          { kind: "operate-as-refused", ...toActorNames(actor), actor: actor.subject, subject: target },
          source,
        );
      // Without a parent session, the end of the first actor's log-in would not be noticed.
      const isOrphan = who.actor !== undefined && who.session === undefined;
      if (isOrphan || lengthOf(actor) > maxActors) return refuse();
      if (!isSubject(subject) || (reason !== undefined && !reasonShape.test(reason))) return refuse();
      const grant: GrantContent = { reason, by: credentialsOf(who) };
      return after(ask(actor, subject, grant, service), (answer) => {
        const limit = Math.floor(Math.min(maxMs, answer?.granted?.maxMs ?? Number.POSITIVE_INFINITY));
        // `NaN` must not count as no limit.
        if (answer?.granted === undefined || !(limit >= 1)) return refuse(answer?.target.subject);
        const detached = answer.granted.detached === true && who.actor === undefined;
        const kept: GrantContent = detached ? { ...grant, detached } : grant;
        return { identity: answer.target, actor, grant: kept, maxMs: limit, detached };
      });
    },
    mayGoOn,
    loadLive,
  };
}
