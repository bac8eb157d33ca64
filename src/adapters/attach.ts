import onHeaders from "on-headers";
import type { Auth } from "../auth.js";
import type { HeaderFields, Offer } from "../decision.js";
import type { Identity } from "../identity.js";
import type { Caller } from "../sessions/session.js";
import type { NodeRequest, NodeResponse } from "./node-request.js";

/** A symbol property, not a `WeakMap`: about 2 µs a request less. */
export function attachCaller<I extends Identity>(auth: Auth<I>, request: NodeRequest, caller: Caller<I>): void {
  (request as unknown as Record<symbol, unknown>)[auth.slot.id] = caller;
}

/**
 * Puts `Vary: Authorization` on the response, and the offered token if there is one. Both are written when the header
 * block leaves, so that neither `writeHead(200, {…})` nor an error page can lose them.
 */
export function finishHeaders(response: NodeResponse, offer: Offer | undefined, headers?: HeaderFields): void {
  if (headers !== undefined) for (const [name, value] of headers) response.setHeader(name, value);
  // Nearly every answer offers nothing: one function for all of those, and no property on the response.
  onHeaders(response, offer === undefined ? varyAlone : withOffer(offer));
}

function varyAlone(this: NodeResponse): void {
  addVary(this);
}

function withOffer(offer: Offer): (this: NodeResponse) => void {
  return function beforeHeaders() {
    addVary(this);
    // A 304 renews a stored response (RFC 9111 §4.3.4): a token in it would be stored too.
    if (this.statusCode === 304 || !offer.usable()) return;
    this.setHeader("Authorization", `Bearer ${offer.token}`);
    // Whatever the route says: nothing that carries a token may be stored by a cache.
    this.setHeader("Cache-Control", "no-store");
  };
}

/** Adds to what is there: CORS and compression have a `Vary` of their own. */
export function addVary(response: NodeResponse, name = "Authorization"): void {
  const present = response.getHeader("vary");
  if (present === undefined) {
    response.setHeader("Vary", name);
    return;
  }
  const names = String(present)
    .toLowerCase()
    .split(/\s*,\s*/);
  if (!names.includes(name.toLowerCase()) && !names.includes("*")) response.setHeader("Vary", `${present}, ${name}`);
}
