import { AuthError } from "../errors.js";
import type { Json } from "../identity.js";
import type { Platform } from "../platform.js";
import type { Ask } from "../stores/guarded-store.js";
import type { SessionRow, Store } from "../stores/store.js";
import type { KnownSession, KnownSessions } from "./known-sessions.js";
import { sessionDeadline } from "./rotation.js";
import type { Session } from "./session.js";

export interface SessionHandleOptions {
  readonly platform: Platform;
  readonly store: Store;
  readonly ask: Ask;
  readonly known: Pick<KnownSessions, "end">;
}

/** State is for a cart or a cursor, not for a database: every node reads and writes it whole. */
const maxStateBytes = 16_384;
const maxStateAttempts = 16;

/** The session of a row, as routes see it. */
export function createSession(
  row: SessionRow,
  self: () => Pick<KnownSession, "onEnd" | "endedReason">,
  { platform, store, ask, known }: SessionHandleOptions,
): Session {
  const { ref } = row;
  let watching = false;

  /** Expiry has no event: look when the deadline that we know of has passed, and again at the next one. */
  function watchExpiry(nextLookMs: number): void {
    watching = true;
    platform.delay(nextLookMs, () => {
      watching = false;
      const { onEnd, endedReason } = self();
      if (endedReason !== undefined || onEnd.size === 0) return;
      void look();
    });
  }

  async function look(): Promise<void> {
    try {
      const reading = await ask(() => store.loadSession(ref));
      if (reading === undefined) return known.end(ref, "expired");
      if (reading.row.revokedAt !== null) return known.end(ref, reading.row.revokedReason ?? "revoked");
      const leftMs = sessionDeadline(reading.row) - reading.now;
      if (leftMs <= 0) return known.end(ref, "expired");
      watchExpiry(leftMs);
    } catch {
      watchExpiry(retryLookMs); // the store cannot answer: nothing is known to have ended
    }
  }

  async function loadState(): Promise<{ version: number; value: Json | undefined }> {
    const state = await ask(() => store.loadState(ref));
    if (state === undefined) throw new AuthError("session_ended", "the session is over, and its state with it");
    return { version: state.version, value: state.json === undefined ? undefined : (JSON.parse(state.json) as Json) };
  }

  return Object.freeze({
    ref,
    scheme: row.scheme,
    createdAt: row.createdAt,
    expiresAt: row.createdAt + row.rules.absoluteMs,
    get ended() {
      return self().endedReason !== undefined;
    },
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
      const { onEnd, endedReason } = self();
      if (endedReason !== undefined) {
        callback(endedReason);
        return () => {};
      }
      onEnd.add(callback);
      if (!watching) void look();
      return () => void onEnd.delete(callback);
    },
    async end(reason = "logout") {
      await ask(() => store.endSession(ref, reason));
      known.end(ref, reason);
    },
  });
}

/** How soon to look again for a session's end when the store could not say. */
const retryLookMs = 1_000;
