import { durationPattern } from "./duration.js";

/**
 * The part of JSON Schema (draft 07) that the configuration uses. `title` is a noun phrase: it completes "must be …" in
 * messages. `description` is for the reference in `docs/configuration.md`.
 */
export interface Schema {
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
}

export const text = (title: string, description: string): Schema => ({
  type: "string",
  minLength: 1,
  title,
  description,
});

export const path = (description: string): Schema => text("a path", `${description} Relative to this file.`);

export const flag = (description: string): Schema => ({
  type: "boolean",
  title: "true or false",
  default: false,
  description,
});

export const list = (items: Schema, title: string, description: string): Schema => ({
  type: "array",
  items,
  title,
  description,
});

/** A list that asks for something: an empty one would let everybody in who wrote it to let nobody in. */
export const condition = (listed: Schema): Schema => ({
  ...listed,
  minItems: 1,
  title: `${listed.title} (leave it out to ask for nothing)`,
});

export const count = (fallback: number, description: string): Schema => ({
  type: "integer",
  minimum: 1,
  maximum: 1_000_000,
  title: "a whole number from 1 to 1000000",
  default: fallback,
  description,
});

export const duration = (fallback: string, description: string): Schema => ({
  type: "string",
  pattern: durationPattern,
  title: "a duration with its unit, such as 500ms, 30s, 5m, 12h or 7d",
  default: fallback,
  description,
});

export const object = (
  properties: Record<string, Schema>,
  required: readonly string[],
  description: string,
): Schema => ({
  type: "object",
  title: `an object of ${Object.keys(properties).join(", ")}`,
  description,
  properties,
  required,
  additionalProperties: false,
});

export const oneOf = (properties: Record<string, Schema>, description: string): Schema => ({
  ...object(properties, [], description),
  title: `an object with exactly one of ${Object.keys(properties).join(", ")}`,
  minProperties: 1,
  maxProperties: 1,
});

export const mapOf = (values: Schema, names: Schema, title: string, description: string): Schema => ({
  type: "object",
  title,
  description,
  minProperties: 1,
  propertyNames: names,
  additionalProperties: values,
});
