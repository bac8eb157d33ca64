import { type Awaitable, ignoreFailure } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { Allowed } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { GrantContent } from "../model/session.js";
import type { EndEvent, Watch } from "../model/store.js";
import { createChildIndex } from "./child-index.js";
import { createRecentEnds, type RecentEnds } from "./recent-ends.js";

/**
 * What this node remembers of a session. It is used only to accept a token; any other token is decided by the rotation
 * rule on a row that the store returns.
 */
export interface KnownSession<I extends Identity = Identity> {
  readonly ref: string;
  /** From a token that was accepted here: no row has it. `undefined`: none was yet. */
  sessionId: Uint8Array | undefined;
  readonly subject: string;
  readonly actor: string | null;
  /** `identity` of the row, and the identity in it. That of `allowed` may be newer: see `Rechecked`. */
  content: string;
  identity: I;
  /** What let the caller in, as the handler said. */
  readonly via: string | undefined;
  /** The handler's `epoch` when it was last asked about the owner; `undefined`: not yet by this process. */
  epoch: number | undefined;
  /** Returns the handler's `epoch` now. `undefined`: the handler has none. */
  readonly currentEpoch: (() => number) | undefined;
  /** Monotonic instant until which a handler that could not tell is not asked again. */
  askAgainAt: number;
  /** The grant by which the actor operates as the identity. */
  readonly grant: GrantContent | undefined;
  /** The refs of the sessions from which it began, nearest first. */
  readonly parents: readonly string[];
  /** The decision for `token`, made once, and again when a handler says that the owner has other roles. */
  allowed: Allowed<I>;
  /** Asks the store whether the session has ended, and ends it here if so. Returns whether the store has answered. */
  readonly checkEnded: () => Awaitable<boolean>;
  /** The verified token of the confirmed, current generation; empty while none is remembered. */
  token: string;
  /** Monotonic instant from which the token may be due for rotation, or a deadline near. */
  acceptUntil: number;
  /** Monotonic instant up to which no revocation can have been missed, even if the feed is silent. */
  freshUntil: number;
  endedReason: string | undefined;
  readonly onEnd: Set<(reason: string) => void>;
  /** Ends the streams that this process would not begin now, while the session goes on. */
  readonly onLoss: Set<(reason: string) => void>;
}

/** Ends the streams of a session that this process would not begin now: their caller has lost a role, or is refused. */
export function loseHolds({ onLoss }: KnownSession, reason: string): void {
  const callbacks = [...onLoss];
  onLoss.clear();
  for (const callback of callbacks) ignoreFailure(() => callback(reason));
}

/** Makes the decision for a session that for a caller with this identity. */
export function setIdentity<I extends Identity>(session: KnownSession<I>, identity: I): void {
  const { allowed } = session;
  if (allowed.caller.identity === identity) return;
  const { roles = [] } = identity;
  const hasLost = allowed.caller.identity.roles?.some((role) => !roles.includes(role)) ?? false;
  session.allowed = Object.freeze({ kind: "allowed", caller: Object.freeze({ ...allowed.caller, identity }) });
  if (hasLost) loseHolds(session, "role lost");
}

export interface KnownSessions<I extends Identity = Identity> {
  /** Returns the decision for a remembered token, or `undefined`: then ask the store. */
  accept(token: string): Allowed<I> | undefined;
  find(ref: string): KnownSession<I> | undefined;
  add(known: KnownSession<I>): void;
  /** Remembers a token, which is then accepted from memory until `acceptUntil`. */
  remember(known: KnownSession<I>, token: string, acceptUntil: number, freshUntil: number): void;
  /**
   * Ends a session in this process: its token is no longer accepted from memory, and callbacks run.
   *
   * @returns whether the session was known here
   */
  end(ref: string, reason: string): boolean;
  /** Checks the sessions whose end a callback awaits: a handler may say of their owners what it did not say before. */
  checkAwaited(): void;
  /** One more with every end on any node: a decision that was under way meanwhile must not be remembered. */
  readonly epoch: number;
  /** The recent ends, also of unclaimed sessions, which are not remembered. */
  readonly recentEnds: RecentEnds;
  close(): void;
}

/** Whether more than its own row decides on a session: a grant, or the sessions from which it began. */
export function isDerived({ grant, parents }: Pick<KnownSession, "grant" | "parents">): boolean {
  return grant !== undefined || parents.length > 0;
}

export interface KnownSessionsOptions {
  readonly platform: Platform;
  /** How long an end on another node may go unnoticed here, in milliseconds. */
  readonly maxStalenessMs: number;
  /** The most sessions that are remembered; beyond it the ones remembered longest are forgotten. */
  readonly maxKnownSessions: number;
  readonly watch: (onEnd: (event: EndEvent) => void) => Watch;
}

/** The reason for which a session ends that began from one that has ended. */
export const parentEnded = "parent ended";

/** Whether the end of a subject ends a session: as identity, as actor, or as an actor further back. */
function concerns({ subject, actor: nearest, allowed }: KnownSession, ended: string): boolean {
  if (subject === ended || nearest === ended) return true;
  for (let actor = allowed.caller.actor?.actor; actor !== undefined; actor = actor.actor) {
    if (actor.subject === ended) return true;
  }
  return false;
}

/**
 * The most sessions that one eviction tries. Those with callbacks stay; after this many the memory grows by one
 * instead.
 */
const maxEvictionTries = 32;

/** Makes the memory of one node. It is bounded, and the revocation feed removes ended sessions from it. */
export function createKnownSessions<I extends Identity>(options: KnownSessionsOptions): KnownSessions<I> {
  const { platform, maxStalenessMs, maxKnownSessions } = options;
  const byToken = new Map<string, KnownSession<I>>();
  const byRef = new Map<string, KnownSession<I>>();
  const children = createChildIndex<KnownSession<I>>();
  const recentEnds = createRecentEnds();
  let epoch = 0;
  let closed = false;

  const feed = options.watch((event) => {
    epoch += 1;
    if (event.kind === "session") {
      end(event.ref, event.reason);
      return;
    }
    if (event.kind === "changed") {
      const known = byRef.get(event.ref);
      if (known === undefined) return;
      forget(known);
      if (known.onEnd.size > 0) void known.checkEnded();
      return;
    }
    if (event.kind === "subject") recentEnds.note(event.subject);
    for (const known of byRef.values()) {
      if (event.kind === "subject" && !concerns(known, event.subject)) continue;
      // The session may have opened since, or not have ended: the store is asked, now if a callback waits, else later.
      forget(known);
      if (event.kind === "subject" || known.onEnd.size > 0) void known.checkEnded();
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
    if (known !== undefined) {
      byRef.delete(ref);
      children.remove(known);
      forget(known);
      known.endedReason = reason;
      for (const callback of known.onEnd) ignoreFailure(() => callback(reason));
      known.onEnd.clear();
      known.onLoss.clear();
    }
    for (const child of children.of(ref)) {
      end(child.ref, parentEnded);
      // The store learns it from the first node that knows the child.
      void child.checkEnded();
    }
    return known !== undefined;
  }

  function evictOne(): void {
    let tries = maxEvictionTries;
    for (const [ref, known] of byRef) {
      byRef.delete(ref);
      if (known.onEnd.size === 0) {
        children.remove(known);
        forget(known);
        return;
      }
      byRef.set(ref, known); // a callback waits for its end: it stays, as the youngest
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
      if (known.currentEpoch !== undefined && known.currentEpoch() !== known.epoch) return undefined;
      return known.allowed;
    },
    find: (ref) => byRef.get(ref),
    add(known) {
      if (closed) return;
      if (byRef.size >= maxKnownSessions) evictOne();
      byRef.set(known.ref, known);
      children.add(known);
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
    checkAwaited() {
      for (const known of byRef.values()) if (known.onEnd.size > 0) void known.checkEnded();
    },
    close() {
      closed = true;
      feed.stop();
      byToken.clear();
      byRef.clear();
    },
  };
}
