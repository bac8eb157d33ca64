import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { itInFull } from "../size.js";

itInFull("the build compiles what has changed, and keeps nothing whose source is gone", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-build-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (path: string) => join(folder, path);
  const build = () => {
    const { status, stderr } = spawnSync(process.execPath, [resolve("scripts/build.mjs")], {
      cwd: folder,
      encoding: "utf8",
    });
    return { status, compiled: stderr.includes("Compiling") };
  };
  symlinkSync(resolve("node_modules"), at("node_modules"));
  mkdirSync(at("src"));
  const options = { module: "nodenext", rootDir: ".", outDir: "dist", declaration: true, noEmitOnError: true };
  const compilerOptions = {
    ...options,
    incremental: true,
    tsBuildInfoFile: "dist/tsconfig.tsbuildinfo",
    types: [],
    lib: ["es5"],
  };
  writeFileSync(at("tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  writeFileSync(at("package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(at("src/one.ts"), "export const one: number = 1;\n");
  writeFileSync(at("src/two.ts"), "export const two: number = 2;\n");

  assert.deepEqual(build(), { status: 0, compiled: true });
  assert.ok(existsSync(at("dist/src/two.js")));
  assert.deepEqual(build(), { status: 0, compiled: false });

  rmSync(at("src/two.ts"));
  assert.equal(build().status, 0);
  assert.deepEqual(
    ["one.js", "two.js", "two.d.ts"].filter((name) => existsSync(at(`dist/src/${name}`))),
    ["one.js"],
  );

  rmSync(at("dist/src/one.js"));
  assert.deepEqual(build(), { status: 0, compiled: true });
  assert.ok(existsSync(at("dist/src/one.js")));

  writeFileSync(at("src/one.ts"), 'export const one: number = "1";\n');
  for (let time = 0; time < 2; time += 1) assert.deepEqual(build(), { status: 1, compiled: true });
});
