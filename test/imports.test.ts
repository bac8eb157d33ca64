import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const toModule = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

const hooks = toModule(`
  import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) writeSync(2, url + "\\n");
    return next(url, context);
  }`);

/** Every file that an import of `entry` loads, in a process of its own. */
function filesOf(entry: string): string[] {
  const register = toModule(`import { register } from "node:module"; register(${JSON.stringify(hooks)});`);
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--import", register, "--input-type=module", "--eval", `import ${JSON.stringify(entry)}`],
    { encoding: "utf8" },
  );
  assert.equal(status, 0, stderr);
  return stderr.trim().split("\n");
}

const packagesOf = (files: readonly string[]): string[] =>
  [...new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []))].sort();

/** What an entry loads before anything of it is used. What is optional or large comes with its first use. */
const entries: Readonly<Record<string, { readonly most: number; readonly packages: readonly string[] }>> = {
  sallyport: { most: 205, packages: ["ipaddr.js"] },
  "sallyport/node": { most: 37, packages: ["ipaddr.js", "on-headers"] },
  "sallyport/express": { most: 32, packages: ["ipaddr.js", "on-headers"] },
  "sallyport/koa": { most: 32, packages: ["ipaddr.js", "on-headers"] },
  "sallyport/sqlite": { most: 36, packages: [] },
  "sallyport/memory": { most: 25, packages: [] },
};

for (const [entry, { most, packages }] of Object.entries(entries)) {
  test(`import "${entry}" loads ${most} files at most, and only packages that it cannot do without`, (t) => {
    const files = filesOf(entry);
    t.diagnostic(`${files.length} files`);
    assert.ok(files.length <= most, files.join("\n"));
    assert.deepEqual(packagesOf(files), packages);
  });
}
