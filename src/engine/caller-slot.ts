import { AuthError } from "../base/errors.js";
import type { Identity } from "../model/identity.js";
import type { Caller } from "../model/session.js";

/** Looks like a Connect `ContextKey`, so that the core needs no import of Connect. */
export interface CallerSlot<I extends Identity = Identity> {
  readonly id: symbol;
  readonly defaultValue: Caller<I> | undefined;
}

export interface CallerReader<I extends Identity> {
  readonly slot: CallerSlot<I>;
  optionalCaller(source: object): Caller<I> | undefined;
  caller(source: object): Caller<I>;
}

/** Makes the slot in which fronts keep the caller of a request, and the functions by which routes read it. */
export function createCallerSlot<I extends Identity>(): CallerReader<I> {
  const slot: CallerSlot<I> = Object.freeze({ id: Symbol("sallyport.caller"), defaultValue: undefined });

  function optionalCaller(source: object): Caller<I> | undefined {
    const { values } = source as { readonly values?: { get?(key: CallerSlot<I>): Caller<I> | undefined } };
    // A Connect HandlerContext keeps its values behind a key; everything else carries the caller itself.
    if (typeof values?.get === "function") return values.get(slot);
    return (source as { readonly [key: symbol]: Caller<I> | undefined })[slot.id];
  }

  return {
    slot,
    optionalCaller,
    caller(source: object) {
      const caller = optionalCaller(source);
      if (caller !== undefined) return caller;
      throw new AuthError(
        "no_caller",
        "this request was not authenticated: mount the middleware in front of the route, or, where anonymous " +
          "requests are welcome, use auth.optionalCaller",
      );
    },
  };
}
