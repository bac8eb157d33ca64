import { readHeader } from "./carriers.js";

/** W3C Trace Context §3.2: version, trace-id, parent-id, flags. Later versions may append fields, `ff` is none. */
const traceparent = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** A UUID, or the form of a trace-id. Any text would be a place to put a password, or a second line. */
const plainId = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/**
 * What a request is called elsewhere: the trace-id of its `traceparent`, so that our lines join its trace, else its
 * `X-Request-Id` if that is a UUID or 32 hexadecimal digits.
 */
export function toCorrelationId(rawHeaders: readonly string[]): string | undefined {
  const [, version, traceId, more] = traceparent.exec(readHeader(rawHeaders, "traceparent") ?? "") ?? [];
  // Version 00 has exactly four fields.
  if (traceId !== undefined && !(version === "00" && more !== undefined)) return traceId;
  const requestId = readHeader(rawHeaders, "x-request-id") ?? "";
  return plainId.test(requestId) ? requestId.toLowerCase() : undefined;
}
