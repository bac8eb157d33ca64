import type { Peer } from "./handlers/handler.js";

/**
 * Where a Connect context keeps who sent the request, for services that log in and so decide about the peer
 * themselves. Looks like a Connect `ContextKey`, so that the core needs no import of Connect.
 */
export const peerSlot: { readonly id: symbol; readonly defaultValue: Peer | undefined } = Object.freeze({
  id: Symbol("sallyport.peer"),
  defaultValue: undefined,
});
