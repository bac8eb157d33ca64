import { type Awaitable, after, ignoreFailure } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { HandlerTable } from "../handlers/handler-table.js";
import type { Actor, Identity } from "../model/identity.js";
import type { Caller } from "../model/session.js";
import { type AskOwner, unknownNow } from "../sessions/ask-owner.js";
import type { KnownSessions } from "../sessions/known-sessions.js";
import type { LoadOpen } from "../sessions/load-open.js";
import type { SessionManager } from "../sessions/session-manager.js";

export interface HoldsParts<I extends Identity> {
  readonly platform: Platform;
  readonly table: HandlerTable<I>;
  readonly known: Pick<KnownSessions<I>, "find">;
  readonly loadOpen: LoadOpen;
  readonly remembered: SessionManager<I>["remembered"];
  readonly askOwner: AskOwner<I>;
  /** What let a caller without a session in, as the handler said. */
  readonly vias: WeakMap<Caller, string>;
  /** How often the account of a caller without a session is asked about, in milliseconds. */
  readonly recheckMs: number;
  /** How long after the last answer such a caller goes on while the handler cannot tell, in milliseconds. */
  readonly recheckStaleMs: number;
}

/** Ends what lives longer than a call, such as a stream, when what let its caller in is gone. */
export interface Holds {
  /**
   * Calls `end` once: when the session of the caller ends, or loses a role; for a caller without one when the credentials
   * expire, the account is ended, its handler says that it is gone or has lost a role, or could not tell for `recheckStaleMs`.
   *
   * @returns a function that ends the watch, and must be called when the stream is over
   */
  hold(caller: Caller, end: () => void): () => void;
  /**
   * The same for a caller of an engine that this one replaces. Calls `end` at once when no handler here lets
   * the caller in.
   *
   * @returns the caller as the handler knows them now; `undefined` after `end` was called. Rejects when the store cannot
   *   answer
   */
  takeOver(caller: Caller, end: () => void): Awaitable<TakenOver | undefined>;
  /** Asks about every held caller without a session of a scheme, whose handler knows something new. */
  check(scheme: string): void;
  /** Ends what callers of this account hold without a session. */
  endSubject(subject: string): void;
  close(): void;
}

export interface TakenOver {
  readonly caller: Caller;
  /** As what `hold` returns. */
  readonly forget: () => void;
}

interface Held {
  readonly caller: Caller;
  /** Monotonic instant from which the account is asked about again. */
  askAt: number;
  /** Monotonic instant of the last answer. */
  heardAt: number;
  end(): void;
  forget(): void;
}

/** Timers run this long at most: Node fires a longer one at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How soon a handler that could not tell is asked again, in milliseconds. */
const retryMs = 5_000;

/** How often held callers are looked through for those that are to be asked about, in milliseconds. */
const lookEveryMs = 1_000;

export function createHolds<I extends Identity>(parts: HoldsParts<I>): Holds {
  const { platform, table, known, loadOpen, remembered, askOwner, vias, recheckMs, recheckStaleMs } = parts;
  const held = new Set<Held>();
  let cancelLook = (): void => {};
  let looking = false;

  function look(): void {
    const now = platform.monotonic();
    for (const one of held) if (now >= one.askAt) void ask(one);
    looking = held.size > 0;
    if (looking) cancelLook = platform.delay(lookEveryMs, look);
  }

  /** @returns the account that logged in, as the handler knows it now */
  function ask(one: Held): Awaitable<Identity> {
    const askedAt = platform.monotonic();
    one.askAt = askedAt + recheckMs;
    const { scheme, identity, actor } = one.caller;
    // The account that logged in, by this handler.
    const owner = (actor === undefined ? identity : last(actor)) as I;
    const handler = table.get(scheme);
    if (handler?.recheck === undefined) return owner;
    return after(askOwner(handler, { scheme, identity: owner, via: vias.get(one.caller) }), (answer): Identity => {
      if (answer === unknownNow) {
        one.askAt = platform.monotonic() + retryMs;
        if (askedAt - one.heardAt >= recheckStaleMs) one.end();
        return owner;
      }
      one.heardAt = askedAt;
      const { roles = [] } = answer ?? {};
      if (answer === undefined || owner.roles?.some((role) => !roles.includes(role))) one.end();
      return answer ?? owner;
    });
  }

  function holdCredentials(caller: Caller, end: () => void): Held {
    let cancelExpiry = (): void => {};
    const one: Held = {
      caller,
      askAt: platform.monotonic() + recheckMs,
      heardAt: platform.monotonic(),
      end() {
        if (!held.has(one)) return;
        one.forget();
        ignoreFailure(end);
      },
      forget() {
        held.delete(one);
        cancelExpiry();
      },
    };
    function awaitExpiry(at: number): void {
      const leftMs = at - platform.now();
      if (leftMs <= 0) one.end();
      else cancelExpiry = platform.delay(Math.min(leftMs, longestTimerMs), () => awaitExpiry(at));
    }
    held.add(one);
    if (caller.expiresAt !== undefined) awaitExpiry(caller.expiresAt);
    if (!looking) {
      looking = true;
      cancelLook = platform.delay(lookEveryMs, look);
    }
    return one;
  }

  function hold(caller: Caller, end: () => void): () => void {
    const { session } = caller;
    if (session === undefined) return holdCredentials(caller, end).forget;
    const forgetEnd = session.onEnd(end);
    const { onLoss } = known.find(session.ref) ?? {};
    onLoss?.add(end);
    return () => {
      forgetEnd();
      onLoss?.delete(end);
    };
  }

  function takeOverCredentials(caller: Caller, end: () => void): Awaitable<TakenOver | undefined> {
    const one = holdCredentials(caller, end);
    if (table.get(caller.scheme) === undefined) one.end();
    return after(ask(one), (owner) => {
      if (!held.has(one)) return undefined;
      return { caller: caller.actor === undefined ? { ...caller, identity: owner } : caller, forget: one.forget };
    });
  }

  function takeOverSession(ref: string, end: () => void): Awaitable<TakenOver | undefined> {
    return after(loadOpen(ref), (reading) => {
      if (reading === undefined) {
        end();
        return undefined;
      }
      const session = remembered(reading.row);
      let isOver = false;
      const forget = hold(session.allowed.caller, () => {
        isOver = true;
        end();
      });
      return after(session.checkEnded(), (hasAnswered) => {
        if (isOver) return undefined;
        if (hasAnswered) return { caller: session.allowed.caller, forget };
        forget();
        throw new AuthError("unavailable", "the store cannot tell who the caller is now");
      });
    });
  }

  return {
    hold,
    takeOver: (caller, end) =>
      caller.session === undefined ? takeOverCredentials(caller, end) : takeOverSession(caller.session.ref, end),
    check(scheme) {
      for (const one of held) if (one.caller.scheme === scheme) void ask(one);
    },
    endSubject(subject) {
      for (const one of held) {
        const { identity, actor } = one.caller;
        if (identity.subject === subject || isIn(actor, subject)) one.end();
      }
    },
    close() {
      cancelLook();
      for (const one of held) held.delete(one);
    },
  };
}

function last(actor: Actor): Actor {
  return actor.actor === undefined ? actor : last(actor.actor);
}

function isIn(actor: Actor | undefined, subject: string): boolean {
  return actor !== undefined && (actor.subject === subject || isIn(actor.actor, subject));
}
