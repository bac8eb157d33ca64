import { durationPattern, parseDuration } from "./duration.js";
import type { RawDuration, Schema } from "./schema.js";

/** Settings with each duration `name` in milliseconds, as `nameMs`. */
export type InMs<Raw> = {
  readonly [Name in keyof Raw as Raw[Name] extends RawDuration | undefined
    ? `${Name & string}Ms`
    : Name]: Raw[Name] extends RawDuration | undefined ? number : Raw[Name];
};

/** Returns the names of the settings that are durations. */
export function durationsOf({ properties = {} }: Schema): readonly string[] {
  return Object.keys(properties).filter((name) => properties[name]?.pattern === durationPattern);
}

/** Converts settings into options: a duration `name` becomes `nameMs`, in milliseconds. */
export function inMs<Raw extends object>(schema: Schema<Raw>, raw: Raw): InMs<Raw> {
  const durations = new Set(durationsOf(schema));
  const entries = Object.entries(raw).map(([name, value]) =>
    durations.has(name) ? [`${name}Ms`, parseDuration(String(value))] : [name, value],
  );
  return Object.fromEntries(entries) as InMs<Raw>;
}

/** Replaces the names of options in a message by those of settings: `idleMs` by `idle`. */
export function withoutMs(message: string): string {
  return message.replaceAll(/\b([a-z]+[A-Za-z]*)Ms\b/g, "$1");
}
