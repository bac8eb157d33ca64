import type { ConfigPath } from "./document.js";
import type { ReadContext } from "./read-context.js";
import type { Schema } from "./schema.js";

/** A part of the configuration: the schema of its spelling, and the reader of its value. */
export interface Part<Config, Context extends ReadContext = ReadContext> {
  readonly schema: Schema;
  /**
   * Reads the part.
   *
   * @param raw a value of the schema; `undefined` when the file does not have the part
   */
  read(raw: unknown, path: ConfigPath, context: Context): Config;
}

/** Makes a part whose reader is typed by its schema. */
export function part<Raw, Config>(
  schema: Schema<Raw>,
  read: (raw: Raw | undefined, path: ConfigPath, context: ReadContext) => Config,
): Part<Config> {
  return { schema, read: read as Part<Config>["read"] };
}

/** Parts by their names in the file, which the configuration that they become has too. */
export type Parts<Configs, Context extends ReadContext> = {
  readonly [Name in keyof Configs]: Part<Configs[Name], Context>;
};

/** Returns the schemas of an object's properties, from its parts. */
export function schemasOf(parts: Readonly<Record<string, Part<unknown>>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(parts).map(([name, { schema }]) => [name, schema]));
}

/**
 * Reads all parts of an object, in their order.
 *
 * @param into the object to fill, for parts that need those before them
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
