import { findShapeErrors, type ShapeError } from "../../gen/config/find-shape-errors.js";
import { suggest } from "../../wire/closest.js";
import { configSchema } from "./config.js";
import { type ConfigDocument, type ConfigFault, type ConfigPath, fromPointer, toPathText } from "./document.js";
import type { RawMap, Schema } from "./schema.js";

/**
 * Checks the document against the JSON Schema. All faults are returned at once; their messages are made of the schema's
 * titles, never of values.
 *
 * @returns the faults, and the value without the parts that have one
 */
export function checkShape(document: ConfigDocument): {
  readonly faults: readonly ConfigFault[];
  readonly value: RawMap<unknown>;
} {
  const { value } = document;
  const errors = findShapeErrors(value);
  if (errors.length === 0) return { faults: [], value: value as RawMap<unknown> };
  const isReported = new Set(document.faults.map(toPlace));
  const faults = new Map<string, ConfigFault>();
  const faulty: ConfigPath[] = [];
  for (const error of errors) {
    const fault = toFault(error, document);
    // One value can break several rules: equal messages are reported once, and no more about a variable that is not
    // set.
    if (!isReported.has(toPlace(fault))) faults.set(`${toPlace(fault)}:${fault.message}`, fault);
    if (error.keyword !== "required") faulty.push(placeOf(error, document));
  }
  return { faults: [...faults.values()], value: (without(value, faulty, []) ?? {}) as RawMap<unknown> };
}

const toPlace = ({ line, column }: ConfigFault): string => `${line}:${column}`;

/** Returns the place to remove for a fault: that of the value, or of the key that should not be there. */
function placeOf({ instancePath, params, propertyName }: ShapeError, { value }: ConfigDocument): ConfigPath {
  const name = params.additionalProperty ?? propertyName;
  const path = fromPointer(instancePath, value);
  return name === undefined ? path : [...path, String(name)];
}

/** Copies a value without the values at these places; lists keep their indexes. */
function without(value: unknown, places: readonly ConfigPath[], path: ConfigPath): unknown {
  if (places.some((place) => place.length === path.length && place.every((step, index) => step === path[index])))
    return undefined;
  if (Array.isArray(value)) return value.map((item, index) => without(item, places, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, item] of Object.entries(value)) {
    const kept = without(item, places, [...path, name]);
    if (kept !== undefined) copy[name] = kept;
  }
  return copy;
}

function toFault(error: ShapeError, document: ConfigDocument): ConfigFault {
  const path = fromPointer(error.instancePath, document.value);
  const schema = schemaAt(path);
  switch (error.keyword) {
    case "additionalProperties": {
      const name = String(error.params.additionalProperty);
      const known = Object.keys(schema.properties ?? {});
      return document.faultAtKey([...path, name], `unknown key ${quote(path, name)}${suggest(name, known)}`);
    }
    case "required": {
      const name = String(error.params.missingProperty);
      const title = schema.properties?.[name]?.title;
      const what = title === undefined ? "" : `; give ${title}`;
      return document.faultAt(path, `${toPathText([...path, name])} is missing${what}`);
    }
    case "propertyNames": {
      const name = String(error.params.propertyName);
      return document.faultAtKey(
        [...path, name],
        `the name ${quote(path, name)} must be ${schema.propertyNames?.title}`,
      );
    }
    default:
      if (error.propertyName !== undefined) {
        return document.faultAtKey(
          [...path, error.propertyName],
          `the name ${quote(path, error.propertyName)} must be ${schema.propertyNames?.title}`,
        );
      }
      return document.faultAt(path, `${toPathText(path) || "the configuration"} must be ${schema.title}`);
  }
}

/** Returns the schema of the value at a path. Paths of errors lead through what the schema knows. */
function schemaAt(path: ConfigPath): Schema {
  let schema = configSchema;
  for (const step of path) {
    const { items, properties, additionalProperties } = schema;
    const named = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
    schema = (typeof step === "number" ? items : named) ?? (additionalProperties || {});
  }
  return schema;
}

/**
 * Quotes the path of a key. A key longer than 64 characters is cut: it may be a value, or a secret, in the wrong place.
 */
function quote(path: ConfigPath, name: string): string {
  return `"${toPathText([...path, name.length > 64 ? "…" : name])}"`;
}
