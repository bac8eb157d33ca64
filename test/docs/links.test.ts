import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { anchorsOf, documents, proseOf, readDocument } from "./markdown.js";

test("every relative link leads to a file, and to a heading that is there", () => {
  const broken = documents.flatMap((document) => {
    const text = readDocument(document);
    return Array.from(proseOf(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = "", anchor] = target.split("#", 2);
        const file = path === "" ? document : normalize(join(dirname(document), path));
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(readDocument(file)).has(anchor);
      })
      .map((target) => `${document}: ${target}`);
  });
  assert.deepEqual(broken, []);
});

test("every test that a document names is there, in the file that it names", () => {
  let named = 0;
  const missing: string[] = [];
  for (const document of documents) {
    // `test/stores/races.test.ts`, or with names: `test/….ts` "a sentence", "another"
    for (const match of proseOf(readDocument(document)).matchAll(
      /`((?:test|src|examples|bench|scripts)\/[\w./-]+\.\w+)`((?:,? "[^"\n]+")*)/g,
    )) {
      const [, path = "", names = ""] = match;
      if (!existsSync(path)) missing.push(`${document}: ${path}`);
      for (const [, name = ""] of names.matchAll(/"([^"]+)"/g)) {
        named++;
        if (!existsSync(path) || !readFileSync(path, "utf8").includes(name))
          missing.push(`${document}: ${path} "${name}"`);
      }
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(named > 0, "the threat model names tests");
});
