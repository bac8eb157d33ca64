import type { Platform } from "./platform.js";

/** The answer, or a rejection when it has not come within `ms` milliseconds. One that is there at once is never timed. */
export function withinTime<T>(answer: Awaitable<T>, platform: Platform, ms: number): Awaitable<T> {
  if (!(answer instanceof Promise)) return answer;
  return new Promise((resolve, reject) => {
    const cancel = platform.delay(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    answer.then(resolve, reject).finally(cancel);
  });
}

/**
 * Calls an observer. What it throws, or rejects with, is ignored: it must neither change a decision nor end the process,
 * and the next observer must be called too.
 */
export function ignoreFailure(call: () => unknown): void {
  try {
    const answer = adopt(call());
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // As above.
  }
}

/** `next` on the value, at once if it is there: a path without waiting makes no promise. */
export function after<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Runs `attempt`; whatever it throws or rejects with becomes `recover`'s value. */
export function rescue<T>(attempt: () => Awaitable<T>, recover: (error: unknown) => T): Awaitable<T> {
  try {
    const value = attempt();
    return value instanceof Promise ? value.catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}

/**
 * What code outside the engine returned, as our own kind of promise if it is one to wait for. Query builders return
 * their own thenables, and other realms their own promises: `after` would take either for the value itself.
 */
export function adopt<T>(value: T | PromiseLike<T>): Awaitable<T> {
  if (value instanceof Promise) return value;
  return isThenable(value) ? Promise.resolve(value) : value;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Or a promise of it: work that needs no waiting should not wait. */
export type Awaitable<T> = T | Promise<T>;
