import type { OutgoingHttpHeaders } from "node:http2";
import type { Failure, ForwardedRequest } from "../exchange.js";

/**
 * Fields of one connection, which HTTP/2 forbids (RFC 9113 §8.2.2), those that the pseudo fields and the framing say, and
 * the key of a WebSocket, which its handshake over HTTP/2 does not have (RFC 8441 §5).
 */
const unsent: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "sec-websocket-key",
  "transfer-encoding",
  "upgrade",
]);

/** Fields that Node sends once only: with a second one its client throws. */
const single: ReadonlySet<string> = new Set(
  (
    "access-control-allow-credentials access-control-max-age access-control-request-method age authorization " +
    "content-encoding content-language content-location content-md5 content-range content-type date dnt etag expires " +
    "from if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards " +
    "proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent x-content-type-options"
  ).split(" "),
);

/** A token in lower case (RFC 9110 §5.6.2). Node's client ends the whole connection for another name. */
const nameForm = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/**
 * A value that arrives as it was sent: receivers drop a field with a control byte, DEL or outer blanks without a word, and
 * a NUL would end the value in the middle and begin another field.
 */
const valueForm = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

const pseudoForm = /^[\x21-\x7e\x80-\xff]+$/;

const methodForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Returns the head of a request as `session.request` takes it, or why HTTP/2 cannot carry it byte for byte.
 *
 * Fields of one name stay apart and in order. Node's client puts them side by side, which no recipient may tell from the
 * order before (RFC 9110 §5.3).
 */
export function toHttp2Head(request: ForwardedRequest, scheme: "http" | "https"): OutgoingHttpHeaders | Failure {
  const { headers, framing, isWebSocket } = request;
  if (!methodForm.test(request.method) || (request.method === "CONNECT" && !isWebSocket)) return unfit("method");
  if (!pseudoForm.test(request.path)) return unfit("target");
  if (!pseudoForm.test(request.authority)) return unfit("authority");
  // No prototype: a field may be called `__proto__`.
  const head: OutgoingHttpHeaders = Object.create(null);
  head[":method"] = isWebSocket ? "CONNECT" : request.method;
  head[":scheme"] = scheme;
  head[":authority"] = request.authority;
  head[":path"] = request.path;
  if (isWebSocket) head[":protocol"] = "websocket";
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    const value = headers[index + 1] as string;
    if (unsent.has(name) || (name === "te" && value !== "trailers")) continue;
    if (!nameForm.test(name)) return unfit("name of a field");
    if (!valueForm.test(value)) return unfit("value of a field");
    const before = head[name];
    if (before === undefined) head[name] = value;
    else if (single.has(name)) return unfit("repetition of a field that HTTP/2 has once");
    else if (name === "te") continue;
    else if (Array.isArray(before)) before.push(value);
    else head[name] = [String(before), value];
  }
  if (framing.kind === "length" && !isWebSocket) head["content-length"] = framing.length;
  return head;
}

/** Tells the two results of `toHttp2Head` apart: every head has a method. */
export function isUnfit(result: OutgoingHttpHeaders | Failure): result is Failure {
  return !(":method" in result);
}

/** Never the value itself: it may be a secret. */
function unfit(what: string): Failure {
  return { reason: "bad_request", code: "unfit_for_http2", detail: `HTTP/2 cannot carry the ${what} as it was sent` };
}
