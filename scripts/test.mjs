// Runs the built tests. An explicit list: `node --test DIR` fails on Node 22 and 24, and globs are not understood on 20.
//   node scripts/test.mjs            everything but *.long.test.js
//   node scripts/test.mjs --long     only *.long.test.js
//   node scripts/test.mjs stores     only files whose path contains "stores"
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const words = process.argv.slice(2);
const long = words.includes("--long");
const filters = words.filter((word) => !word.startsWith("--"));
const files = readdirSync("dist/test", { recursive: true })
  .filter((name) => name.endsWith(".test.js") && name.endsWith(".long.test.js") === long)
  .filter((name) => !name.endsWith(".interop.test.js")) // scripts/interop.mjs provides for those
  .filter((name) => filters.every((filter) => name.includes(filter)))
  .sort()
  .map((name) => `dist/test/${name}`);
if (files.length === 0) {
  console.error("No test file matches. Was it built? `npm run build`");
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
