import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isPrivate } from "../../src/base/file-rights.js";
import { hotFile } from "../../src/base/hot-file.js";
import { systemPlatform } from "../../src/base/platform.js";
import { readRegularFile } from "../../src/base/read-regular-file.js";
import { readSecretFile } from "../../src/gateway/config/secrets.js";
import { keyFile } from "../../src/keys/key-file.js";

const notOnWindows = { skip: process.platform === "win32" && "Windows has neither FIFOs nor modes" };

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "sallyport-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("a regular file is read with its description", (t) => {
  const path = join(directory(t), "file");
  writeFileSync(path, "text");
  const read = readRegularFile(path);
  assert.ok("bytes" in read);
  assert.deepEqual([read.bytes.toString(), read.stats.size], ["text", 4n]);
  assert.deepEqual(
    readRegularFile(path, ({ size }) => `${size} bytes are too many`),
    { fault: "4 bytes are too many" },
  );
});

test("a FIFO, a device and a directory are refused at once, wherever a file is read", notOnWindows, async (t) => {
  const fifo = join(directory(t), "fifo");
  execFileSync("mkfifo", ["-m", "600", fifo]);
  const options = {
    what: "user file",
    remedy: "",
    danger: "",
    platform: systemPlatform,
    parse: (text: string) => text,
  };
  for (const path of [fifo, "/dev/zero", directory(t)]) {
    assert.deepEqual(readRegularFile(path), { fault: `${path} is not a file` });
    assert.throws(() => hotFile(path, options), { message: `The user file ${path} is not a file` });
    assert.deepEqual(readSecretFile(path), { fault: `${path} is not a file` });
    await assert.rejects(async () => keyFile(path).load(), { message: `${path} is not a file` });
  }
});

test("a file that is not there is told by the system's code", () => {
  assert.deepEqual(readRegularFile("/nowhere/at/all"), {
    fault: "the file /nowhere/at/all cannot be read (ENOENT)",
    code: "ENOENT",
  });
});

test("a secret is private to its owner, or root's and readable by a group of this process", notOnWindows, () => {
  const own = process.getegid?.() as number;
  const foreign = Math.max(...(process.getgroups?.() ?? []), own) + 1;
  const rows: readonly [mode: number, uid: number, gid: number, expected: boolean][] = [
    [0o100600, 1000, foreign, true],
    [0o100400, 0, foreign, true],
    [0o100440, 0, own, true],
    [0o100640, 0, own, true],
    [0o100640, 0, foreign, false],
    [0o100640, 1000, own, false],
    [0o100660, 0, own, false],
    [0o100650, 0, own, false],
    [0o100644, 0, own, false],
    [0o100604, 0, own, false],
  ];
  for (const [mode, uid, gid, expected] of rows) {
    assert.equal(isPrivate({ mode, uid, gid }), expected, `${mode.toString(8)} ${uid}:${gid}`);
    assert.equal(isPrivate({ mode: BigInt(mode), uid: BigInt(uid), gid: BigInt(gid) }), expected);
  }
});
