import { readdirSync } from "node:fs";

/**
 * The built test files, sorted.
 *
 * @param long `*.long.test.js` alone; otherwise all others but those that scripts/interop.mjs provides for.
 * @param words all of which the path contains.
 */
export function findTests({ long = false, words = [] } = {}) {
  return readdirSync("dist/test", { recursive: true })
    .filter((name) => name.endsWith(".test.js") && name.endsWith(".long.test.js") === long)
    .filter((name) => !name.endsWith(".interop.test.js"))
    .map((name) => `dist/test/${name}`)
    .filter((name) => words.every((word) => name.includes(word)))
    .sort();
}
