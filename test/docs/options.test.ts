import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { resolveOptions } from "../../src/engine/options.js";
import { memory } from "../../src/stores/memory/memory.js";
import { documents, proseOf, readDocument } from "./markdown.js";

/** The declarations of the built package, without comments. */
const declarations = readdirSync("dist/src", { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".d.ts") && !name.startsWith("gen/"))
  .map((name) => readFileSync(join("dist/src", name), "utf8").replace(/\/\*[\s\S]*?\*\//g, ""))
  .join("\n");
const members = new Set(Array.from(declarations.matchAll(/^\s+(?:readonly )?(\w+)\??[:(]/gm), ([, name]) => name));
const prose = new Map(documents.map((path) => [path, proseOf(readDocument(path))]));
const everything = [...prose.values()].join("\n");

interface Row {
  readonly path: string;
  readonly option: string;
  /** What the column "default" says; empty without such a column. */
  readonly otherwise: string;
}

/** The rows of every table whose first column is "option". */
const rows: readonly Row[] = [...prose].flatMap(([path, text]) =>
  Array.from(text.matchAll(/^\| *option *\|.*\n(?:\|.*(?:\n|$))+/gm)).flatMap(([table]) => {
    const [head = [], , ...lines] = table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    return lines.flatMap((cells) => {
      const option = /^`(\w+)`/.exec(cells[1] ?? "")?.[1];
      return option === undefined ? [] : [{ path, option, otherwise: cells[head.indexOf("default")] ?? "" }];
    });
  }),
);

test("every option in a table of options is in the types", () => {
  const unknown = rows.filter(({ option }) => !members.has(option));
  assert.deepEqual(unknown, []);
  assert.ok(rows.length > 50, `only ${rows.length} options were found`);
});

test("every default that is a number is the one that the engine takes", () => {
  const { rules, caps, ...resolved } = resolveOptions({ handlers: [], store: memory() });
  const taken = new Map<string, unknown>(Object.entries({ ...rules, ...resolved }));
  taken.set("maxSessionsPerSubject", caps.claimed).set("maxUnclaimedPerSubject", caps.unclaimed);
  let compared = 0;
  for (const { path, option, otherwise } of rows) {
    const [, digits, unit] = /^(\d[\d,]*) ?(s|min|h)?\b/.exec(otherwise) ?? [];
    if (digits === undefined || !taken.has(option)) continue;
    const value = Number(digits.replaceAll(",", "")) * ({ s: 1_000, min: 60_000, h: 3_600_000 }[unit ?? ""] ?? 1);
    assert.equal(value, taken.get(option), `${path}: ${option}`);
    compared++;
  }
  assert.ok(compared > 12, `only ${compared} defaults were compared`);
});

test("every duration and size that the documents name is in the sources", () => {
  const sources = readdirSync("src", { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join("src", name), "utf8"))
    .join("\n");
  for (const [path, text] of prose) {
    for (const [, name = ""] of text.matchAll(/`(\w+(?:Ms|Seconds|Bytes))`/g)) {
      assert.match(sources, new RegExp(`\\b${name}\\b`), `${path}: ${name}`);
    }
  }
});

/** The properties of an interface of ours, or `undefined`. */
function optionsOf(name: string): readonly string[] | undefined {
  const body = new RegExp(String.raw`interface ${name}\b[^{]*\{([\s\S]*?)^\}`, "m").exec(declarations)?.[1];
  return body === undefined
    ? undefined
    : Array.from(body.matchAll(/^ {4}(?:readonly )?(\w+)\??[:(]/gm), ([, property = ""]) => property);
}

test("every option of every entry of the package is described", () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Readonly<Record<string, string>> };
  const entries = Object.values(exports).filter((path) => path.endsWith(".js"));
  const text = entries.map((path) => readFileSync(path.replace(/\.js$/, ".d.ts"), "utf8")).join("\n");
  const names = new Set(Array.from(text.matchAll(/\b\w+Options\b/g), ([name]) => name)).add("SessionRules");
  const missing: string[] = [];
  let found = 0;
  for (const name of names) {
    for (const option of optionsOf(name) ?? []) {
      found++;
      if (!everything.includes(`\`${option}\``)) missing.push(`${name}.${option}`);
    }
  }
  assert.ok(found > 50, `only ${found} options were found`);
  assert.deepEqual(missing, []);
});

for (const [type, where] of [
  ["AuthEvent", "docs/operations.md"],
  ["AuthErrorCode", "docs/operations.md"],
  ["AuthenticationReason", "docs/fronts.md"],
  ["GatewayReason", "docs/gateway.md"],
] as const) {
  test(`${where} describes every ${type}`, () => {
    const union = new RegExp(String.raw`type ${type} =([\s\S]*?);\s*(?=export|$)`).exec(declarations)?.[1] ?? "";
    const literals = Array.from(
      union.matchAll(type === "AuthEvent" ? /kind: "([\w-]+)"/g : /"([\w-]+)"/g),
      (m) => m[1],
    );
    assert.ok(literals.length > 3, `${type} was not found`);
    assert.deepEqual(
      literals.filter((literal) => !prose.get(where)?.includes(`\`${literal}\``)),
      [],
    );
  });
}
