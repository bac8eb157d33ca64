import assert from "node:assert/strict";
import { closeSync, fstatSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileVersion, toFileVersion } from "../../src/base/file-version.js";

function start(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "file"), "one");
  return folder;
}

test("a file that stays as it is has one version, open or not", (t) => {
  const path = join(start(t), "file");
  const version = fileVersion(path);
  assert.equal(fileVersion(path), version);
  const descriptor = openSync(path, "r");
  assert.equal(toFileVersion(fstatSync(descriptor, { bigint: true })), version);
  closeSync(descriptor);
});

test("a file that is written, replaced by one as long, or named by a turned link has another version", (t) => {
  const folder = start(t);
  const [path, link] = [join(folder, "file"), join(folder, "link")];
  symlinkSync(path, link);
  const seen = [fileVersion(link)];
  writeFileSync(path, "three");
  seen.push(fileVersion(link));
  writeFileSync(join(folder, "new"), "3hree");
  renameSync(join(folder, "new"), path);
  seen.push(fileVersion(link));
  writeFileSync(join(folder, "other"), "3hree");
  symlinkSync(join(folder, "other"), join(folder, "turned"));
  renameSync(join(folder, "turned"), link);
  seen.push(fileVersion(link));
  assert.equal(new Set(seen).size, 4, seen.join("\n"));
});

test("each part of the version counts", () => {
  const stats = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };
  const version = toFileVersion(stats as never);
  for (const name of Object.keys(stats))
    assert.notEqual(toFileVersion({ ...stats, [name]: 9n } as never), version, name);
});

test("a file that is not there is gone, and so is one below a folder that is none", (t) => {
  const path = join(start(t), "file");
  assert.equal(fileVersion(`${path}.none`), "gone");
  assert.equal(fileVersion(join(path, "below")), "gone");
});
