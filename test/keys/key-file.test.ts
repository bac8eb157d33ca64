import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
  chmodSync,
  chownSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { AuthError } from "../../src/base/errors.js";
import { systemPlatform } from "../../src/base/platform.js";
import { replaceFile } from "../../src/base/replace-file.js";
import { keyFile, rotateKeyFile } from "../../src/keys/key-file.js";
import { openKeys } from "../../src/keys/key-ring.js";
import { createWorld } from "../world.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-keys-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const freshPath = (): string => join(folder, `${++files}.keys`);

function refusalOf(act: () => unknown): AuthError {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof AuthError, "nothing was refused");
  assert.equal(thrown.code, "invalid_options");
  return thrown;
}

test("a missing file is made only where that was asked for: a wrong path must not log everybody out", () => {
  const path = freshPath();
  const message = `there is no key file ${path}; make it with keyFile(path, { create: true })`;
  assert.equal(refusalOf(() => keyFile(path).load()).message, message);
  const ring = keyFile(path, { create: true });
  assert.equal(ring.durable, true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(keyFile(path, { create: true }).load(), ring.load());
  assert.deepEqual(keyFile(path).load(), ring.load());
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("of several processes that start at once, one makes the file and the others read it", async () => {
  const script = fileURLToPath(new URL("./make-key-file.js", import.meta.url));
  for (let round = 0; round < 2; round += 1) {
    const path = freshPath();
    const start = String(Date.now() + 600);
    const secrets = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, [script, path, start], { stdio: ["ignore", "pipe", "inherit"] });
        const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
        return said;
      }),
    );
    assert.match(secrets[0] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(new Set(secrets).size, 1);
  }
});

test("a file that others can read is refused, with the command that helps", {
  skip: process.platform === "win32" && "no such bits on Windows",
}, () => {
  const path = freshPath();
  keyFile(path, { create: true });
  for (const mode of [0o604, 0o620, 0o602, 0o610, 0o644, 0o660]) {
    chmodSync(path, mode);
    const message = `others can read the key file ${path}; run: chmod 600 ${path}`;
    assert.equal(refusalOf(() => keyFile(path).load()).message, message, mode.toString(8));
    refusalOf(() => rotateKeyFile(path));
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(path, mode);
    assert.equal(keyFile(path).load().length, 1);
  }
});

test("a malformed file is refused, and the message quotes nothing of it", () => {
  const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I";
  const key = { id: 1, secret, signsFrom: "2020-01-01T00:00:00.000Z" };
  const texts = [
    "",
    secret,
    `{"version": 1, "keys": [{"id": 1, "secret": "${secret}"`,
    "null",
    "[]",
    JSON.stringify({ version: 2, keys: [key] }),
    JSON.stringify({ version: 1, keys: { 0: key } }),
    JSON.stringify({ version: 1, keys: [null] }),
    JSON.stringify({ version: 1, keys: [{ ...key, secret: `${secret}+` }] }),
    JSON.stringify({ version: 1, keys: [{ ...key, secret: secret.slice(1) }] }),
    JSON.stringify({ version: 1, keys: [{ ...key, secret: [secret] }] }),
    JSON.stringify({ version: 1, keys: [{ ...key, signsFrom: "soon" }] }),
    JSON.stringify({ version: 1, keys: [{ ...key, signsFrom: undefined }] }),
  ];
  for (const malformed of texts) {
    const path = freshPath();
    writeFileSync(path, malformed, { mode: 0o600 });
    const error = refusalOf(() => keyFile(path, { create: true }).load());
    assert.match(
      error.message,
      /^the key file .* is unreadable or malformed; restore it from a backup, or move it away/,
    );
    assert.equal(inspect(error, { depth: 9, showHidden: true }).includes(secret.slice(8)), false);
    assert.equal(readFileSync(path, "utf8"), malformed, "nothing is overwritten");
  }
  const directory = freshPath();
  mkdirSync(directory, { mode: 0o700 });
  assert.match(refusalOf(() => keyFile(directory).load()).message, /is not a file$/);
});

test("a file that cannot be made is refused with the reason", () => {
  const path = join(folder, "missing", "x.keys");
  assert.match(refusalOf(() => keyFile(path, { create: true })).message, /^cannot make the key file .*ENOENT/);
});

test("rotation: the new key verifies before it signs, the old one verifies for keepMs after it has stopped", () => {
  const { platform, advance } = createWorld();
  const path = freshPath();
  const keys = openKeys(keyFile(path, { create: true, platform }), platform);
  const read = (): number[] =>
    keyFile(path)
      .load()
      .map(({ id }) => id);
  const times = { platform, activateAfterMs: 600_000, keepMs: 3_600_000 };
  assert.equal(rotateKeyFile(path, times), 2);
  assert.deepEqual(read(), [1, 2]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  advance(599_999);
  assert.equal(keys.signing().id, 1);
  assert.equal(keys.find(2)?.id, 2);
  advance(1);
  assert.equal(keys.signing().id, 2);
  // Key 1 stopped signing now. A rotation just before keepMs is over keeps it; one at that instant drops it.
  advance(3_599_999);
  assert.equal(rotateKeyFile(path, times), 3);
  assert.deepEqual(read(), [1, 2, 3]);
  advance(1);
  assert.equal(rotateKeyFile(path, times), 4);
  assert.deepEqual(read(), [2, 3, 4]);
});

test("by default a key signs ten minutes after it was added and verifies for a week after it has stopped", () => {
  const { platform, advance } = createWorld();
  const path = freshPath();
  keyFile(path, { create: true, platform });
  rotateKeyFile(path, { platform });
  assert.deepEqual(
    keyFile(path)
      .load()
      .map(({ signsFrom }) => signsFrom),
    [0, platform.now() + 600_000],
  );
  advance(600_000 + 7 * 86_400_000 - 1);
  rotateKeyFile(path, { platform });
  assert.equal(keyFile(path).load().length, 3);
  advance(1);
  rotateKeyFile(path, { platform });
  assert.deepEqual(
    keyFile(path)
      .load()
      .map(({ id }) => id),
    [2, 3, 4],
  );
});

test("ids begin anew after 65,535 and pass over those in use; when every id is taken that is said", () => {
  const path = freshPath();
  const secret = Buffer.alloc(32, 1).toString("base64url");
  const put = (ids: readonly number[]): void => {
    const keys = ids.map((id, index) => ({ id, secret, signsFrom: new Date(index).toISOString() }));
    writeFileSync(path, JSON.stringify({ version: 1, keys }), { mode: 0o600 });
  };
  put([1, 2, 65_535]);
  assert.equal(rotateKeyFile(path), 3);
  put([3, 65_534]);
  assert.equal(rotateKeyFile(path), 65_535);
  put(Array.from({ length: 65_535 }, (_, index) => index + 1));
  assert.equal(refusalOf(() => rotateKeyFile(path)).message, `the key file ${path} has a key for every id`);
});

test("rotation keeps mode and owner of the file, and a link to it", {
  skip: process.getuid?.() !== 0 && "needs root",
}, () => {
  const path = freshPath();
  keyFile(path, { create: true });
  chownSync(path, 1234, 0);
  const link = freshPath();
  symlinkSync(path, link);
  rotateKeyFile(link);
  const { uid, gid, mode } = statSync(path);
  assert.deepEqual([uid, gid, mode & 0o777], [1234, 0, 0o600]);
  assert.ok(lstatSync(link).isSymbolicLink());
});

test("a user who may not keep the owner of a file is told, and nothing has changed", (t) => {
  const path = freshPath();
  keyFile(path, { create: true });
  const before = statSync(path);
  const refused = () => {
    throw Object.assign(new Error("EPERM"), { code: "EPERM" });
  };
  t.mock.method(fs, "fchownSync", refused);
  syncBuiltinESMExports();
  const other = { ...before, mode: before.mode, uid: before.uid + 1 } as Stats;
  const thrown = refusalOf(() => replaceFile(path, other, "new", createWorld().platform));
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.match(
    thrown.message,
    /belongs to user \d+ and group \d+, and would not any more: run this as that user, or as root/,
  );
  assert.equal(keyFile(path).load().length, 1);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a service that owns the folder cannot have root change another file: by its draft, or by a link", (t) => {
  const path = freshPath();
  keyFile(path, { create: true });
  const victim = freshPath();
  writeFileSync(victim, "root:x", { mode: 0o644 });
  const isUntouched = () => {
    assert.equal(statSync(victim).mode & 0o777, 0o644);
    assert.equal(readFileSync(victim, "utf8"), "root:x");
  };
  const swapped: string[] = [];
  const original = { chmodSync, fchmodSync };
  for (const name of ["chmodSync", "fchmodSync"] as const) {
    t.mock.method(fs, name, (file: never, mode: number) => {
      for (const draft of readdirSync(folder).filter((one) => one.endsWith(".tmp"))) {
        swapped.push(draft);
        rmSync(join(folder, draft));
        symlinkSync(victim, join(folder, draft));
      }
      original[name](file, mode);
    });
  }
  syncBuiltinESMExports();
  rotateKeyFile(path);
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.equal(swapped.length, 1);
  isUntouched();

  const [own, link] = [freshPath(), freshPath()];
  keyFile(own, { create: true });
  const read = statSync(own);
  symlinkSync(victim, link);
  const thrown = refusalOf(() => replaceFile(link, read, "new", createWorld().platform));
  assert.match(thrown.message, /was replaced meanwhile; run this again/);
  isUntouched();
});

test("when the new file cannot take its place, no draft is left", (t) => {
  const path = freshPath();
  keyFile(path, { create: true });
  t.mock.method(fs, "renameSync", () => {
    throw new Error("EBUSY");
  });
  syncBuiltinESMExports();
  assert.throws(() => rotateKeyFile(path), /EBUSY/);
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
  assert.equal(keyFile(path).load().length, 1);
});

test("a file of other keys counts when it has stayed as it is for a second, and until then the keys are those of before", () => {
  const path = freshPath();
  let ms = 0;
  const ring = keyFile(path, { create: true, platform: { ...systemPlatform, monotonic: () => ms, now: () => 0 } });
  const ids = () => ring.load().map(({ id }) => id);
  assert.deepEqual(ids(), [1]);
  for (const _change of [1, 2]) {
    rotateKeyFile(path);
    assert.deepEqual(ids(), [1]);
    ms += 999;
    assert.deepEqual(ids(), [1]);
  }
  ms += 1;
  assert.deepEqual(ids(), [1, 2, 3]);
});
