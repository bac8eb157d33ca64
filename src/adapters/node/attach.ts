import onHeaders from "on-headers";
import type { Auth } from "../../engine/auth.js";
import type { Allowed } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { Caller } from "../../model/session.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/**
 * Attaches the caller to the request. It uses a symbol property, not a `WeakMap`: that saves about 2 µs per request.
 */
export function attachCaller<I extends Identity>(auth: Auth<I>, request: NodeRequest, caller: Caller<I>): void {
  (request as unknown as Record<symbol, unknown>)[auth.front.slot.id] = caller;
}

/**
 * Adds `Vary: Authorization` to the response, and the token and fields of the decision. It adds them when the headers
 * are sent, so that neither `writeHead(200, {…})` nor an error page can lose them.
 */
export function finishHeaders(response: NodeResponse, answered: Answered = nothing): void {
  // Nearly every response carries neither token nor fields: these share one function, and need no closure.
  const { offer, headers, vary } = answered;
  const isPlain = offer === undefined && headers === undefined && vary === undefined;
  onHeaders(response, isPlain ? varyAlone : withFields(answered));
}

export type Answered = Pick<Allowed, "offer" | "headers" | "vary">;

/** The header fields of an answer that has not been sent. Responses of Node fit. */
export interface AnswerFields {
  readonly statusCode: number;
  getHeader(name: string): number | string | readonly string[] | undefined;
  setHeader(name: string, value: string): unknown;
  appendHeader(name: string, value: string): unknown;
}

const nothing: Answered = Object.freeze({});

function varyAlone(this: NodeResponse): void {
  addVary(this);
}

function withFields(answered: Answered): (this: NodeResponse) => void {
  return function beforeHeaders() {
    addAnswered(this, answered);
  };
}

/** Adds what `finishHeaders` adds, now: to an answer whose headers are being sent. */
export function addAnswered(response: AnswerFields, { offer, headers, vary }: Answered = nothing): void {
  addVary(response);
  if (vary !== undefined) addVary(response, vary);
  // A 304 updates a stored response (RFC 9111 §4.3.4): a token in it would be stored too.
  if (response.statusCode === 304) return;
  const isUsable = offer?.usable() === true;
  if (isUsable) response.setHeader("Authorization", `${offer.scheme} ${offer.token}`);
  if (isUsable && offer.setCookie !== undefined) response.appendHeader("Set-Cookie", offer.setCookie);
  for (const [name, value] of headers ?? []) response.setHeader(name, value);
  // Overrides the route: a cache must not store a response with a token or a nonce (RFC 9449 §8.2).
  if (isUsable || (headers !== undefined && headers.length > 0)) response.setHeader("Cache-Control", "no-store");
}

/** Adds a name to `Vary`, and keeps the names that CORS and compression have set. */
export function addVary(response: Pick<AnswerFields, "getHeader" | "setHeader">, name = "Authorization"): void {
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
