import type { Peer } from "./request.js";

/**
 * Where a Connect context keeps who sent the request, for services that log in and so decide about the peer
 * themselves. Looks like a Connect `ContextKey`, so that the core needs no import of Connect.
 */
export const peerSlot: { readonly id: symbol; readonly defaultValue: Peer | undefined } = Object.freeze({
  id: Symbol("sallyport.peer"),
  defaultValue: undefined,
});

/**
 * Marks the Connect handler of a procedure that authenticates by what its message holds: a log-in, a cookie. The door lets
 * it through whatever rides in its header, since dead credentials beside a log-in must not refuse it. Its service bounds
 * the message and judges it.
 */
const mark: unique symbol = Symbol("sallyport.byMessage");

/** For services: to be called before the router is served. */
export function markByMessage(handler: object): void {
  Object.defineProperty(handler, mark, { value: true });
}

/** For the door. */
export function isByMessage(handler: object): boolean {
  return (handler as { readonly [mark]?: true })[mark] === true;
}
