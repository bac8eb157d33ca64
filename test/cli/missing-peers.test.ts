import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { sized } from "../size.js";

const toModule = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

/** A process in which these packages are not installed. */
function without(pattern: RegExp): readonly string[] {
  const hooks = toModule(`export function resolve(specifier, context, next) {
    if (!${pattern}.test(specifier)) return next(specifier, context);
    throw Object.assign(new Error("not installed"), { code: "ERR_MODULE_NOT_FOUND" });
  }`);
  return [
    "--no-warnings",
    "--import",
    toModule(`import { register } from "node:module"; register(${JSON.stringify(hooks)});`),
  ];
}

function sallyport(args: readonly string[], lacking: RegExp) {
  return spawnSync(process.execPath, [...without(lacking), "dist/src/cli/main.js", ...args], { encoding: "utf8" });
}

// Neither a peer nor one of our own dependencies but the parser of arguments.
const everyPackage = /^(?!commander$|node:|\.|data:|file:)/;

const bare = [["version"], ["--version"], ["--help"], ["serve", "--help"], ["sessions", "end", "--help"]];
for (const args of bare.slice(0, sized(1, bare.length))) {
  test(`sallyport ${args.join(" ")} loads no package`, () => {
    const { status, stdout, stderr } = sallyport(args, everyPackage);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.notEqual(stdout, "");
  });
}

const withFile = [
  ["check", "-c", "no-such-file"],
  ["sessions", "ls", "-c", "no-such-file"],
  ["throttle", "reset", "--account", "ada", "-c", "no-such-file"],
  ["keys", "ls", "no-such-file"],
  ["api-keys", "ls", "no-such-file"],
];
for (const args of withFile.slice(0, sized(1, withFile.length))) {
  test(`sallyport ${args.join(" ")} needs no peer to say that the file is not there`, () => {
    const { status, stderr } = sallyport(args, /^@/);
    assert.equal(status, 1);
    assert.match(stderr, /no-such-file/);
  });
}

for (const args of [["serve"], ["explain", "-"]]) {
  test(`sallyport ${args.join(" ")} says which packages to install where one is missing`, () => {
    const { status, stdout, stderr } = sallyport(args, /^@bufbuild\//);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^This command needs packages that are not installed\. Run:\n {2}npm install @bufbuild\/protobuf /,
    );
  });
}
