import type { RouteLimits } from "../../route/route-config.js";
import type { ConfigPath } from "../document.js";
import type { ReadContext } from "../read-context.js";
import { duration, object, type RawDuration, type Schema } from "../schema.js";
import { requirePositive } from "../timeouts.js";

/** The settings as the file spells them. */
export interface RawRouteLimits {
  readonly maxBodyBytes?: number;
  readonly maxConcurrent?: number;
  readonly headersTimeout?: RawDuration;
  readonly bodyTimeout?: RawDuration;
}

const maxBodyBytes: Schema<number> = {
  type: "integer",
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  title: "a whole number of bytes",
  description:
    "The body of a request, all messages of a stream together; a longer one is answered 413 `body_too_large`. What a WebSocket " +
    "carries is no body. Default: no limit.",
};

const maxConcurrent: Schema<number> = {
  type: "integer",
  minimum: 1,
  maximum: 1_000_000,
  title: "a whole number from 1 to 1000000",
  description:
    "Requests of one caller (as `rate` counts callers) under way at a time, streams and WebSockets included. One too many gets 429 " +
    "`too_many_concurrent`. Default: no limit.",
};

/** The schema of a time limit whose default is that of the upstream. */
const time = (description: string): Schema<RawDuration> => {
  const { default: _, ...schema } = duration("1s", description);
  return schema;
};

/** Limits of a route, in place of common ones. */
export const routeLimitsSchema: Schema<RawRouteLimits> = {
  ...object(
    {
      maxBodyBytes,
      maxConcurrent,
      headersTimeout: time("In place of that of the upstream."),
      bodyTimeout: time("In place of that of the upstream."),
    },
    [],
    "Limits of this route.",
  ),
  title: "an object with at least one of maxBodyBytes, maxConcurrent, headersTimeout, bodyTimeout",
  minProperties: 1,
};

export function readRouteLimits(
  raw: RawRouteLimits | undefined,
  at: ConfigPath,
  context: ReadContext,
): RouteLimits | undefined {
  if (raw === undefined) return undefined;
  const { headersTimeout, bodyTimeout, ...numbers } = raw;
  const read = (name: string, text: RawDuration | undefined): number | undefined =>
    text === undefined ? undefined : requirePositive(text, [...at, name], context);
  return Object.freeze({
    maxBodyBytes: numbers.maxBodyBytes,
    maxConcurrent: numbers.maxConcurrent,
    headersTimeoutMs: read("headersTimeout", headersTimeout),
    bodyTimeoutMs: read("bodyTimeout", bodyTimeout),
  });
}
