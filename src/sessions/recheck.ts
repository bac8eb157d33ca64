import { type Awaitable, after } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import { requireWholeNumber } from "../base/whole-number.js";
import type { Handler } from "../handlers/handler.js";
import type { Emit } from "../model/events.js";
import type { Actor, Identity } from "../model/identity.js";
import { isSameIdentity } from "../model/same-identity.js";
import type { SessionContent } from "../model/session.js";
import type { SessionChange, SessionRow } from "../model/store.js";
import { type AskOwner, unknownNow } from "./ask-owner.js";
import { type KnownSession, setIdentity } from "./known-sessions.js";
import type { Sightings } from "./sightings.js";

/**
 * The answer of the handler that opened a session, asked again.
 * - `holds`: the session goes on. `write`: write that it was asked, and `identity`, where there is one.
 * - `gone`: the account, or what let the caller in, is gone. The session ends on every node.
 * - `refused`: this process cannot tell, and may not act for the others. Nothing is written.
 */
export type Rechecked =
  | {
      readonly kind: "holds";
      readonly write: boolean;
      readonly identity?: Identity | undefined;
      /** Monotonic instant until which a token may be accepted without asking again. */
      readonly until: number;
    }
  | { readonly kind: "gone"; readonly reason: "account gone" | "handler removed" }
  | { readonly kind: "refused"; readonly reason: "unavailable" | "no_handler" };

export interface RecheckParts<I extends Identity> extends RecheckTimes {
  readonly platform: Platform;
  /** Returns the handler of a scheme in lower case. */
  readonly handlerOf: (scheme: string) => Handler<I> | undefined;
  readonly askOwner: AskOwner<I>;
  readonly sightings: Sightings;
  readonly emit: Emit;
}

/**
 * Asks the handler that opened a session about its owner, where it is time: a token turns, the handler's `epoch` differs
 * from the one of the last answer, or `recheckMs` have passed since any node asked.
 *
 * @param now the store's clock at the reading of `row`
 * @param isTurn whether a token turns in any case
 */
export type Recheck<I extends Identity> = (
  session: KnownSession<I>,
  row: SessionRow,
  now: number,
  isTurn: boolean,
) => Awaitable<Rechecked>;

/** How often accounts are asked about, and how long a session goes on without an answer. */
export interface RecheckTimes {
  /** How often the owner of a session in use is asked about, in milliseconds. */
  readonly recheckMs: number;
  /** How long after the last answer a session goes on while its handler cannot tell, in milliseconds. */
  readonly recheckStaleMs: number;
}

/**
 * Checks the times of asking again, and fills in defaults: 5 min, and 1 h or `recheckMs`, whichever is longer.
 *
 * @throws {AuthError} `invalid_options`
 */
export function resolveRecheck(options: { readonly [Name in keyof RecheckTimes]?: number | undefined }): RecheckTimes {
  const recheckMs = requireWholeNumber("recheckMs", options.recheckMs ?? 300_000, 1_000);
  const { recheckStaleMs = Math.max(3_600_000, recheckMs) } = options;
  if (Number.isSafeInteger(recheckStaleMs) && recheckStaleMs < recheckMs) {
    const message = `recheckStaleMs (${recheckStaleMs}) must be at least recheckMs (${recheckMs}); lengthen recheckStaleMs`;
    throw new AuthError("invalid_options", message);
  }
  return { recheckMs, recheckStaleMs: requireWholeNumber("recheckStaleMs", recheckStaleMs, recheckMs) };
}

/** Whether a handler opens sessions about which it cannot be asked again: they outlive an account that was disabled. */
export const isNeverAsked = ({ opens, recheck }: Pick<Handler, "opens" | "recheck">): boolean =>
  opens === "session" && recheck === undefined;

/** How soon a handler that could not tell is asked again about a session, in milliseconds. */
const retryMs = 5_000;

export function createRecheck<I extends Identity>(parts: RecheckParts<I>): Recheck<I> {
  const { platform, handlerOf, askOwner, recheckMs, recheckStaleMs, sightings, emit } = parts;
  return function recheck(session, row, now, isTurn) {
    const { ref, scheme } = row;
    const handler = handlerOf(scheme);
    if (handler === undefined) {
      return sightings.has(ref) ? gone("handler removed") : refuse(session, scheme, "no_handler");
    }
    if (handler.recheck === undefined) return { kind: "holds", write: false, until: Number.POSITIVE_INFINITY };
    const epoch = handler.epoch?.();
    const isSameEpoch = epoch === undefined || session.epoch === epoch;
    const dueMs = row.recheckedAt + recheckMs * (1 - jitterOf(ref)) - now;
    const asked = platform.monotonic();
    if (isSameEpoch && (asked < session.askAgainAt || (!isTurn && dueMs > 0))) {
      return { kind: "holds", write: false, until: Math.max(session.askAgainAt, asked + dueMs) };
    }
    return after(askOwner(handler, { scheme, identity: ownerOf(session), via: session.via }), (answer): Rechecked => {
      if (answer === unknownNow) {
        emit({ kind: "recheck-failed", scheme }, undefined);
        // 0: a process of an earlier version opened the session, and nothing was asked yet.
        if (row.recheckedAt > 0 && now - row.recheckedAt >= recheckStaleMs)
          return { kind: "refused", reason: "unavailable" };
        session.askAgainAt = asked + retryMs;
        return { kind: "holds", write: false, until: session.askAgainAt };
      }
      if (answer === undefined) {
        return sightings.has(ref) ? gone("account gone") : refuse(session, scheme, "unavailable");
      }
      session.epoch = epoch;
      return judge(session, row, answer, dueMs <= 0 || isTurn);
    });
  };

  /** Compares an owner with the row. With an actor, the owner is the account that logged in, and the row names another. */
  function judge(session: KnownSession<I>, row: SessionRow, owner: I, isDue: boolean): Rechecked {
    const until = platform.monotonic() + recheckMs * (1 - jitterOf(row.ref));
    const holds = { kind: "holds", write: isDue, until } as const;
    const was = session.identity;
    const hasChanged = row.actor === null && !isSameIdentity(owner, was);
    const sawItChange = hasChanged && sightings.isLast(row.ref, was);
    if (hasChanged && !sawItChange) {
      // Another node may have written what is not here yet, or is here no more: here the caller is who this node knows.
      emit({ kind: "recheck-disagrees", ref: row.ref, subject: was.subject, scheme: row.scheme }, undefined);
      setIdentity(session, owner);
      return { ...holds, write: false };
    }
    sightings.note(row.ref, owner);
    // At once, and not with the row: should the store refuse the write, the caller is who this node knows all the same.
    setIdentity(session, sawItChange ? owner : was);
    return sawItChange ? { ...holds, identity: owner, write: true } : holds;
  }

  function refuse(
    session: KnownSession<I>,
    scheme: string,
    reason: "unavailable" | "no_handler",
  ): Extract<Rechecked, { kind: "refused" }> {
    emit({ kind: "recheck-disagrees", ref: session.ref, subject: session.subject, scheme }, undefined);
    return { kind: "refused", reason };
  }
}

/** Adds to a change of a row what a handler has said of the owner. */
export function withRecheck(
  { identity }: SessionRow,
  now: number,
  change: SessionChange | undefined,
  rechecked: Rechecked | undefined,
): SessionChange | undefined {
  if (rechecked?.kind === "gone") return { revokedAt: now, revokedReason: rechecked.reason };
  if (rechecked?.kind !== "holds" || !rechecked.write) return change;
  const isNew = rechecked.identity !== undefined;
  return { ...change, recheckedAt: now, ...(isNew && { identity: replaceIdentity(identity, rechecked.identity) }) };
}

function replaceIdentity(content: string, identity: Identity): string {
  return JSON.stringify({ ...(JSON.parse(content) as SessionContent), identity });
}

const gone = (reason: "account gone" | "handler removed") => ({ kind: "gone", reason }) as const;

/** The account that logged in: the actor furthest back, or the identity itself. */
function ownerOf<I extends Identity>({ identity, allowed }: KnownSession<I>): I {
  let actor: Actor | undefined = allowed.caller.actor;
  if (actor === undefined) return identity;
  while (actor.actor !== undefined) actor = actor.actor;
  // The actor is the identity with which they logged in, by the same handlers.
  return actor as unknown as I;
}

/** Returns up to a quarter, the same on every node, so that sessions that were asked about together are not due together. */
function jitterOf(ref: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < 6; index++) hash = Math.imul(hash ^ ref.charCodeAt(index), 0x01000193);
  return (hash >>> 0) / 2 ** 34;
}
