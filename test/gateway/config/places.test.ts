import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { configSchema } from "../../../src/gateway/config/config.js";
import type { Schema } from "../../../src/gateway/config/schema.js";

// In how many files of `src/gateway/config` each word of the configuration is spelled.

const room = "src/gateway/config/";

const files = readdirSync(room, { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts"));

const token =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"((?:[^"\\\n]|\\.)*)"|'(?:[^'\\\n]|\\.)*'|`((?:[^`\\]|\\.)*)`|[A-Za-z_$][\w$]*|[\s\S]/g;

/** Its identifiers, and its strings of one word. Comments and prose are not code. */
function wordsOf(code: string): string[] {
  return [...code.matchAll(token)].flatMap(([whole, string, template]) => {
    if (string !== undefined) return /^[\w-]+$/.test(string) ? [string] : [];
    if (template === undefined) return /^[A-Za-z_$]/.test(whole) ? [whole] : [];
    const inner = template.matchAll(/\\.|\$\{((?:[^{}]|\{[^{}]*\})*)\}/g);
    return [...inner].flatMap(([, expression = ""]) => wordsOf(expression));
  });
}

const words = new Map(files.map((name) => [name, new Set(wordsOf(readFileSync(room + name, "utf8")))]));

/** A duration `idle` is an option `idleMs`. */
const spelling = (word: string): string[] =>
  files.filter((name) => words.get(name)?.has(word) || words.get(name)?.has(`${word}Ms`));

const propertiesOf = (schema: Schema | undefined): string[] => Object.keys(schema?.properties ?? {});

const sections = propertiesOf(configSchema);
const { handlers, store } = configSchema.properties ?? {};
const ofHandlers = propertiesOf(handlers?.additionalProperties || undefined);
const ofStores = propertiesOf(store);

/** The schemas of a name: one for each option that has it, and one for an option that several parts share. */
const schemasOf = new Map<string, Set<Schema>>();

(function collect(schema: Schema): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    schemasOf.set(name, (schemasOf.get(name) ?? new Set()).add(property));
    collect(property);
  }
  for (const inner of [schema.items, schema.additionalProperties || undefined]) if (inner) collect(inner);
})(configSchema);

const options = [...schemasOf.keys()].filter((name) => ![...sections, ...ofHandlers, ...ofStores].includes(name));

/** Options whose name is also an everyday word of the code that reads them. */
const everyday = [
  "file",
  "filter",
  "host",
  "key",
  "path",
  "pattern",
  "roles",
  "rules",
  "scheme",
  "schemes",
  "secret",
  "type",
  "url",
  "value",
];

/**
 * Options with the name of something else that this room reads or passes on, such as `maxAge` of a log-in and of a preflight,
 * and `audience`, one schema of two kinds.
 */
const namesakes = [
  "absolute",
  "audience",
  "ca",
  "claims",
  "clientCertificate",
  "cookie",
  "flight",
  "identity",
  "match",
  "maxAge",
  "methods",
  "password",
  "set",
  "sha256",
  "tls",
  "upstream",
];

test("an option is spelled in one file: that of the part which has it", () => {
  const notMeasured = [...everyday, ...namesakes];
  assert.deepEqual(
    notMeasured.filter((name) => !options.includes(name)),
    [],
    "an option that is gone",
  );
  const measured = options.filter((name) => !notMeasured.includes(name));
  assert.ok(measured.length >= 90, `only ${measured.length} are measured`);
  const scattered = measured
    .map((name) => ({ name, files: spelling(name) }))
    .filter(({ name, files }) => files.length === 0 || files.length > (schemasOf.get(name)?.size ?? 0));
  assert.deepEqual(scattered, []);
});

/** The files that export this constant. */
const declaring = (constant: string): string[] =>
  files.filter((name) => new RegExp(`^export const ${constant}\\b`, "m").test(readFileSync(room + name, "utf8")));

for (const [what, names, table, constantOf] of [
  ["a kind of handler", ofHandlers, "handlers.ts", (name: string) => `${name}Kind`],
  ["a kind of store", ofStores, "stores.ts", (name: string) => `${name}Kind`],
  ["a section", sections, "config.ts", (name: string) => `${name}Section`],
] as const) {
  test(`${what} is one file, and rows of ${table}`, () => {
    assert.ok(names.length > 1);
    for (const name of names) {
      const constant = constantOf(name);
      assert.equal(declaring(constant).length, 1, constant);
      assert.deepEqual(spelling(constant).sort(), [...declaring(constant), table].sort(), constant);
    }
  });
}

/** Kinds whose name is also that of a section or an option. */
const shared = [...ofHandlers, ...ofStores].filter(
  (name) => sections.includes(name) || (schemasOf.get(name)?.size ?? 0) > 1,
);

test("the name of a kind is spelled in its file and in the rows of the table", () => {
  assert.deepEqual([...shared].sort(), ["anonymous", "keys", "users"]);
  const rows = [...ofHandlers.map((name) => [name, "handlers.ts"]), ...ofStores.map((name) => [name, "stores.ts"])];
  for (const [name = "", table = ""] of rows.filter(([name = ""]) => !shared.includes(name))) {
    const places = [...declaring(`${name}Kind`), table];
    assert.deepEqual(
      spelling(name).filter((file) => !places.includes(file)),
      [],
      name,
    );
  }
});
