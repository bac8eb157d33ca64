import { type Awaitable, after, rescue } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import type { Emit } from "../model/events.js";
import type { Json } from "../model/identity.js";
import type { RequestOrigin } from "../model/request.js";
import type { Confirmation, Session } from "../model/session.js";
import type { Ask, Reading, SessionRow, Store } from "../model/store.js";
import type { GrantCheck } from "./grant-check.js";
import type { KnownSession, KnownSessions } from "./known-sessions.js";
import { sessionDeadline } from "./rotation.js";

export interface SessionHandleOptions {
  readonly platform: Platform;
  readonly store: Store;
  readonly ask: Ask;
  readonly known: Pick<KnownSessions, "add" | "end" | "find">;
  readonly emit: Emit;
  /** Asked with every reading of a session that a grant opened. */
  readonly checkGrant: GrantCheck;
  /** A session that a grant opened is checked this often, while somebody waits for its end. Milliseconds. */
  readonly maxStalenessMs: number;
}

/** State is for a cart or a cursor, not for a database: every node reads and writes it whole. */
const maxStateBytes = 16_384;

const maxStateAttempts = 16;

const isEnded: unique symbol = Symbol("sallyport.isEnded");

/** What a session has of its own; `ended` it has from the prototype. */
interface OwnProperties extends Omit<Session, "ended"> {
  readonly __proto__: typeof sessionPrototype;
  readonly [isEnded]: () => boolean;
}

/** A getter in the literal would give every session a hidden class of its own: 7 µs of a cold request's 24. */
const sessionPrototype = Object.freeze({
  get ended(): boolean {
    return (this as unknown as OwnProperties)[isEnded]();
  },
});

export interface SessionHandle {
  readonly session: Session;
  /** Asks the store whether the session has ended, and ends it in this process if so. */
  readonly checkEnded: () => void;
}

/** The session of a row, as routes see it. */
export function createSession(
  row: SessionRow,
  cnf: Confirmation | undefined,
  self: () => KnownSession,
  { platform, store, ask, known, emit, checkGrant, maxStalenessMs }: SessionHandleOptions,
): SessionHandle {
  const { ref } = row;
  let watching = false;

  /** Whether somebody waits for the end. Nobody does after it, nor after `close`. */
  const awaited = (): boolean => (known.find(ref)?.onEnd.size ?? 0) > 0;

  /** Expiry has no event: check when the deadline that we know of has passed, and again at the next one. */
  function watchExpiry(nextCheckMs: number): void {
    watching = true;
    platform.delay(nextCheckMs, () => {
      watching = false;
      if (awaited()) checkEnded();
    });
  }

  function checkEnded(): void {
    const checked = rescue(
      () =>
        after(
          ask(() => store.loadSession(ref)),
          endIfOver,
        ),
      () => retryCheckMs, // the store cannot answer: nothing is known to have ended
    );
    void after(checked, (nextCheckMs) => {
      if (nextCheckMs !== undefined && awaited() && !watching) watchExpiry(nextCheckMs);
    });
  }

  /** When to check again: when the session is over if nobody uses it, or sooner; `undefined` when it is over. */
  function endIfOver(reading: Reading | undefined): Awaitable<number | undefined> {
    const leftMs = reading === undefined ? 0 : sessionDeadline(reading.row) - reading.now;
    const reason = reading?.row.revokedAt != null ? (reading.row.revokedReason ?? "revoked") : "expired";
    if (leftMs > 0 && reading?.row.revokedAt === null) {
      if (self().grant === undefined) return leftMs;
      // Nothing tells when a grant ends, and a stream presents no token.
      const soonMs = Math.min(leftMs, Math.max(maxStalenessMs, retryCheckMs));
      return after(checkGrant(self()), (granted) => (granted ? soonMs : undefined));
    }
    const knew = known.end(ref, reason);
    if (knew && reason === "expired") emit({ kind: "session-ended", ref, reason, subject: row.subject });
    return undefined;
  }

  async function loadState(): Promise<{ version: number; value: Json | undefined }> {
    const state = await ask(() => store.loadState(ref));
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
        callback(own.endedReason);
        return () => {};
      }
      // Ours may have been evicted since, and then no end would reach it.
      if (known.find(ref) === undefined) known.add(own);
      const { onEnd } = known.find(ref) ?? own;
      onEnd.add(callback);
      if (!watching) checkEnded();
      return () => void onEnd.delete(callback);
    },
    async end(reason = "logout", source?: RequestOrigin) {
      const ended = await ask(() => store.endSession(ref, reason));
      known.end(ref, reason);
      if (ended) emit({ kind: "session-ended", ref, reason, subject: row.subject }, source);
    },
  };
  return { session: Object.freeze(own) as OwnProperties & Session, checkEnded };
}

/** How soon to check again for a session's end when the store could not say. */
const retryCheckMs = 1_000;
