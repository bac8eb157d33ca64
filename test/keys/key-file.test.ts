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
import { rotateKeyFile } from "../../src/keys/edit-key-file.js";
import { keyFile } from "../../src/keys/key-file.js";
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
    JSON.stringify({ version: 1, keys: [key], revoked: { 0: { id: 1, at: key.signsFrom } } }),
    JSON.stringify({ version: 1, keys: [key], revoked: [{ id: 1, at: "soon" }] }),
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
  const first = keys.signing().id;
  const second = rotateKeyFile(path, times);
  assert.deepEqual(read(), [first, second]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  advance(599_999);
  assert.equal(keys.signing().id, first);
  assert.equal(keys.find(second)?.id, second);
  advance(1);
  assert.equal(keys.signing().id, second);
  // The first one stopped signing now. A rotation just before keepMs is over keeps it; one at that instant drops it.
  advance(3_599_999);
  const third = rotateKeyFile(path, times);
  assert.deepEqual(read(), [first, second, third]);
  advance(1);
  const fourth = rotateKeyFile(path, times);
  assert.deepEqual(read(), [second, third, fourth]);
});

test("by default a key signs ten minutes after it was added and verifies for a week after it has stopped", () => {
  const { platform, advance } = createWorld();
  const path = freshPath();
  keyFile(path, { create: true, platform });
  const second = rotateKeyFile(path, { platform });
  assert.deepEqual(
    keyFile(path)
      .load()
      .map(({ signsFrom }) => signsFrom),
    [0, platform.now() + 600_000],
  );
  advance(600_000 + 7 * 86_400_000 - 1);
  const third = rotateKeyFile(path, { platform });
  assert.equal(keyFile(path).load().length, 3);
  advance(1);
  const fourth = rotateKeyFile(path, { platform });
  assert.deepEqual(
    keyFile(path)
      .load()
      .map(({ id }) => id),
    [second, third, fourth],
  );
});

test("ids are random, from 1,024 to 65,535, and pass over those in use; when every id is taken that is said", () => {
  const path = freshPath();
  const secret = Buffer.alloc(32, 1).toString("base64url");
  const put = (ids: readonly number[]): void => {
    const keys = ids.map((id, index) => ({ id, secret, signsFrom: new Date(index).toISOString() }));
    writeFileSync(path, JSON.stringify({ version: 1, keys }), { mode: 0o600 });
  };
  const drawn = new Set<number>();
  for (let ring = 0; ring < 20; ring++) {
    const made = freshPath();
    for (const { id } of keyFile(made, { create: true }).load()) drawn.add(id);
    drawn.add(rotateKeyFile(made));
  }
  // Of 40 draws out of 64,512, five equal ones would take 10¹⁰ runs.
  assert.ok(drawn.size > 35, String([...drawn]));
  for (const id of drawn) assert.ok(id >= 1_024 && id <= 65_535, String(id));
  const all = Array.from({ length: 65_535 }, (_, index) => index + 1);
  put(all.filter((id) => id !== 40_000));
  assert.equal(rotateKeyFile(path), 40_000);
  put(all);
  assert.equal(refusalOf(() => rotateKeyFile(path)).message, `the key file ${path} has a key for every id`);
});

test("a file of a version that counted ids from 1 works unchanged, and its next key has an id that no other ring has", () => {
  const path = freshPath();
  const secret = Buffer.alloc(32, 1).toString("base64url");
  const signsFrom = "2020-01-01T00:00:00.000Z";
  writeFileSync(path, JSON.stringify({ version: 1, keys: [{ id: 1, secret, signsFrom }] }), { mode: 0o600 });
  const ring = keyFile(path);
  const keys = openKeys(ring, systemPlatform);
  assert.deepEqual([keys.signing().id, ring.revoked?.()], [1, []]);
  assert.ok(rotateKeyFile(path) >= 1_024);
  assert.equal(keyFile(path).load()[0]?.id, 1);
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
  const all = ids();
  const [before, version] = [[...all], ring.version?.()];
  for (const _change of [1, 2]) {
    all.push(rotateKeyFile(path));
    assert.deepEqual(ids(), before);
    ms += 999;
    assert.deepEqual([ids(), ring.version?.()], [before, version]);
  }
  ms += 1;
  assert.deepEqual(ids(), all);
  assert.notEqual(ring.version?.(), version);
});

test("a file that is gone or comes back is another version, a second later", () => {
  const path = freshPath();
  let ms = 0;
  const ring = keyFile(path, { create: true, platform: { ...systemPlatform, monotonic: () => ms, now: () => 0 } });
  const [there, text] = [ring.version?.(), readFileSync(path)];
  rmSync(path);
  assert.equal(ring.version?.(), there);
  ms += 1_000;
  assert.equal(ring.version?.(), "gone");
  writeFileSync(path, text, { mode: 0o600 });
  assert.equal(ring.version?.(), "gone");
  ms += 1_000;
  assert.notEqual(ring.version?.(), "gone");
});
