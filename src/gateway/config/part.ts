import type { ConfigPath } from "./document.js";
import type { ReadContext } from "./read-context.js";
import type { Schema } from "./schema.js";

/** A part of the configuration, in one place: how it is spelled, and what it becomes. */
export interface Part<Config, Context extends ReadContext = ReadContext> {
  readonly schema: Schema;
  /** @param raw what the schema lets through; `undefined` when the file does not have it. */
  read(raw: unknown, path: ConfigPath, context: Context): Config;
}

/** A part whose reader is typed by its schema. */
export function part<Raw, Config>(
  schema: Schema<Raw>,
  read: (raw: Raw | undefined, path: ConfigPath, context: ReadContext) => Config,
): Part<Config> {
  return { schema, read: read as Part<Config>["read"] };
}

/** Parts by their names in the file, which are those of what they become. */
export type Parts<Configs, Context extends ReadContext> = {
  readonly [Name in keyof Configs]: Part<Configs[Name], Context>;
};

/** The properties of an object that consists of these parts. */
export function schemasOf(parts: Readonly<Record<string, Part<unknown>>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(parts).map(([name, { schema }]) => [name, schema]));
}

/**
 * Reads all of an object, in the order of its parts.
 *
 * @param into what has been read so far, for the parts that build on others
 */
export function readParts<Configs extends object, Context extends ReadContext>(
  parts: Parts<Configs, Context>,
  raw: Readonly<Record<string, unknown>>,
  path: ConfigPath,
  context: Context,
  into: Partial<Configs> = {},
): Configs {
  for (const name of Object.keys(parts) as (keyof Configs & string)[]) {
    into[name] = parts[name].read(raw[name], [...path, name], context);
  }
  return Object.freeze(into) as Configs;
}
