import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import type { EndEvent, NewSession, Reading, Store } from "../../../src/model/store.js";
import { loadDriver } from "../../../src/stores/sqlite/driver.js";
import { sqlite } from "../../../src/stores/sqlite/sqlite.js";
import { longRules, wideCaps } from "../../../src/testing/store/context.js";

const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

const session = (ref: string): NewSession => ({
  realm: "example",
  ref,
  subject: "ada",
  actor: null,
  identity: '{"subject":"ada"}',
  scheme: "basic",
  rules: longRules,
  keyId: 1,
  claimed: true,
});

/** Time passes only where `delay` waits, and then at once: `waits` holds how long. */
function createFastPlatform(): Platform & { readonly waits: number[]; readonly timers: { now: number; most: number } } {
  let now = 1_900_000_000_000;
  const waits: number[] = [];
  const timers = { now: 0, most: 0 };
  return {
    ...systemPlatform,
    waits,
    timers,
    now: () => now,
    delay(ms, done) {
      timers.now += 1;
      timers.most = Math.max(timers.most, timers.now);
      const immediate = setImmediate(() => {
        timers.now -= 1;
        now += ms;
        waits.push(ms);
        done();
      });
      return () => clearImmediate(immediate);
    },
  };
}

interface Locked {
  readonly store: Store;
  readonly reading: Reading;
  readonly platform: ReturnType<typeof createFastPlatform>;
  unlock(): void;
  lock(): void;
}

/** A store whose file another connection keeps locked for writing. */
async function lockedStore(): Promise<Locked> {
  const path = join(folder, `${++files}.db`);
  const platform = createFastPlatform();
  const store = sqlite(path, { platform });
  const reading = await store.openSession(session("a"), wideCaps, true);
  const { DatabaseSync } = loadDriver();
  const other = new DatabaseSync(path, { timeout: 0 });
  const lock = () => other.exec("begin immediate");
  lock();
  // A connection that is closed would not lock again.
  return { store, reading, platform, lock, unlock: () => other.exec("rollback") };
}

test("nothing waits when nobody is in the way and the disk does not matter", async () => {
  const store = sqlite(join(folder, `${++files}.db`));
  const opened = store.openSession(session("a"), wideCaps, false);
  assert.ok(!(opened instanceof Promise));
  assert.ok(!(store.loadSession("a") instanceof Promise));
  assert.ok(!(store.swapSession(opened, { generation: 2 }, false) instanceof Promise));
  await store.close();
});

test("a read goes on beside a writer", async () => {
  const { store, unlock } = await lockedStore();
  const loaded = store.loadSession("a");
  assert.ok(!(loaded instanceof Promise));
  assert.equal(loaded?.row.ref, "a");
  unlock();
  await store.close();
});

test("every kind of write waits for the lock, outside SQLite, and is then done", async () => {
  const { store, reading, platform, unlock } = await lockedStore();
  const writes = [
    store.swapSession(reading, { generation: 2 }, false),
    store.openSession(session("b"), wideCaps, true),
    store.put("ticket", "t", "{}", 60_000),
    store.take("ticket", "unknown"),
    store.purge(10),
    store.endSubject("grace", "disabled", "example"),
  ];
  for (const write of writes) assert.ok(write instanceof Promise);
  await new Promise(setImmediate);
  assert.equal((await store.loadSession("a"))?.row.generation, 1);
  unlock();
  await Promise.all(writes);
  assert.equal((await store.loadSession("a"))?.row.generation, 2);
  assert.equal((await store.loadSession("b"))?.row.subject, "ada");
  assert.equal(await store.take("ticket", "t"), "{}");
  assert.ok(platform.waits.every((ms) => ms >= 1 && ms <= 17));
  await store.close();
});

test("a write that waited for more than a second refuses its reading; while the lock is held, it names that", async () => {
  const { store, reading, platform, unlock, lock } = await lockedStore();
  await assert.rejects(async () => store.swapSession(reading, { generation: 2 }, false), /holds the write lock/);
  unlock();
  await store.put("ticket", "t", "{}", 60_000);
  lock();
  const fresh = (await store.loadSession("a")) ?? assert.fail();
  const waited = platform.waits.length;
  const swapped = store.swapSession(fresh, { generation: 2 }, false);
  while (platform.waits.slice(waited).reduce((sum, ms) => sum + ms, 0) < 1_100) await new Promise(setImmediate);
  unlock();
  assert.equal(await swapped, undefined);
  assert.equal((await store.loadSession("a"))?.row.generation, 1);
  await store.close();
});

test("after a wait in vain each write is tried once and does not wait, until one succeeds; reads change nothing in that", async () => {
  const { store, platform, unlock, lock } = await lockedStore();
  const write = async (name: string) => store.put("ticket", name, "{}", 60_000);
  await assert.rejects(write("a"), /holds the write lock/);
  const waits = platform.waits.length;
  await store.loadSession("a");
  for (let count = 0; count < 3; count++) await assert.rejects(write("a"), /holds the write lock/);
  assert.equal(platform.waits.length, waits);
  unlock();
  assert.equal(await write("a"), true);
  lock();
  const waiting = write("b");
  await new Promise(setImmediate);
  unlock();
  assert.equal(await waiting, true);
  await store.close();
});

test("a thousand writes that wait are tried by one timer and in their order, and more than that do not wait", async () => {
  const { store, platform, unlock } = await lockedStore();
  const done: number[] = [];
  const writes = Array.from({ length: 1_024 }, (_, index) =>
    Promise.resolve(store.put("ticket", `t${index}`, "{}", 60_000)).then(() => done.push(index)),
  );
  await assert.rejects(async () => store.put("ticket", "more", "{}", 60_000), /holds the write lock/);
  const before = platform.waits.length;
  while (platform.waits.length < before + 5) await new Promise(setImmediate);
  assert.equal(platform.timers.most, 1);
  unlock();
  await Promise.all(writes);
  assert.deepEqual(
    done,
    Array.from({ length: 1_024 }, (_, index) => index),
  );
  await store.close();
});

test("a lock that stays is unavailable after the deadline, and nothing was written", async () => {
  const { store, platform, unlock } = await lockedStore();
  await assert.rejects(
    async () => store.endSession("a", "logout"),
    (error) =>
      error instanceof AuthError &&
      error.code === "unavailable" &&
      error.message.startsWith(
        "the session database cannot answer: another process holds the write lock (SQLITE_BUSY); ",
      ),
  );
  const waited = platform.waits.reduce((sum, ms) => sum + ms, 0);
  assert.ok(waited >= 1_500 && waited < 1_600, `${waited}`);
  unlock();
  assert.equal((await store.loadSession("a"))?.row.revokedAt, null);
  await store.close();
});

test("a closed store is unavailable", async () => {
  const store = sqlite(":memory:");
  await store.close();
  await assert.rejects(
    async () => store.loadSession("a"),
    (error) => error instanceof AuthError && error.code === "unavailable",
  );
});

test("a process that slept through ends is told that it has", async () => {
  const path = join(folder, `${++files}.db`);
  const polls: (() => void)[] = [];
  let now = 1_900_000_000_000;
  const awake: Platform = { ...systemPlatform, now: () => now };
  const asleep: Platform = {
    ...awake,
    delay(_ms, done) {
      polls.push(done);
      return () => {};
    },
  };
  const sleeper = sqlite(path, { platform: asleep });
  const events: EndEvent[] = [];
  const watch = sleeper.watch((event) => events.push(event));
  const poll = (): void => polls.shift()?.();

  const other = sqlite(path, { platform: awake });
  await other.endSubject("ada", "one", "example");
  poll();
  assert.deepEqual(events.splice(0), [{ kind: "subject", subject: "ada", realm: "example", reason: "one" }]);
  await other.endSubject("ada", "two", "example");
  now += 3_600_000;
  await other.purge(10);
  const before = watch.aliveAt();
  poll();
  assert.deepEqual(events.splice(0), [{ kind: "gap" }]);
  assert.ok(watch.aliveAt() > before);
  await other.endSubject("ada", "three", "example");
  await sleeper.endSubject("grace", "four", "example");
  poll();
  assert.deepEqual(events, [
    { kind: "subject", subject: "grace", realm: "example", reason: "four" },
    { kind: "subject", subject: "ada", realm: "example", reason: "three" },
  ]);
  watch.stop();
  await other.close();
  await sleeper.close();
});

test("a feed whose database cannot be read says so by its age", async () => {
  const polls: (() => void)[] = [];
  const platform: Platform = {
    ...systemPlatform,
    delay(_ms, done) {
      polls.push(done);
      return () => {};
    },
  };
  const store = sqlite(":memory:", { platform });
  const watch = store.watch(() => {});
  const alive = watch.aliveAt();
  await store.close();
  polls.shift()?.();
  assert.equal(watch.aliveAt(), alive);
});
