import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import { isBusy, toDatabaseError } from "./faults.js";

/**
 * Runs a synchronous action against the database. It returns the result, or a promise if another connection holds the
 * lock.
 */
export type Attempt = <T>(action: () => T) => Awaitable<T>;

/** The first wait is short, since a writer holds the lock for some 20 µs, and an fsync longer. */
const firstWaitMs = 1;

const longestWaitMs = 16;

/**
 * Makes the function that repeats an action while the database is locked. Waiting inside SQLite (`busy_timeout`) would
 * block the event loop, for seconds under contention.
 *
 * @param deadlineMs the longest total wait in milliseconds; then the action is `unavailable`
 */
export function createAttempt(platform: Platform, deadlineMs: number): Attempt {
  return <T>(action: () => T): Awaitable<T> => {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error)) throw toDatabaseError(error);
    }
    return new Promise<T>((resolve, reject) => {
      let waitedMs = 0;
      let boundMs = firstWaitMs;
      const wait = (): void => {
        // Random, so that processes that collided do not collide again.
        const waitMs = 1 + ((platform.random(1)[0] ?? 0) / 256) * boundMs;
        waitedMs += waitMs;
        boundMs = Math.min(boundMs * 2, longestWaitMs);
        platform.delay(waitMs, again, true);
      };
      const again = (): void => {
        try {
          resolve(action());
        } catch (error) {
          if (!isBusy(error) || waitedMs >= deadlineMs) reject(toDatabaseError(error));
          else wait();
        }
      };
      wait();
    });
  };
}

/**
 * Repeats an action while the database is locked, and blocks the process. Use it for opening only, before any request
 * is served.
 */
export function attemptBlocking<T>(action: () => T, platform: Platform, deadlineMs: number): T {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; ) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || waitedMs >= deadlineMs) throw error;
    }
    const waitMs = 1 + ((platform.random(1)[0] ?? 0) / 256) * longestWaitMs;
    waitedMs += waitMs;
    Atomics.wait(never, 0, 0, waitMs);
  }
}
