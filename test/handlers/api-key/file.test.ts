import assert from "node:assert/strict";
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import { apiKey } from "../../../src/handlers/api-key/api-key.js";
import { addApiKey, revokeApiKey } from "../../../src/handlers/api-key/edit.js";
import { apiKeyFile } from "../../../src/handlers/api-key/file.js";
import { parseApiKeyFile } from "../../../src/handlers/api-key/file-format.js";
import { createApiKey } from "../../../src/handlers/api-key/record.js";
import { readUsage } from "../../../src/handlers/api-key/usage.js";
import { chain } from "../../../src/handlers/chain.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";

function world(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "api-keys-"));
  t.after(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, "api-keys.jsonl");
  const { platform: machine, advance } = createWorld();
  /** Every write of last uses asks for the name of a draft. */
  const writes = { count: 0 };
  const platform = {
    ...machine,
    random(bytes: number) {
      writes.count++;
      return machine.random(bytes);
    },
  };
  const warnings: string[] = [];
  const add = (name: string) => {
    const { key, record } = createApiKey({ name, roles: ["deploy"], platform });
    addApiKey(path, record, { platform });
    return { key, id: record.id };
  };
  /** A process that reads the file. */
  const open = () => {
    // A wall clock behind that of the files: only what was seen at the looks says that a file is whole.
    const clock = { ...platform, now: () => 0 };
    const keys = apiKeyFile(path, { platform: clock, onWarning: (message) => warnings.push(message) });
    const handler = apiKey({ keys, platform });
    return (key: string) => (handler.fromHeader?.(key, {} as HandlerContext) as Verdict | undefined)?.kind;
  };
  return { folder, path, platform, writes, advance, warnings, add, open };
}

test("a key that is added is taken when the file has stayed for a second, and one that is revoked is refused then", (t) => {
  const { path, platform, advance, add, open, warnings } = world(t);
  const first = add("first");
  const present = open();
  const second = add("second");
  for (const ms of [1_000, 999]) {
    advance(ms);
    assert.deepEqual([present(first.key), present(second.key)], ["accepted", "rejected"]);
  }
  advance(1);
  assert.deepEqual([present(first.key), present(second.key)], ["accepted", "accepted"]);
  revokeApiKey(path, first.id, { platform });
  for (const ms of [1_000, 999]) {
    advance(ms);
    assert.equal(present(first.key), "accepted");
  }
  advance(1);
  assert.deepEqual([present(first.key), present(second.key)], ["rejected", "accepted"]);
  assert.deepEqual(warnings, []);
});

test("the file holds no key, is its owner's, and keeps comments, order and rights through edits", (t) => {
  const { path, platform, add } = world(t);
  const first = add("first");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, `# ours\n\n${readFileSync(path, "utf8").trimEnd()}`);
  chmodSync(path, 0o640);
  const second = add("second");
  revokeApiKey(path, first.id, { platform });
  const text = readFileSync(path, "utf8");
  assert.match(
    text,
    /^# ours\n\n\{"id":"\w+","name":"first".*"revokedAt":"2027-.*\}\n\{"id":"\w+","name":"second"[^\n]*\}\n$/,
  );
  assert.equal(statSync(path).mode & 0o777, 0o640);
  for (const { key } of [first, second]) assert.ok(!text.includes(key.slice(-40)));
});

test("revoking keeps the first instant, and an unknown id is said", (t) => {
  const { path, platform, advance, add } = world(t);
  const { id } = add("first");
  const { revokedAt } = revokeApiKey(path, id, { platform });
  advance(5_000);
  assert.equal(revokeApiKey(path, id, { platform }).revokedAt, revokedAt);
  assert.throws(() => revokeApiKey(path, "0".repeat(16), { platform }), { message: /no key "0{16}" is in/ });
  const { key } = add("leaked");
  assert.throws(
    () => revokeApiKey(path, key, { platform }),
    ({ code, message }: { code?: string; message: string }) =>
      code === "invalid_options" && /that is no id of a key/.test(message) && !message.includes(key.slice(-20)),
  );
});

test("of two edits at once one waits for nobody: it is told, and nothing is lost", (t) => {
  const { path, folder, platform, add } = world(t);
  const { id } = add("first");
  const before = readFileSync(path, "utf8");
  writeFileSync(`${path}.lock`, "");
  const { record } = createApiKey({ name: "second", platform });
  assert.throws(() => addApiKey(path, record), { message: /api-keys.jsonl.lock: another command edits the file now/ });
  assert.throws(() => revokeApiKey(path, id), { message: /another command edits the file now/ });
  assert.equal(readFileSync(path, "utf8"), before);
  rmSync(`${path}.lock`);
  addApiKey(path, record);
  assert.throws(() => addApiKey(path, record), { message: /line 3: the key \w+ is there already/ });
  assert.deepEqual(readdirSync(folder), ["api-keys.jsonl"], "no draft or lock is left");
});

test("a file that is gone or faulty is not taken; the last line removed is", (t) => {
  const { path, advance, add, open, warnings } = world(t);
  const { key } = add("first");
  const text = readFileSync(path, "utf8");
  const present = open();
  for (const spoil of [
    () => rmSync(path),
    () => writeFileSync(path, text.replace('"name"', '"nome"')),
    () => writeFileSync(path, text.slice(0, -20)),
  ]) {
    spoil();
    for (const ms of [1_000, 1_000]) {
      advance(ms);
      assert.equal(present(key), "accepted");
    }
  }
  assert.equal(warnings.length, 3);
  assert.match(warnings.join("\n"), /does not exist.*\n.*line 1: unknown field "nome"; remove it.*\n.*one JSON object/);
  writeFileSync(path, "# none\n");
  advance(1_000);
  assert.equal(present(key), "accepted");
  advance(1_000);
  assert.equal(present(key), "rejected");
});

for (const [why, spoil] of [
  ["gone", (path: string) => rmSync(path)],
  [
    "a folder",
    (path: string) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
] as const) {
  test(`keys of a file that is ${why} go on for an hour, are then unavailable, and end at once by a version that lacks them`, (t) => {
    const { path, advance, add, open, warnings } = world(t);
    const [first, second] = [add("first"), add("second")];
    const text = readFileSync(path, "utf8");
    const present = open();
    spoil(path);
    /** Turns the clock by looks: a settled state takes two. */
    const look = (keys: readonly string[]) => {
      for (let looks = 0; looks < 2; looks++) {
        advance(1_000);
        for (const key of keys) present(key);
      }
    };
    look([first.key]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /The last good version stays in use for 60 min$/);
    advance(3_598_000);
    assert.equal(present(first.key), "accepted");
    advance(2_000);
    const told = (): unknown => {
      try {
        return present(first.key);
      } catch (error) {
        return (error as { readonly code?: unknown }).code;
      }
    };
    assert.equal(told(), "unavailable", "which the engine makes a 503, never a 401");
    assert.equal(told(), "unavailable");
    assert.equal(warnings.length, 2);
    assert.match(warnings[1] ?? "", /could not be read for 60 min.*its callers get 503. Look whether it is there/);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(
      path,
      text
        .split("\n")
        .filter((line) => !line.includes(second.id))
        .join("\n"),
      { mode: 0o600 },
    );
    advance(1_000);
    told();
    advance(1_000);
    assert.equal(told(), "accepted");
    assert.equal(present(second.key), "rejected");
    assert.match(warnings[2] ?? "", /is read again$/);
    assert.equal(warnings.length, 3);
  });
}

test("a file that can be read again is, also where its state did not change, as when a file server was away", (t) => {
  const { path, advance, add, open, warnings } = world(t);
  const [first, second] = [add("first"), add("second")];
  const present = open();
  revokeApiKey(path, second.id);
  t.mock.method(fs, "openSync", () => {
    throw Object.assign(new Error("EIO"), { code: "EIO" });
  });
  syncBuiltinESMExports();
  for (let second = 0; second < 5; second++) {
    advance(1_000);
    assert.equal(present(first.key), "accepted");
  }
  assert.equal(present(second.key), "accepted", "that it was revoked is not known yet");
  t.mock.restoreAll();
  syncBuiltinESMExports();
  advance(1_000);
  assert.equal(present(second.key), "rejected");
  assert.equal(present(first.key), "accepted");
  assert.match(warnings.join("\n"), /^[^\n]*EIO[^\n]*stays in use for 60 min\n[^\n]*is read again$/);
});

test("a file with a fault in it ends no key, however long: its operator is told, and the version before stays", (t) => {
  const { path, advance, add, open, warnings } = world(t);
  const { key } = add("first");
  const present = open();
  writeFileSync(path, "faulty\n");
  for (let second = 0; second < 4; second++) {
    advance(1_000);
    present(key);
  }
  advance(100 * 3_600_000);
  assert.equal(present(key), "accepted");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /stays in use$/);
});

const good = createApiKey({ name: "ci", expiresAt: 4_000_000_000_000 }).record;
const lineOf = (change: Record<string, unknown>) =>
  JSON.stringify({ ...good, createdAt: "2026-11-22T09:30:00.000Z", expiresAt: undefined, ...change });
const faulty: readonly [why: string, line: string, message: RegExp][] = [
  ["no JSON", "ci:hash", /line 2: must be one JSON object/],
  ["a list", "[]", /line 2: must be one JSON object/],
  [
    "an unknown field, such as a misspelt one",
    lineOf({ revokedat: "2026-11-22T09:30:00Z" }),
    /unknown field "revokedat"/,
  ],
  ["an expiry that is no instant", lineOf({ expiresAt: "tomorrow" }), /expiresAt must be an instant such as/],
  ["an expiry without a zone", lineOf({ expiresAt: "2026-11-22T09:30:00" }), /expiresAt must be an instant such as/],
  ["an expiry that is null", lineOf({ expiresAt: null }), /expiresAt must be an instant such as/],
  ["a revocation that is false", lineOf({ revokedAt: false }), /revokedAt must be an instant such as/],
  ["no hash", lineOf({ sha256: undefined }), /sha256 must be 64/],
  ["no subject", lineOf({ subject: undefined }), /subject must be/],
  ["one role as a text", lineOf({ roles: "admin" }), /roles must be a list/],
  ["one key twice", `${lineOf({})}\n${lineOf({ name: "b" })}`, /line 3: the key \w+ is there already/],
];
for (const [why, line, message] of faulty) {
  test(`refuses a file with ${why}, says where, and shows no hash`, () => {
    assert.throws(
      () => parseApiKeyFile(`# keys\n${line}\n`, "api-keys.jsonl"),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "invalid_options");
        assert.match(error.message, message);
        assert.ok(!error.message.includes(good.sha256));
        return true;
      },
    );
  });
}

test("refuses a file that is not there or writable by every user", (t) => {
  const { path, open, add } = world(t);
  assert.throws(open, { message: /The file of API keys .* does not exist. Create it .*sallyport api-keys new/ });
  add("first");
  chmodSync(path, 0o606);
  assert.throws(open, {
    message: /writable by every user of this machine, so each of them can make a key of any user/,
  });
});

/** Writes are asynchronous: until the file says so. */
async function usageOf(path: string, isThere: (usage: ReadonlyMap<string, number>) => boolean) {
  for (;;) {
    const usage = readUsage(path);
    if (isThere(usage)) return usage;
    await new Promise(setImmediate);
  }
}

test("last uses are in a file beside it, once a minute for all keys, of all processes", async (t) => {
  const { path, platform, writes, advance, add, open } = world(t);
  const [first, second] = [add("first"), add("second")];
  writes.count = 0;
  const before = readFileSync(path, "utf8");
  const [one, other] = [open(), open()];
  const start = platform.now();
  one(first.key);
  advance(0);
  advance(0);
  assert.deepEqual(await usageOf(path, ({ size }) => size === 1), new Map([[first.id, start]]));
  assert.equal(statSync(`${path}.used`).mode & 0o777, 0o600);

  advance(30_000);
  one(second.key);
  advance(29_999);
  assert.equal(writes.count, 1, "a second write within the minute");
  advance(1);
  const both = new Map([
    [first.id, start],
    [second.id, start + 30_000],
  ]);
  assert.deepEqual(await usageOf(path, ({ size }) => size === 2), both);

  // The other process knows of one key only, and takes nothing away; what is gone from the file goes from here.
  other(first.key);
  advance(0);
  advance(0);
  both.set(first.id, start + 60_000);
  assert.deepEqual(await usageOf(path, (usage) => usage.get(first.id) !== start), both);
  assert.equal(readFileSync(path, "utf8"), before, "a use is no edit");
  writeFileSync(path, before.split("\n").slice(1).join("\n"));
  advance(60_000);
  other(second.key);
  advance(60_000);
  assert.deepEqual([...(await usageOf(path, ({ size }) => size === 1)).keys()], [second.id]);
});

test("close writes the last uses at once, and nothing is written after it", async (t) => {
  const { path, platform, writes, advance, add } = world(t);
  const { key, id } = add("first");
  const second = add("second");
  const handler = apiKey({ keys: apiKeyFile(path, { platform }), platform });
  const auth = createAuth({ handlers: [chain("ApiKey", [handler])], store: memory({ platform }), platform });
  const ask = (by: string) =>
    auth.authenticate({
      method: "GET",
      path: "/",
      rawHeaders: ["authorization", `ApiKey ${by}`],
      peer: { address: "192.0.2.7", trusted: false },
    });
  await ask(key);
  advance(0);
  advance(0);
  await usageOf(path, ({ size }) => size === 1);
  await ask(second.key); // it would wait for a minute
  const at = platform.now();
  await auth.close();
  assert.deepEqual(
    readUsage(path),
    new Map([
      [id, at],
      [second.id, at],
    ]),
  );
  writes.count = 0;
  advance(120_000);
  assert.equal(writes.count, 0);
});

test("of two commands that make the file at once neither loses its key", (t) => {
  const { path, platform } = world(t);
  const records = ["first", "second"].map((name) => createApiKey({ name, platform }).record);
  const [first, second] = records;
  // The other command runs after the first look of this one, before it has the lock.
  const { statSync } = fs;
  let looks = 0;
  t.mock.method(fs, "statSync", (...given: Parameters<typeof statSync>) => {
    const found = statSync(...given);
    looks += 1;
    if (looks === 1) addApiKey(path, second ?? assert.fail(), { platform });
    return found;
  });
  syncBuiltinESMExports();
  addApiKey(path, first ?? assert.fail(), { platform });
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.ok(looks > 1);
  assert.equal(parseApiKeyFile(readFileSync(path, "utf8"), path).size, 2);
});

test("where last uses cannot be written, keys work and it is said once", async (t) => {
  const { path, platform, writes, advance, add, warnings } = world(t);
  const { key } = add("first");
  const keys = apiKeyFile(path, { platform, onWarning: (message) => warnings.push(message) });
  const handler = apiKey({ keys, platform });
  // A folder in the way of the last step fails for root too.
  mkdirSync(join(`${path}.used`, "x"), { recursive: true });
  writes.count = 0;
  for (let minute = 0; minute < 3; minute++) {
    assert.equal((handler.fromHeader?.(key, {} as HandlerContext) as Verdict | undefined)?.kind, "accepted");
    advance(0);
    advance(60_000);
    await handler.close?.(); // this minute's write has failed, and its draft is gone
  }
  assert.equal(writes.count, 3);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /Last uses of API keys cannot be written.*Keys work all the same/);
});
