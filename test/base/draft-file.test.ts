import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeDraft } from "../../src/base/draft-file.js";
import { systemPlatform } from "../../src/base/platform.js";

test("a draft is whole, its owner's alone, beside the file, and under a name of its own", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const drafts = [1, 2].map(() => writeDraft(join(folder, "keys.json"), "content", systemPlatform));
  assert.equal(readdirSync(folder).length, 2);
  for (const draft of drafts) {
    assert.match(draft, /keys\.json\.[0-9a-f]{16}\.tmp$/);
    assert.equal(readFileSync(draft, "utf8"), "content");
    if (process.platform !== "win32") assert.equal(statSync(draft).mode & 0o777, 0o600);
  }
});

test("a draft that cannot be written is told of", () => {
  assert.throws(() => writeDraft(join(tmpdir(), "sallyport-no-such-folder", "x"), "", systemPlatform), {
    code: "ENOENT",
  });
});
