import type { Awaitable } from "./handler.js";

/** Not `instanceof Promise`: query builders return their own thenables, and other realms their own promises. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Applies `map` when the value is there: at once if it is there already. */
export function mapAwaitable<T, U>(value: T | PromiseLike<T>, map: (value: T) => Awaitable<U>): Awaitable<U> {
  return isThenable(value) ? Promise.resolve(value).then(map) : map(value);
}
