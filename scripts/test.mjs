// Runs the built tests, as many files side by side as there are cores. An explicit list: `node --test DIR` fails on Node 22
// and 24, and globs are not understood on 20.
//   node scripts/test.mjs            everything but *.long.test.js
//   node scripts/test.mjs --long     only *.long.test.js
//   node scripts/test.mjs stores     only files whose path contains "stores"
// SALLYPORT_TEST_SIZE=full does all of what takes long by its nature; otherwise a part of it is done.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { findTests } from "./test-files.mjs";
import { groupTests } from "./test-groups.mjs";

const words = process.argv.slice(2);
const size = process.env.SALLYPORT_TEST_SIZE ?? "quick";
if (size !== "quick" && size !== "full") {
  console.error(`SALLYPORT_TEST_SIZE is quick or full, not ${size}.`);
  process.exit(1);
}
const files = findTests({
  long: words.includes("--long"),
  words: words.filter((word) => !word.startsWith("--")),
});
if (files.length === 0) {
  console.error("No test file matches. Was it built? `npm run build`");
  process.exit(1);
}
// Long tests count what they do in an hour of their own, and use all cores themselves.
const isLong = words.includes("--long");
const sideBySide = isLong ? 1 : availableParallelism();
const run = isLong ? files : groupTests(files);
console.log(`${files.length} files in ${run.length} processes, ${sideBySide} side by side, size: ${size}`);
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=spec", `--test-concurrency=${sideBySide}`, ...run],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
