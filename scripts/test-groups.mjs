import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files of a process, at most: to start Node and load the project takes longer than most files' tests. */
const perProcess = 14;

/**
 * What a file may do only in a process of its own: hooks outside a `describe`, which would run for the tests of others or
 * long before its own; its environment, signals, flags, clocks, memory. An `after` cleans up at the end of the process.
 */
const needsOwnProcess =
  /^(before|beforeEach|afterEach)\(|process\.(env\.\w+ = |env\[|on\(|once\(|exit|chdir|umask|memoryUsage|emit)|assign\(process\.env|mock\.timers|globalThis\.\w+ =|setFlagsFromString|new Worker\(|expose-gc|gc\(\)/m;

/**
 * Joins test files into fewer processes, in the order of their paths: those of one folder load the same modules.
 *
 * @param files paths of built test files.
 * @returns the paths to run: made ones that import a bound for hanging tests and then one file or several.
 */
export function groupTests(files) {
  const folder = "dist/groups";
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const alone = files.filter((file) => needsOwnProcess.test(readFileSync(file, "utf8")));
  const shared = files.filter((file) => !alone.includes(file));
  return [...alone.map((file) => [file]), ...chunksOf(shared)].map((members, at) => {
    const path = join(folder, `${at + 1}-${nameOf(members)}.test.js`);
    const imports = ["../../scripts/test-deadline.mjs", ...members.map((file) => `../../${file}`)];
    writeFileSync(path, imports.map((from) => `import "${from}";\n`).join(""));
    return path;
  });
}

/** Parts of as equal size as can be. */
function chunksOf(files) {
  const count = Math.ceil(files.length / perProcess);
  const start = (at) => Math.round((at * files.length) / count);
  return Array.from({ length: count }, (_, at) => files.slice(start(at), start(at + 1)));
}

/** The file, or from which folder to which. */
function nameOf(members) {
  const [first, last] = [members[0], members.at(-1)].map((file) => file.replace(/^dist\/test\/|\.test\.js$/g, ""));
  const names = members.length === 1 ? [first] : new Set([folderOf(first), folderOf(last)]);
  return [...names].join("-to-").replaceAll("/", "-");
}

const folderOf = (name) => (name.includes("/") ? dirname(name) : name);
