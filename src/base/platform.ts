import { randomBytes } from "node:crypto";

/**
 * Supplies the clock and randomness: no other code reads either, so that a simulated world can run the shipped engine.
 * A lint rule bans `Date.now`, `performance.now`, `Math.random`, `crypto.random*` and timers everywhere else.
 */
export interface Platform {
  /** Wall clock, milliseconds since 1970. It may jump; only stores and issued-at use it. */
  now(): number;
  /** Milliseconds that never go back; for ages and deadlines inside one process. */
  monotonic(): number;
  /** Cryptographically strong random bytes. */
  random(bytes: number): Uint8Array;
  /**
   * Calls `done` once after `ms` milliseconds. Returns a function that cancels it.
   *
   * When the process stood still and the timer comes late, what has arrived meanwhile is read first: a deadline for a
   * peer that has long answered is cancelled by the answer.
   *
   * @param hold keeps the process alive until then: for work that other code awaits. Default: `false`
   */
  delay(ms: number, done: () => void, hold?: boolean): () => void;
}

/** The longest wait that Node's timers take; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** So late is no timer of a process that runs, however busy: longer than a collection of garbage takes. */
const standstillMs = 100;

/** The machine's own clock and randomness: the default everywhere. */
export const systemPlatform: Platform = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: (bytes: number) => randomBytes(bytes),
  delay(ms: number, done: () => void, hold = false) {
    const waitMs = Math.min(ms, longestTimerMs);
    const due = performance.now() + waitMs;
    let late: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Node runs timers before it looks at sockets; an immediate comes after them.
      if (performance.now() - due < standstillMs) done();
      else late = setImmediate(done);
    }, waitMs);
    if (!hold) timer.unref();
    return () => {
      clearTimeout(timer);
      clearImmediate(late);
    };
  },
});

/** Calls `done` when what has arrived by now has been read: in the next turn of the event loop. It is no timer. */
export function afterThisTurn(done: () => void): void {
  setImmediate(done);
}
