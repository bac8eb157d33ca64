import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import type { EndEvent, NewSession, Store } from "../../../src/model/store.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { takePlace } from "../../../src/stores/sqlite/place.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { longRules, realm, wideCaps } from "../../../src/testing/store/context.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** A process that has the database open, whose timers fire when the test says so. */
interface Node {
  readonly store: Store;
  readonly events: EndEvent[];
  readonly warnings: string[];
  /** Runs the timers that are due. */
  look(): void;
}

function createNode(path: string): Node {
  let timers: (() => void)[] = [];
  const platform: Platform = {
    ...systemPlatform,
    delay(_ms, done) {
      timers.push(done);
      return () => {
        timers = timers.filter((timer) => timer !== done);
      };
    },
  };
  const events: EndEvent[] = [];
  const warnings: string[] = [];
  const store = sqlite(path, { platform, onWarning: (message) => void warnings.push(message) });
  store.watch((event) => void events.push(event));
  return {
    ...{ store, events, warnings },
    look() {
      for (const timer of timers.splice(0)) timer();
    },
  };
}

const open = (store: Store, ref: string, subject = "ada") => {
  const session: NewSession = {
    ...{ realm, ref, subject, actor: null, identity: JSON.stringify({ subject }), scheme: "basic", rules: longRules },
    ...{ keyId: 1, claimed: true },
  };
  return store.openSession(session, wideCaps, true);
};

const unavailable = (words: RegExp) => (error: unknown) =>
  error instanceof AuthError && error.code === "unavailable" && words.test(error.message);

/** Copies the database at this instant, as `.backup` of a SQLite shell does. */
function backUp(path: string, to: string): void {
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  database.exec(`vacuum into '${to}'`);
  database.close();
}

const isSound = (path: string): unknown => {
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { timeout: 0 });
  const answer = database.prepare("pragma integrity_check").get() as { readonly integrity_check: string };
  database.close();
  return answer.integrity_check;
};

describe("a database file that goes away under a running process", () => {
  let path = "";
  let backup = "";
  beforeEach(() => {
    path = join(folder, `${++files}.db`);
    backup = `${path}.backup`;
  });

  test("a write to a file that was deleted is unavailable at once, and reads from the next look on", async () => {
    const { store, events, look } = createNode(path);
    await open(store, "a");
    rmSync(path);
    const gone = unavailable(/^the session database is gone from .*; put it back, or restore a backup, or restart/);
    await assert.rejects(async () => store.endSession("a", "logout"), gone);
    await assert.rejects(async () => store.loadSession("a"), gone);
    const lost = events.filter((event) => event.kind === "gap" && event.error instanceof AuthError);
    assert.equal(lost.length, 1);
    assert.equal(existsSync(path), false, "no empty database is made");
    look();
    look();
    assert.equal(existsSync(path), false);
    await store.close();
  });

  test("a look finds it while no call asks, and the feed is not alive any more", async () => {
    const { store, events, look } = createNode(path);
    const watch = store.watch(() => {});
    await open(store, "a");
    look();
    const alive = watch.aliveAt();
    rmSync(path);
    look();
    assert.equal(watch.aliveAt(), alive);
    assert.equal(events.filter((event) => event.kind === "gap" && event.error instanceof AuthError).length, 1);
    await assert.rejects(async () => store.loadSession("a"), unavailable(/is gone from/));
    await store.close();
  });

  test("what is durable is unavailable when the file goes while the disk is waited for", async () => {
    const { store } = createNode(path);
    await open(store, "a");
    const ended = store.endSession("a", "logout");
    rmSync(path);
    await assert.rejects(async () => ended, unavailable(/is gone from/));
    await store.close();
  });

  test("a backup that is moved over it is opened, by every process, and all have one truth", async () => {
    const [one, two] = [createNode(path), createNode(path)];
    await open(one.store, "before");
    backUp(path, backup);
    await open(one.store, "after");
    await open(two.store, "later");
    renameSync(backup, path);
    await assert.rejects(async () => one.store.endSession("before", "logout"), unavailable(/another file was put at/));
    for (const _ of [1, 2]) for (const { look } of [one, two]) look();
    for (const { store } of [one, two]) {
      assert.equal((await store.loadSession("before"))?.row.revokedAt, null);
      assert.equal(await store.loadSession("after"), undefined);
      assert.equal(await store.loadSession("later"), undefined);
    }
    assert.equal(await two.store.endSession("before", "logout"), true);
    assert.notEqual((await one.store.loadSession("before"))?.row.revokedAt, null);
    one.look();
    assert.deepEqual(one.events.at(-1), { kind: "session", ref: "before", reason: "logout" });
    assert.match(one.warnings.join(), /is open again; sessions are as that file has them/);
    for (const { store } of [one, two]) await store.close();
    assert.equal(isSound(path), "ok");
  });

  test("a process that starts after a look reads nothing of the log of the file before", async () => {
    const { store, look } = createNode(path);
    await open(store, "before");
    backUp(path, backup);
    for (let index = 0; index < 50; index++) await open(store, `after-${index}`, `subject-${index}`);
    assert.ok(statSync(`${path}-wal`).size > 0);
    renameSync(backup, path);
    look();
    const fresh = sqlite(path, { create: false });
    assert.deepEqual(
      (await fresh.listSessions({ realm, limit: 99 })).map(({ ref }) => ref),
      ["before"],
    );
    await fresh.close();
    await store.close();
    assert.equal(isSound(path), "ok");
  });

  test("a process that is stopped right after the file was replaced leaves nothing beside it", async () => {
    const { store } = createNode(path);
    await open(store, "before");
    backUp(path, backup);
    await open(store, "after");
    renameSync(backup, path);
    await store.close();
    assert.deepEqual([existsSync(`${path}-wal`), existsSync(`${path}-shm`)], [false, false]);
    const fresh = sqlite(path);
    assert.equal(await fresh.loadSession("after"), undefined);
    await fresh.close();
  });

  test("a process that closes late takes nothing from the database that others have opened at the path", async () => {
    const { store } = createNode(path);
    await open(store, "before");
    backUp(path, backup);
    for (const side of ["", "-wal", "-shm"]) rmSync(path + side);
    renameSync(backup, path);
    const fresh = sqlite(path);
    await open(fresh, "new");
    await store.close();
    assert.equal(existsSync(`${path}-wal`), true);
    const another = sqlite(path);
    assert.equal((await another.loadSession("new"))?.row.subject, "ada");
    for (const one of [fresh, another]) await one.close();
    assert.equal(isSound(path), "ok");
  });

  test("a file that was moved away is gone, and comes back with all that was written", async () => {
    const { store, look } = createNode(path);
    await open(store, "a");
    renameSync(path, `${path}.aside`);
    look();
    await assert.rejects(async () => store.loadSession("a"), unavailable(/is gone from/));
    renameSync(`${path}.aside`, path);
    look();
    look();
    assert.equal((await store.loadSession("a"))?.row.subject, "ada");
    await store.close();
  });

  test("a file that is no database stays unavailable, with the reason, until one is there", async () => {
    const { store, look, events } = createNode(path);
    await open(store, "a");
    backUp(path, backup);
    writeFileSync(`${path}.text`, "x".repeat(5_000), { mode: 0o600 });
    renameSync(`${path}.text`, path);
    for (const _ of [1, 2, 3]) look();
    await assert.rejects(async () => store.loadSession("a"), unavailable(/is not a SQLite database/));
    assert.equal(events.filter((event) => event.kind === "gap" && event.error !== undefined).length, 2, "told once");
    renameSync(backup, path);
    for (const _ of [1, 2, 3]) look();
    assert.equal((await store.loadSession("a"))?.row.subject, "ada");
    await store.close();
  });

  test("a file that still grows is not opened", async () => {
    const { store, look } = createNode(path);
    await open(store, "a");
    rmSync(path);
    look();
    writeFileSync(path, "half", { mode: 0o600 });
    look();
    await assert.rejects(async () => store.loadSession("a"), unavailable(/is gone from/));
    await store.close();
  });

  test("the log of the database before is named when it would be taken for that of the new one", async () => {
    const { store, look } = createNode(path);
    const reader = new (loadDriver().DatabaseSync)(path, { timeout: 0 });
    await open(store, "before");
    backUp(path, backup);
    // A reader keeps the log from being emptied.
    reader.exec("begin; select * from sessions");
    await open(store, "after");
    rmSync(path);
    look();
    renameSync(backup, path);
    for (const _ of [1, 2, 3]) look();
    await assert.rejects(
      async () => store.loadSession("before"),
      unavailable(/another database is at .*-wal and .*-shm of the one before; delete these two/),
    );
    reader.close();
    for (const side of ["-wal", "-shm"]) rmSync(path + side, { force: true });
    for (const _ of [1, 2]) look();
    assert.equal((await store.loadSession("before"))?.row.subject, "ada");
    assert.equal(await store.loadSession("after"), undefined);
    await store.close();
  });

  test("content that is put into the file in place is read anew", async () => {
    const { store, look, events } = createNode(path);
    await store.endSubject("grace", "one", realm);
    await open(store, "a");
    look();
    const other = new (loadDriver().DatabaseSync)(path, { timeout: 0 });
    other.exec("delete from sessions; delete from ends; update sqlite_sequence set seq = 0 where name = 'ends'");
    other.close();
    events.length = 0;
    look();
    assert.deepEqual(events, [{ kind: "gap" }]);
    assert.equal(await store.loadSession("a"), undefined);
    look();
    const node = sqlite(path);
    await node.endSubject("ada", "two", realm);
    look();
    assert.ok(events.some((event) => event.kind === "subject" && event.reason === "two"));
    await node.close();
    await store.close();
  });

  test("behind a link it is opened, and another one when the link is turned, though a reader keeps the log of the one before", async () => {
    const next = `${path}.next`;
    const other = sqlite(next);
    await open(other, "new");
    await sqlite(path).close();
    const link = `${path}.link`;
    symlinkSync(path, link);
    const { store, look } = createNode(link);
    await open(store, "old");
    const reader = new (loadDriver().DatabaseSync)(path, { timeout: 0 });
    reader.exec("begin; select * from sessions");
    await open(store, "older");
    rmSync(link);
    symlinkSync(next, link);
    for (const _ of [1, 2, 3]) look();
    assert.equal((await store.loadSession("new"))?.row.subject, "ada");
    assert.equal(await store.loadSession("old"), undefined);
    reader.close();
    const before = sqlite(path);
    assert.equal((await before.loadSession("older"))?.row.subject, "ada");
    for (const one of [before, store, other]) await one.close();
    for (const file of [path, next]) assert.equal(isSound(file), "ok");
  });

  test("a file beside it that cannot be removed is left, so that the process looks for a database again", () => {
    writeFileSync(path, "");
    // As in a folder that may not be written any more, which tests that run as root cannot have.
    mkdirSync(`${path}-wal`);
    const place = takePlace(path);
    place.removeSides();
    assert.equal(place.hasOwnSides(), true);
  });

  test("a tool opens no database that is not there, and makes none", async () => {
    const refuse = (words: RegExp): void =>
      assert.throws(
        () => sqlite(path, { create: false }),
        (error) => error instanceof AuthError && error.code === "invalid_options" && words.test(error.message),
      );
    refuse(/there is no database at .*; give the path of the one that the server uses/);
    assert.equal(existsSync(path), false);
    writeFileSync(path, "", { mode: 0o600 });
    refuse(/is empty; put the database there, or delete the file/);
    assert.equal(statSync(path).size, 0);
    rmSync(path);
    await sqlite(path).close();
    copyFileSync(path, `${path}.copy`);
    await sqlite(path, { create: false }).close();
  });
});
