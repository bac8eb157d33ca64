import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files of one folder that share a process: to start Node and load the project takes longer than most files' tests. */
const perProcess = 12;

/**
 * What a file may do only in a process of its own: hooks for all tests, its environment, signals, flags, clocks, memory.
 * A folder's slow files come first in it, so these begin early.
 */
const needsOwnProcess =
  /^(before|after|beforeEach|afterEach)\(|process\.(env\.\w+ =|env\[|on\(|once\(|exit|chdir|umask|memoryUsage|emit)|mock\.timers|globalThis\.\w+ =|setFlagsFromString|new Worker\(|expose-gc|gc\(\)/m;

/**
 * Joins test files into fewer processes.
 *
 * @param files paths of built test files.
 * @returns the paths to run: files that need a process of their own, and made ones that import up to `perProcess` others.
 */
export function groupTests(files) {
  const folder = "dist/groups";
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const alone = [];
  const shared = new Map();
  for (const file of files) {
    if (needsOwnProcess.test(readFileSync(file, "utf8"))) alone.push(file);
    else shared.set(dirname(file), [...(shared.get(dirname(file)) ?? []), file]);
  }
  const groups = [...shared].flatMap(([of, members]) => {
    const chunks = [];
    for (let at = 0; at < members.length; at += perProcess) chunks.push(members.slice(at, at + perProcess));
    return chunks.map((chunk, at) => {
      if (chunk.length === 1) return chunk[0];
      const path = join(folder, `${of.slice("dist/test/".length).replaceAll("/", "-")}-${at + 1}.test.js`);
      writeFileSync(path, chunk.map((file) => `import "../../${file}";\n`).join(""));
      return path;
    });
  });
  return [...alone, ...groups];
}
