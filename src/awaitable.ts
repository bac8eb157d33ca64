import type { Awaitable } from "./handlers/handler.js";

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
