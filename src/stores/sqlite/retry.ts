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

/** More than a burst of log-ins and rotations. Each waits with its request in memory. */
const mostWaiting = 1_024;

/** So many are run in one turn at most when the lock is free again: some milliseconds. */
const mostPerTurn = 64;

interface Waiter {
  run(): void;
  fail(error: unknown): void;
  /** How long all must have waited, in milliseconds, until this one gives up. */
  readonly untilMs: number;
}

/**
 * Makes the function that repeats an action while the database is locked. Waiting inside SQLite (`busy_timeout`) would
 * block the event loop, for seconds under contention.
 *
 * Those that wait are tried in their order and by one timer, so that a thousand cost no more than one. When one of them has
 * waited for the whole time, the lock is not held for a moment: until an action succeeds each is tried once, and does not wait.
 *
 * @param deadlineMs the longest total wait in milliseconds; then the action is `unavailable`
 */
export function createAttempt(platform: Platform, deadlineMs: number): Attempt {
  const queue: Waiter[] = [];
  let waitedMs = 0;
  let boundMs = firstWaitMs;
  let isWaiting = false;
  let isStuck = false;

  function wait(): void {
    if (isWaiting || queue.length === 0) return;
    isWaiting = true;
    // Random, so that processes that collided do not collide again.
    const waitMs = 1 + ((platform.random(1)[0] ?? 0) / 256) * boundMs;
    boundMs = Math.min(boundMs * 2, longestWaitMs);
    platform.delay(
      waitMs,
      () => {
        waitedMs += waitMs;
        isWaiting = false;
        tryWaiting();
        wait();
      },
      true,
    );
  }

  function tryWaiting(): void {
    for (let count = 0; count < mostPerTurn; count++) {
      const [first] = queue;
      if (first === undefined) return;
      try {
        first.run();
        isStuck = false;
      } catch (error) {
        if (isBusy(error)) {
          giveUp(error);
          return;
        }
        first.fail(error);
      }
      queue.shift();
      boundMs = firstWaitMs;
    }
  }

  function giveUp(error: unknown): void {
    while (queue[0] !== undefined && queue[0].untilMs <= waitedMs) {
      isStuck = true;
      queue.shift()?.fail(error);
    }
  }

  return <T>(action: () => T): Awaitable<T> => {
    try {
      const answer = action();
      isStuck = false;
      return answer;
    } catch (error) {
      if (!isBusy(error) || isStuck || queue.length >= mostWaiting) throw toDatabaseError(error);
    }
    return new Promise<T>((resolve, reject) => {
      queue.push({
        run: () => resolve(action()),
        fail: (error) => reject(toDatabaseError(error)),
        untilMs: waitedMs + deadlineMs,
      });
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
