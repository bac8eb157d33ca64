import type { Platform } from "../platform.js";

/** W3C Trace Context §3.2: version, trace-id, parent-id, flags. Later versions may append fields, `ff` is none. */
const traceparent = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * The id of a request in logs: the trace-id of the caller's `traceparent`, so that our lines join their trace, else 32
 * random hexadecimal digits, the form of a trace-id.
 *
 * `traceparent` goes on to the upstream as any header does. No header of our own carries the id.
 */
export function toRequestId(header: string | string[] | undefined, platform: Platform): string {
  const match = typeof header === "string" ? traceparent.exec(header) : null;
  // Version 00 has exactly four fields.
  if (match !== null && !(match[1] === "00" && match[3] !== undefined)) return match[2] as string;
  return Buffer.from(platform.random(16)).toString("hex");
}
