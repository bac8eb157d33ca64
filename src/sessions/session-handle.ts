import { type Awaitable, after, ignoreFailure, rescue } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Emit } from "../model/events.js";
import type { Json } from "../model/identity.js";
import type { RequestOrigin } from "../model/request.js";
import type { Confirmation, Session } from "../model/session.js";
import type { Ask, Reading, SessionRow, Store } from "../model/store.js";
import type { GrantCheck } from "./grant-check.js";
import { isDerived, type KnownSession, type KnownSessions, loseHolds } from "./known-sessions.js";
import { type Rechecked, withRecheck } from "./recheck.js";
import { sessionDeadline } from "./rotation.js";
import { readContent, toOwner } from "./session-content.js";

export interface SessionHandleOptions {
  readonly platform: Platform;
  readonly store: Store;
  readonly ask: Ask;
  readonly known: Pick<KnownSessions, "add" | "end" | "find">;
  readonly emit: Emit;
  /** Called with every reading of a session that depends on a grant, or on the one from which it began. */
  readonly checkGrant: GrantCheck;
  /** Asks again about the owner. */
  recheck(session: KnownSession, row: SessionRow, now: number, isTurn: boolean): Awaitable<Rechecked>;
  /** Such a session is checked this often, while a callback waits for its end. Milliseconds. */
  readonly maxStalenessMs: number;
}

/** The largest state, as JSON: enough for a cart or a cursor. Every node reads and writes it whole. */
const maxStateBytes = 16_384;

const maxStateAttempts = 16;

const isEnded: unique symbol = Symbol("sallyport.isEnded");

/** The own properties of a session; `ended` is on the prototype. */
interface OwnProperties extends Omit<Session, "ended"> {
  readonly __proto__: typeof sessionPrototype;
  readonly [isEnded]: () => boolean;
}

/**
 * Holds the getter `ended`: in the literal it would give every session its own hidden class: 7 µs of a cold request's
 * 24.
 */
const sessionPrototype = Object.freeze({
  get ended(): boolean {
    return (this as unknown as OwnProperties)[isEnded]();
  },
});

export interface SessionHandle {
  readonly session: Session;
  /**
   * Asks the store whether the session has ended, and ends it in this process if so.
   *
   * @returns whether the store has answered
   */
  readonly checkEnded: () => Awaitable<boolean>;
}

/** Makes the session of a row, as routes see it. */
export function createSession(
  row: SessionRow,
  cnf: Confirmation | undefined,
  self: () => KnownSession,
  { platform, store, ask, known, emit, checkGrant, recheck, maxStalenessMs }: SessionHandleOptions,
): SessionHandle {
  const { ref } = row;
  /** Monotonic instant of the next check. */
  let watchAt = Number.POSITIVE_INFINITY;
  let cancelWatch = (): void => {};

  /** Whether a callback waits for the end. None does after the end, nor after `close`. */
  const awaited = (): boolean => (known.find(ref)?.onEnd.size ?? 0) > 0;

  /** Checks the session after `nextCheckMs`, since expiry has no event: the deadline may have moved by then. */
  function watchExpiry(nextCheckMs: number): void {
    cancelWatch();
    watchAt = platform.monotonic() + nextCheckMs;
    cancelWatch = platform.delay(nextCheckMs, () => {
      watchAt = Number.POSITIVE_INFINITY;
      if (awaited()) void checkEnded();
    });
  }

  function checkEnded(): Awaitable<boolean> {
    let hasAnswered = true;
    const checked = rescue(
      () =>
        after(
          ask(() => store.loadSession(ref)),
          endIfOver,
        ),
      () => {
        hasAnswered = false;
        return retryCheckMs; // the store cannot answer: nothing is known to have ended
      },
    );
    return after(checked, (nextCheckMs) => {
      // A handler that could not tell is asked again sooner than planned.
      if (nextCheckMs !== undefined && awaited() && platform.monotonic() + nextCheckMs < watchAt)
        watchExpiry(nextCheckMs);
      return hasAnswered;
    });
  }

  /**
   * Ends the session in this process if it is over.
   *
   * @returns the milliseconds until the next check, at its deadline or sooner; `undefined` when it is over
   */
  function endIfOver(reading: Reading | undefined): Awaitable<number | undefined> {
    const leftMs = reading === undefined ? 0 : sessionDeadline(reading.row) - reading.now;
    const reason = reading?.row.revokedAt != null ? (reading.row.revokedReason ?? "revoked") : "expired";
    if (leftMs > 0 && reading?.row.revokedAt === null) {
      readContent(self(), reading.row);
      return after(checkOwner(reading), (untilMs): Awaitable<number | undefined> => {
        if (untilMs === undefined || !isDerived(self())) return untilMs && Math.min(leftMs, untilMs);
        // The end of a grant has no event, nor has the expiry of a parent, and a stream presents no token.
        const soonMs = Math.min(leftMs, untilMs, Math.max(maxStalenessMs, retryCheckMs));
        return after(checkGrant(self()), (granted) => (granted ? soonMs : undefined));
      });
    }
    const knew = known.end(ref, reason);
    if (knew && reason === "expired") emit({ kind: "session-ended", reason, ...toOwner(row) });
    return undefined;
  }

  /**
   * Asks the handler about the owner, where it is time: a stream presents no token.
   *
   * @returns the milliseconds until it is time again; `undefined` when the session has ended
   */
  function checkOwner(reading: Reading): Awaitable<number | undefined> {
    return after(recheck(self(), reading.row, reading.now, false), (rechecked): Awaitable<number | undefined> => {
      // This process alone refuses the caller: the session may go on at others.
      if (rechecked.kind === "refused") {
        loseHolds(self(), rechecked.reason);
        return retryCheckMs;
      }
      const change = withRecheck(reading.row, reading.now, undefined, rechecked);
      const untilMs = rechecked.kind === "holds" ? Math.max(rechecked.until - platform.monotonic(), retryCheckMs) : 0;
      if (change === undefined) return untilMs;
      return after(
        ask(() => store.swapSession(reading, change, change.revokedAt !== undefined)),
        (written) => {
          if (written !== undefined) readContent(self(), written.row);
          if (rechecked.kind !== "gone") return untilMs;
          if (written === undefined) return retryCheckMs; // the row has changed meanwhile
          known.end(ref, rechecked.reason);
          emit({ kind: "session-ended", ref, reason: rechecked.reason, subject: row.subject });
          return undefined;
        },
      );
    });
  }

  async function loadState(): Promise<{ version: number; value: Json | undefined }> {
    const state = self().endedReason === undefined ? await ask(() => store.loadState(ref)) : undefined;
    if (state === undefined) throw new AuthError("session_ended", "the session is over, and its state with it");
    return { version: state.version, value: state.json === undefined ? undefined : (JSON.parse(state.json) as Json) };
  }

  const own: OwnProperties = {
    __proto__: sessionPrototype,
    [isEnded]: () => self().endedReason !== undefined,
    ref,
    scheme: row.scheme,
    rules: row.rules,
    createdAt: row.createdAt,
    expiresAt: row.createdAt + row.rules.absoluteMs,
    cnf,
    state: async () => (await loadState()).value,
    async updateState(change: (current: Json | undefined) => Json) {
      for (let attempt = 0; attempt < maxStateAttempts; attempt += 1) {
        const { version, value } = await loadState();
        const next = change(value);
        const json = JSON.stringify(next);
        if (json === undefined || Buffer.byteLength(json) > maxStateBytes) {
          throw new AuthError("invalid_options", `session state must be JSON of at most ${maxStateBytes} bytes`);
        }
        if (await ask(() => store.swapState(ref, version, json))) return next;
      }
      throw new AuthError("unavailable", "other nodes keep changing this session's state; try again");
    },
    onEnd(callback: (reason: string) => void) {
      const own = self();
      if (own.endedReason !== undefined) {
        const reason = own.endedReason;
        ignoreFailure(() => callback(reason));
        return () => {};
      }
      // This session may have been evicted since, and then no end would reach it.
      if (known.find(ref) === undefined) known.add(own);
      const { onEnd } = known.find(ref) ?? own;
      onEnd.add(callback);
      if (watchAt === Number.POSITIVE_INFINITY) void checkEnded();
      return () => void onEnd.delete(callback);
    },
    async end(reason = "logout", source?: RequestOrigin) {
      const ended = await ask(() => store.endSession(ref, reason));
      known.end(ref, reason);
      if (ended) emit({ kind: "session-ended", reason, ...toOwner(row) }, source);
    },
  };
  return { session: Object.freeze(own) as OwnProperties & Session, checkEnded };
}

/** Milliseconds until a session's end is checked again when the store could not answer. */
const retryCheckMs = 1_000;
