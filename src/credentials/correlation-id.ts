import type { Platform } from "../base/platform.js";
import { soleOf } from "../model/raw-headers.js";

/**
 * W3C Trace Context §3.2: version, trace-id, parent-id, flags. Later versions may append fields; `ff` is no version.
 */
const traceparent = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * A UUID, or the form of a trace-id. If any text were accepted, a client could put a password or a second line into
 * logs.
 */
const plainId = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Keyed by the header block: every event of a request refers to the same object. */
const known = new WeakMap<readonly string[], string>();

/** What the ids of our own begin with, 20 random digits, and how many there have been. */
const ours = new WeakMap<Platform, { readonly prefix: string; count: number }>();

/**
 * Returns the id of a request in logs, events and the audit: the trace-id of its `traceparent`, so that our lines join
 * its trace; else its `X-Request-Id` if that is a UUID or 32 hexadecimal digits; else 32 digits that no other request of
 * any process has, the same on each call. Those are no secret: they are random for a process, and counted in it.
 *
 * Both headers are forwarded to the upstream like any other. We add no header that carries the id.
 */
export function correlationIdOf(rawHeaders: readonly string[], platform: Platform): string {
  let id = known.get(rawHeaders);
  if (id === undefined) {
    id = toCorrelationId(rawHeaders) ?? nextId(platform);
    known.set(rawHeaders, id);
  }
  return id;
}

/** Gives a request the id of the trace that was begun for it. */
export function joinTrace(rawHeaders: readonly string[], traceId: string): void {
  known.set(rawHeaders, traceId);
}

function toCorrelationId(rawHeaders: readonly string[]): string | undefined {
  const [, version, traceId, more] = traceparent.exec(only(rawHeaders, "traceparent")) ?? [];
  // Version 00 has exactly four fields.
  if (traceId !== undefined && !(version === "00" && more !== undefined)) return traceId;
  const requestId = only(rawHeaders, "x-request-id");
  return plainId.test(requestId) ? requestId.toLowerCase() : undefined;
}

function nextId(platform: Platform): string {
  let own = ours.get(platform);
  if (own === undefined) {
    own = { prefix: Buffer.from(platform.random(10)).toString("hex"), count: 0 };
    ours.set(platform, own);
  }
  own.count += 1;
  return own.prefix + own.count.toString(16).padStart(12, "0");
}

/** Returns the value of a field that occurs exactly once; else `""`. */
function only(rawHeaders: readonly string[], lowerName: string): string {
  const value = soleOf(rawHeaders, lowerName);
  return typeof value === "string" ? value : "";
}
