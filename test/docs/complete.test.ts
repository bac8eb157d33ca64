import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { documents, readDocument } from "./markdown.js";

interface Manifest {
  readonly exports: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

test("docs/dependencies.md names every package, and each peer with its range", () => {
  const text = readDocument("docs/dependencies.md");
  const { dependencies, peerDependencies, devDependencies } = manifest;
  const all = Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies });
  assert.deepEqual(
    all.filter((name) => !(text.includes(`\`${name}\``) || text.includes(`\`${name.split("/")[0]}/*\``))),
    [],
  );
  const ranges = Object.entries({ ...dependencies, ...peerDependencies });
  assert.deepEqual(
    ranges.filter(([name, range]) => {
      const [, said = "none"] = new RegExp(`\\| \`${name}\` \\| \\^?([\\d.]+)`).exec(text) ?? [];
      return !`${range.replace(/^\D+/, "")}.`.startsWith(`${said}.`);
    }),
    [],
  );
});

test("CONTRIBUTING says what every folder of src is for", () => {
  const text = readDocument("CONTRIBUTING.md");
  const folders = readdirSync("src", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    folders.map(({ name }) => name).filter((name) => !text.includes(`| \`src/${name}\` |`)),
    [],
  );
});

test("the documents say what every entry of the package is for", () => {
  const text = documents.map(readDocument).join("");
  const entries = Object.keys(manifest.exports).filter((entry) => /^\.\/[a-z-]+$/.test(entry));
  assert.ok(entries.length > 10);
  assert.deepEqual(
    entries.filter((entry) => !text.includes(`sallyport${entry.slice(1)}`)),
    [],
  );
});
