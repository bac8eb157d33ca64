import type { Http2Session } from "node:http2";

const kept = Symbol("sallyport.handle");

interface Keeping {
  [kept]?: unknown;
}

/**
 * Keeps what is native of an open session for as long as there is its object. Call it once, when the session is made.
 *
 * Node lets go of it as soon as the session has failed, and of its streams one turn of the event loop later. In Node 20 a
 * garbage collection between the two ends the process (`Assertion failed: (current_nghttp2_memory_) == (0)`) when a stream
 * has a part of a header block, and a peer can bring that about: by nine CONTINUATION frames.
 */
export function keepHandle(session: Http2Session): void {
  const symbol = Object.getOwnPropertySymbols(session).find(({ description }) => description === "kHandle");
  if (symbol !== undefined) (session as Keeping)[kept] = (session as unknown as Record<symbol, unknown>)[symbol];
}
