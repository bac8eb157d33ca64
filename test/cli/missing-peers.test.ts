import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const toModule = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;

const withoutProtobuf = toModule(`export function resolve(specifier, context, next) {
  if (!specifier.startsWith("@bufbuild/")) return next(specifier, context);
  throw Object.assign(new Error("not installed"), { code: "ERR_MODULE_NOT_FOUND" });
}`);
const hook = toModule(`import { register } from "node:module"; register(${JSON.stringify(withoutProtobuf)});`);

test("who lacks a peer of the gateway is told what to install", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", "--import", hook, "dist/src/cli/main.js", "version"],
    { encoding: "utf8" },
  );
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^The gateway needs packages that are not installed\. Run:\n {2}npm install @bufbuild\/protobuf /,
  );
});
