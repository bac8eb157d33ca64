import { durationPattern } from "./duration.js";

declare const spelled: unique symbol;

/**
 * The part of JSON Schema (draft 07) that the configuration uses. `title` is a noun phrase: it completes "must be …" in
 * messages. `description` is for the reference in `docs/configuration.md`.
 *
 * @typeParam Raw a value of the schema, as its reader gets it: its malformed parts were reported and removed
 */
export interface Schema<Raw = unknown> {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: Schema | false;
  readonly propertyNames?: Schema;
  /** Absent at run time: it carries the type. */
  readonly [spelled]?: Raw;
}

/** The type of the values of a schema. */
export type RawOf<S> = S extends Schema<infer Raw> ? Raw : never;

/** A list whose malformed items are `undefined`. */
export type RawList<T> = readonly (T | undefined)[];

/** Values by names that the operator chose. */
export type RawMap<T> = { readonly [name: string]: T };

/** An object whose malformed properties are missing, also required ones. */
export type RawObject<Properties> = { readonly [Name in keyof Properties]?: RawOf<Properties[Name]> };

/** A duration with its unit, such as `5m`, for `parseDuration`. */
export type RawDuration = string & { readonly [spelled]: "duration" };

export const text = (title: string, description: string): Schema<string> => ({
  type: "string",
  minLength: 1,
  title,
  description,
});

export const path = (description: string): Schema<string> => text("a path", `${description} Relative to this file.`);

export const flag = (description: string): Schema<boolean> => ({
  type: "boolean",
  title: "true or false",
  default: false,
  description,
});

/** Makes the schema of one of a few words. */
export const choice = <const Word extends string>(
  words: readonly Word[],
  fallback: NoInfer<Word> | undefined,
  description: string,
): Schema<Word> => ({
  type: "string",
  enum: words,
  title: words.join(", ").replace(/, ([^,]*)$/, " or $1"),
  ...(fallback !== undefined && { default: fallback }),
  description,
});

export const list = <T>(items: Schema<T>, title: string, description: string): Schema<RawList<T>> => ({
  type: "array",
  items,
  title,
  description,
});

/** A number of bytes. */
export const bytes = (minimum: number, maximum: number): Schema<number> => ({
  type: "integer",
  minimum,
  maximum,
  title: `a whole number of bytes from ${minimum} to ${maximum}`,
});

/**
 * Makes the schema of a list that is a condition. An empty one is refused: it looks as if it let no caller in, and lets
 * all in.
 */
export const condition = <T>(listed: Schema<T>): Schema<T> => ({
  ...listed,
  minItems: 1,
  title: `${listed.title} (leave it out to ask for nothing)`,
});

export const count = (fallback: number, description: string): Schema<number> => ({
  type: "integer",
  minimum: 1,
  maximum: 1_000_000,
  title: "a whole number from 1 to 1000000",
  default: fallback,
  description,
});

/** A part of all, from none to each. */
export const share = (fallback: number, description: string): Schema<number> => ({
  type: "number",
  minimum: 0,
  maximum: 1,
  title: "a number from 0 to 1",
  default: fallback,
  description,
});

export const duration = (fallback: string, description: string): Schema<RawDuration> => ({
  type: "string",
  pattern: durationPattern,
  title: "a duration with its unit, such as 500ms, 30s, 5m, 12h or 7d",
  default: fallback,
  description,
});

export const object = <Properties extends Record<string, Schema>>(
  properties: Properties,
  required: readonly (keyof Properties & string)[],
  description: string,
): Schema<RawObject<Properties>> => ({
  type: "object",
  title: `an object of ${Object.keys(properties).join(", ")}`,
  description,
  properties,
  required,
  additionalProperties: false,
});

export const oneOf = <Properties extends Record<string, Schema>>(
  properties: Properties,
  description: string,
): Schema<RawObject<Properties>> => ({
  ...object(properties, [], description),
  title: `an object with exactly one of ${Object.keys(properties).join(", ")}`,
  minProperties: 1,
  maxProperties: 1,
});

export const mapOf = <T>(values: Schema<T>, names: Schema, title: string, description: string): Schema<RawMap<T>> => ({
  type: "object",
  title,
  description,
  minProperties: 1,
  propertyNames: names,
  additionalProperties: values,
});
