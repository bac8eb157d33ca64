import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import { watchFile } from "../../../src/gateway/run/serve-file.js";

function start(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "gate.yaml");
  writeFileSync(path, "one");
  let next = (): void => {};
  const platform: Platform = {
    ...systemPlatform,
    delay(_ms, done) {
      next = done;
      return () => {
        next = () => {};
      };
    },
  };
  const seen = { changes: 0 };
  const watch = (file: string) => watchFile(file, platform, () => seen.changes++);
  return { directory, path, seen, watch, look: () => next() };
}

test("a change is told once, when the file has stayed as it is for one look", (t) => {
  const { path, seen, watch, look } = start(t);
  const stop = watch(path);
  look();
  assert.equal(seen.changes, 0);
  writeFileSync(path, "half of");
  look();
  writeFileSync(path, "half of it");
  look();
  assert.equal(seen.changes, 0);
  look();
  look();
  assert.equal(seen.changes, 1);
  stop();
  writeFileSync(path, "another");
  look();
  look();
  assert.equal(seen.changes, 1);
});

test("an editor that replaces the file, and a link that is turned, are seen", (t) => {
  const { directory, path, seen, watch, look } = start(t);
  const link = join(directory, "link.yaml");
  symlinkSync(path, link);
  watch(link);
  writeFileSync(`${path}.new`, "two");
  renameSync(`${path}.new`, path);
  look();
  look();
  assert.equal(seen.changes, 1);
  writeFileSync(join(directory, "three.yaml"), "three");
  symlinkSync(join(directory, "three.yaml"), `${link}.new`);
  renameSync(`${link}.new`, link);
  look();
  look();
  assert.equal(seen.changes, 2);
});

test("a file that goes away and comes back as it was is no change of any use, but is told", (t) => {
  const { path, seen, watch, look } = start(t);
  watch(path);
  rmSync(path);
  look();
  look();
  writeFileSync(path, "one");
  look();
  look();
  assert.equal(seen.changes, 2);
});
