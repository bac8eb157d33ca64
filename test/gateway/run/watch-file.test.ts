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
  let ms = 0;
  const platform: Platform = {
    ...systemPlatform,
    now: () => 0,
    monotonic: () => ms,
    delay(_ms, done) {
      next = done;
      return () => {
        next = () => {};
      };
    },
  };
  const seen = { changes: 0 };
  const watch = (file: string) => watchFile(file, platform, () => seen.changes++);
  const look = (afterMs = 500) => {
    ms += afterMs;
    next();
  };
  return { directory, path, seen, watch, look };
}

test("a change is told once, when the file has stayed as it is for a second", (t) => {
  const { path, seen, watch, look } = start(t);
  const stop = watch(path);
  look();
  assert.equal(seen.changes, 0);
  for (const text of ["half of", "half of it", "half of it and"]) {
    writeFileSync(path, text);
    look();
    look(999);
    assert.equal(seen.changes, 0, text);
  }
  look(1);
  assert.equal(seen.changes, 1);
  look(5_000);
  assert.equal(seen.changes, 1);
  stop();
  writeFileSync(path, "another");
  look();
  look(1_000);
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
  look(1_000);
  assert.equal(seen.changes, 1);
  writeFileSync(join(directory, "three.yaml"), "three");
  symlinkSync(join(directory, "three.yaml"), `${link}.new`);
  renameSync(`${link}.new`, link);
  look();
  look(1_000);
  assert.equal(seen.changes, 2);
});

test("a file that goes away and comes back as it was is no change of any use, but is told", (t) => {
  const { path, seen, watch, look } = start(t);
  watch(path);
  rmSync(path);
  look();
  look(1_000);
  writeFileSync(path, "one");
  look();
  look(1_000);
  assert.equal(seen.changes, 2);
});
