import { Ajv } from "ajv";
import ucs2length from "ajv/dist/runtime/ucs2length.js";
import standalone from "ajv/dist/standalone/index.js";

const head = `// @ts-nocheck
// Made from src/gateway/config by \`npm run generate\`; do not edit.

/** A place where a value breaks the schema of the configuration. */
export interface ShapeError {
  /** The keyword of JSON Schema that is broken. */
  readonly keyword: string;
  /** The place of the value: a JSON Pointer (RFC 6901). */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The key that is broken, when the fault is a key and not a value. */
  readonly propertyName?: string;
}

/** Holds a value against the schema of the configuration. Returns every fault; none when the value has the shape. */
export function findShapeErrors(value: unknown): readonly ShapeError[] {
  return VALIDATE(value) ? [] : VALIDATE.errors;
}
`;

/**
 * Returns the source of a module that checks a value against the schema. It imports nothing and makes no code of text, so
 * that it runs under `--disallow-code-generation-from-strings`.
 */
export function toValidator(schema) {
  const ajv = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    strictRequired: false,
    messages: false, // the words come from the schema's titles
    inlineRefs: false,
    code: { source: true, esm: true, lines: true },
  });
  const code = standalone(ajv, ajv.compile(toRules(schema)));
  const [start, name] = /^"use strict";\s*export const validate = (\w+);\s*export default \w+;/.exec(code) ?? [];
  if (start === undefined) throw new Error("ajv's standalone code begins in another way than it did");
  const body = code.slice(start.length).replaceAll(/require\("[^"]*"\)\.default/g, inlined);
  if (/\b(require|import|eval|Function)\s*\(/.test(body))
    throw new Error("the validator needs more than it has inlined");
  return `${head.replaceAll("VALIDATE", name)}${body.trimEnd()}\n`;
}

function inlined(needed) {
  if (needed !== ucs2length.default.code) throw new Error(`the validator needs ${needed}, which is not inlined`);
  return ucs2length.default.toString();
}

/** The schema without prose. Each rule becomes a definition, so that equal ones are checked by one function. */
function toRules(schema) {
  const names = new Map();
  const definitions = {};
  const toDefinition = (rule) => {
    const own = toOwnRule(rule);
    if (own.type === undefined) return own; // a rule for names, which are text
    const text = JSON.stringify(own);
    if (!names.has(text)) {
      names.set(text, `rule${names.size + 1}`);
      definitions[names.get(text)] = own;
    }
    return { $ref: `#/definitions/${names.get(text)}` };
  };
  const toOwnRule = ({ title, description, default: fallback, ...rule }) => mapInner(rule, toDefinition);
  return { ...toOwnRule(schema), definitions };
}

/** Replaces the rules of what is inside a value. */
function mapInner(rule, map) {
  const inner = { ...rule };
  for (const key of ["items", "additionalProperties", "propertyNames"]) {
    if (typeof rule[key] === "object") inner[key] = map(rule[key]);
  }
  if (rule.properties !== undefined) {
    inner.properties = Object.fromEntries(Object.entries(rule.properties).map(([name, each]) => [name, map(each)]));
  }
  return inner;
}
