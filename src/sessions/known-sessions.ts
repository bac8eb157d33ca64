import { ignoreFailure } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Allowed } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { GrantContent } from "../model/session.js";
import type { EndEvent, Watch } from "../model/store.js";
import { createRecentEnds, type RecentEnds } from "./recent-ends.js";

/**
 * What this node remembers of a session. It may only ever be used to accept; whatever it does not cover is asked of
 * the store and decided by the rule.
 */
export interface KnownSession<I extends Identity = Identity> {
  readonly ref: string;
  readonly subject: string;
  readonly actor: string | null;
  /** By whose leave the actor operates as the identity. */
  readonly grant: GrantContent | undefined;
  /** The answer for `token`, made once. */
  readonly allowed: Allowed<I>;
  /** Asks the store whether the session has ended, and ends it here if so. */
  readonly checkEnded: () => void;
  /** The verified token of the confirmed, current generation; empty while none is remembered. */
  token: string;
  /** Monotonic instant at which the token may be due, or a deadline near. */
  acceptUntil: number;
  /** Monotonic instant up to which no revocation can have been missed, feed or not. */
  freshUntil: number;
  endedReason: string | undefined;
  readonly onEnd: Set<(reason: string) => void>;
}

export interface KnownSessions<I extends Identity = Identity> {
  /** The answer for a remembered token, or `undefined`: then ask the store. */
  accept(token: string): Allowed<I> | undefined;
  find(ref: string): KnownSession<I> | undefined;
  add(known: KnownSession<I>): void;
  /** From now on `token` is answered from memory until `acceptUntil`. */
  remember(known: KnownSession<I>, token: string, acceptUntil: number, freshUntil: number): void;
  /** Ends it in this process: nothing is accepted from memory any more, and callbacks run. Was it known here? */
  end(ref: string, reason: string): boolean;
  /** One more with every end on any node: an answer that was under way meanwhile must not be remembered. */
  readonly epoch: number;
  /** Of sessions that nobody has claimed, too: those are not remembered. */
  readonly recentEnds: RecentEnds;
  close(): void;
}

export interface KnownSessionsOptions {
  readonly platform: Platform;
  /** How long an end on another node may go unnoticed here, in milliseconds. */
  readonly maxStalenessMs: number;
  /** How many sessions are remembered at most; the ones remembered longest go first. */
  readonly maxKnownSessions: number;
  readonly watch: (onEnd: (event: EndEvent) => void) => Watch;
}

/** Sessions with callbacks are never evicted; this many of them in a row, and the memory grows by one instead. */
const maxEvictionTries = 32;

/** The memory of one node: bounded, and emptied by the revocation feed. */
export function createKnownSessions<I extends Identity>(options: KnownSessionsOptions): KnownSessions<I> {
  const { platform, maxStalenessMs, maxKnownSessions } = options;
  const byToken = new Map<string, KnownSession<I>>();
  const byRef = new Map<string, KnownSession<I>>();
  const recentEnds = createRecentEnds();
  let epoch = 0;
  let closed = false;

  const feed = options.watch((event) => {
    epoch += 1;
    if (event.kind === "session") {
      end(event.ref, event.reason);
      return;
    }
    if (event.kind === "subject") recentEnds.note(event.subject);
    for (const known of byRef.values()) {
      if (event.kind === "subject" && known.subject !== event.subject && known.actor !== event.subject) continue;
      // It may have opened since, or not have ended at all: the store says, now for whoever waits, else when asked.
      forget(known);
      if (event.kind === "subject" || known.onEnd.size > 0) known.checkEnded();
    }
  });

  function forget(known: KnownSession<I>): void {
    if (byToken.get(known.token) === known) byToken.delete(known.token);
    known.token = "";
  }

  function end(ref: string, reason: string): boolean {
    epoch += 1;
    recentEnds.note(ref);
    const known = byRef.get(ref);
    if (known === undefined) return false;
    byRef.delete(ref);
    forget(known);
    known.endedReason = reason;
    for (const callback of known.onEnd) ignoreFailure(() => callback(reason));
    known.onEnd.clear();
    return true;
  }

  function evictOne(): void {
    let tries = maxEvictionTries;
    for (const [ref, known] of byRef) {
      byRef.delete(ref);
      if (known.onEnd.size === 0) {
        forget(known);
        return;
      }
      byRef.set(ref, known); // somebody waits for its end: it stays, as the youngest
      tries -= 1;
      if (tries === 0) return;
    }
  }

  return {
    recentEnds,
    get epoch() {
      return epoch;
    },
    accept(token) {
      const known = byToken.get(token);
      if (known === undefined) return undefined;
      const now = platform.monotonic();
      if (now >= known.acceptUntil) return undefined;
      if (now >= known.freshUntil && now - feed.aliveAt() >= maxStalenessMs) return undefined;
      return known.allowed;
    },
    find: (ref) => byRef.get(ref),
    add(known) {
      if (closed) return;
      if (byRef.size >= maxKnownSessions) evictOne();
      byRef.set(known.ref, known);
    },
    remember(known, token, acceptUntil, freshUntil) {
      if (known.token !== token) {
        forget(known);
        known.token = token;
        byToken.set(token, known);
      }
      known.acceptUntil = acceptUntil;
      known.freshUntil = freshUntil;
    },
    end,
    close() {
      closed = true;
      feed.stop();
      byToken.clear();
      byRef.clear();
    },
  };
}
