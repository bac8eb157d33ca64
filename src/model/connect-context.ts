import type { Peer } from "./request.js";

/**
 * The slot in which a Connect context keeps the peer of a request, for services whose procedures log callers in and so
 * authenticate by themselves. Looks like a Connect `ContextKey`, so that the core needs no import of Connect.
 */
export const peerSlot: { readonly id: symbol; readonly defaultValue: Peer | undefined } = Object.freeze({
  id: Symbol("sallyport.peer"),
  defaultValue: undefined,
});

/**
 * Marks the Connect handler of a procedure that authenticates by its message: by a log-in or a cookie. The adapter
 * ignores the credentials in such a request's header, since dead credentials beside a log-in must not refuse it. The
 * service limits the size of the message and checks it.
 */
const mark: unique symbol = Symbol("sallyport.byMessage");

/** Marks a handler. Services call it before the router is served. */
export function markByMessage(handler: object): void {
  Object.defineProperty(handler, mark, { value: true });
}

/** Whether a handler is marked. The adapter asks. */
export function isByMessage(handler: object): boolean {
  return (handler as { readonly [mark]?: true })[mark] === true;
}
