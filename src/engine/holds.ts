import { after, ignoreFailure } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { HandlerTable } from "../handlers/handler-table.js";
import type { Actor, Identity } from "../model/identity.js";
import type { Caller } from "../model/session.js";
import { type AskOwner, unknownNow } from "../sessions/ask-owner.js";
import type { KnownSessions } from "../sessions/known-sessions.js";

export interface HoldsParts<I extends Identity> {
  readonly platform: Platform;
  readonly table: HandlerTable<I>;
  readonly known: Pick<KnownSessions<I>, "find">;
  readonly askOwner: AskOwner<I>;
  /** What let a caller without a session in, as the handler said. */
  readonly vias: WeakMap<Caller, string>;
  /** How often the account of a caller without a session is asked about, in milliseconds. */
  readonly recheckMs: number;
}

/** Ends what lives longer than a call, such as a stream, when what let its caller in is gone. */
export interface Holds {
  /**
   * Calls `end` once: when the session of the caller ends, or loses a role; for a caller without one when the credentials
   * expire, the account is ended, or its handler says that it is gone or has lost a role.
   *
   * @returns a function that ends the watch, and must be called when the stream is over
   */
  hold(caller: Caller, end: () => void): () => void;
  /** Asks about every held caller without a session of a scheme, whose handler knows something new. */
  check(scheme: string): void;
  /** Ends what callers of this account hold without a session. */
  endSubject(subject: string): void;
  close(): void;
}

interface Held {
  readonly caller: Caller;
  /** Monotonic instant from which the account is asked about again. */
  askAt: number;
  end(): void;
}

/** Timers run this long at most: Node fires a longer one at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How often held callers are looked through for those that are to be asked about, in milliseconds. */
const lookEveryMs = 1_000;

export function createHolds<I extends Identity>(parts: HoldsParts<I>): Holds {
  const { platform, table, known, askOwner, vias, recheckMs } = parts;
  const held = new Set<Held>();
  let cancelLook = (): void => {};
  let looking = false;

  function look(): void {
    const now = platform.monotonic();
    for (const one of held) if (now >= one.askAt) ask(one);
    looking = held.size > 0;
    if (looking) cancelLook = platform.delay(lookEveryMs, look);
  }

  function ask(one: Held): void {
    one.askAt = platform.monotonic() + recheckMs;
    const { scheme, identity, actor } = one.caller;
    const handler = table.get(scheme);
    if (handler?.recheck === undefined) return;
    // The account that logged in, by this handler.
    const owner = (actor === undefined ? identity : last(actor)) as I;
    void after(askOwner(handler, { scheme, identity: owner, via: vias.get(one.caller) }), (answer) => {
      if (answer === unknownNow) return;
      const { roles = [] } = answer ?? {};
      if (answer === undefined || owner.roles?.some((role) => !roles.includes(role))) one.end();
    });
  }

  function holdCredentials(caller: Caller, end: () => void): () => void {
    let cancelExpiry = (): void => {};
    const one: Held = {
      caller,
      askAt: platform.monotonic() + recheckMs,
      end() {
        if (!held.has(one)) return;
        forget();
        ignoreFailure(end);
      },
    };
    function forget(): void {
      held.delete(one);
      cancelExpiry();
    }
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
    return forget;
  }

  return {
    hold(caller, end) {
      const { session } = caller;
      if (session === undefined) return holdCredentials(caller, end);
      const forgetEnd = session.onEnd(end);
      const { onLoss } = known.find(session.ref) ?? {};
      onLoss?.add(end);
      return () => {
        forgetEnd();
        onLoss?.delete(end);
      };
    },
    check(scheme) {
      for (const one of held) if (one.caller.scheme === scheme) ask(one);
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
