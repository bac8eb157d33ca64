import { type ConfigPath, toPathText } from "./document.js";
import { parseDuration } from "./duration.js";
import { durationsOf, type InMs } from "./in-ms.js";
import type { ReadContext } from "./read-context.js";
import type { RawDuration, Schema } from "./schema.js";

type DurationsIn<Raw> = {
  readonly [Name in keyof Raw as Raw[Name] extends RawDuration | undefined ? Name : never]: Raw[Name];
};

/**
 * Reads the durations of an object, or their defaults, in milliseconds: each more than 0, and at most what timers take.
 */
export function readTimeouts<Raw extends object>(
  schema: Schema<Raw>,
  raw: Raw,
  path: ConfigPath,
  context: ReadContext,
): Required<InMs<DurationsIn<Raw>>> {
  const given = raw as Readonly<Record<string, unknown>>;
  const entries = durationsOf(schema).map((name) => {
    const text = String(given[name] ?? schema.properties?.[name]?.default);
    return [`${name}Ms`, requirePositive(text, [...path, name], context)];
  });
  return Object.fromEntries(entries);
}

/** Reads a time-out. Zero is refused: it would mean no time-out, and a slow peer could hold a connection for ever. */
export function requirePositive(text: string, path: ConfigPath, context: ReadContext): number {
  const ms = parseDuration(text) ?? 0;
  if (ms === 0) context.report(path, `${toPathText(path)} must be longer than 0`);
  // Timers take 31 bits.
  if (ms > 2 ** 31 - 1) context.report(path, `${toPathText(path)} must be at most 24d`);
  return ms;
}
