// Compiles into dist/ what has changed, and takes away what has no source any more: a deleted test must not run on, and a
// deleted module must not be published.
//   node scripts/build.mjs
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What tsconfig.json includes. */
const roots = ["src", "test", "examples", "bench"];

/** tsc knows by it what has changed. */
const buildInfo = "dist/tsconfig.tsbuildinfo";

/** Of everything that decides what comes out. */
const inputs = ["tsconfig.json", "package.json", "node_modules/.package-lock.json"];

/** @returns the exit code of the compiler: 0 also when there was nothing to do. */
export function build() {
  const isStale = removeStale();
  if (!isStale && isCurrent()) return 0;
  console.error("Compiling …");
  // Without all that it has written, tsc believes that nothing is left to do.
  if (isStale || isIncomplete()) rmSync(buildInfo, { force: true });
  const begun = new Date();
  const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc"], {
    stdio: ["ignore", 2, "inherit"], // to standard error: `npm start | …` sees only the program
  });
  // Its age says what it knows of: nothing that changed since then, and nothing at all after a fault.
  if (existsSync(buildInfo)) utimesSync(buildInfo, begun, status === 0 ? begun : new Date(0));
  return status ?? 1;
}

function listFiles(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const listSources = () => roots.flatMap(listFiles).filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));

const toOutput = (source) => join("dist", source.replace(/\.ts$/, ".js"));

/** Takes away every output whose source is gone. @returns whether there was one. */
function removeStale() {
  const expected = new Set(
    listSources().flatMap((source) => [toOutput(source), toOutput(source).replace(/js$/, "d.ts")]),
  );
  const stale = roots.flatMap((root) => listFiles(join("dist", root))).filter((path) => !expected.has(path));
  for (const path of stale) rmSync(path);
  return stale.length > 0;
}

const isIncomplete = () => listSources().some((source) => !existsSync(toOutput(source)));

function isCurrent() {
  const builtAt = statSync(buildInfo, { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined || isIncomplete()) return false;
  const paths = [...roots.flatMap(listFiles), ...inputs];
  return paths.every((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < builtAt);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(build());
