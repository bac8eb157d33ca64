import { AuthError } from "./errors.js";
import type { Platform } from "./platform.js";

/**
 * Rejects with `AuthError` `unavailable` when an answer has not come within `ms` milliseconds.
 *
 * @returns the answer; an answer that is not a promise is returned as it is, without a timer
 */
export function withinTime<T>(answer: Awaitable<T>, platform: Platform, ms: number): Awaitable<T> {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    const cancel = platform.delay(ms, () => reject(new AuthError("unavailable", `no answer within ${ms} ms`)));
    answer.then(resolve, reject).finally(cancel);
  });
}

/**
 * Calls an observer and ignores what it throws or rejects with: a failure must neither change a decision nor end the
 * process, and the next observer must be called too.
 */
export function ignoreFailure(call: () => unknown): void {
  try {
    const answer = adopt(call());
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // Ignored, as the docstring says.
  }
}

/**
 * Calls a function of the application that must answer at once.
 *
 * @throws what the call throws, or a `TypeError` when it returns a promise, whose rejection then ends no process
 */
export function atOnce<T>(call: () => T): T {
  const answer = adopt(call());
  if (!(answer instanceof Promise)) return answer;
  answer.catch(() => {});
  throw new TypeError("it returned a promise, and must answer at once");
}

/** Calls `next` with the value: synchronously if it is no promise, so that a path without waiting makes no promise. */
export function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Runs `attempt`, and returns `recover(error)` when it throws or rejects. */
export function rescue<T>(attempt: () => Awaitable<T>, recover: (error: unknown) => T): Awaitable<T> {
  try {
    const value = attempt();
    return value instanceof Promise ? value.catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}

/**
 * Converts a thenable that code outside the engine returned into a promise of this realm; any other value is returned
 * as it is. Query builders return their own thenables, and other realms their own promises: `after` would take either
 * for the value itself.
 */
export function adopt<T>(value: T | PromiseLike<T>): Awaitable<T> {
  if (value instanceof Promise) return value;
  return isThenable(value) ? Promise.resolve(value) : value;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** A value or a promise of it: work that needs no waiting should not wait. */
export type Awaitable<T> = T | Promise<T>;
