import assert from "node:assert/strict";
import { maxLoginMs } from "../../model/session.js";
import type { EndEvent } from "../../model/store.js";
import { crowd, eventually, realm, type StoreTest, times } from "./context.js";

/** Declares the tests of ends of sessions and subjects, and of their feed. */
export function testStoreEnds(test: StoreTest): void {
  test("an end is final, and only the first one counts", async ({ store, other, open, load }) => {
    const elsewhere = await other();
    const reading = await open();
    const { ref, version } = reading.row;
    assert.equal(await store.endSession(ref, "logout"), true);
    assert.equal(await elsewhere.endSession(ref, "again"), false);
    assert.equal(await store.endSession("unknown", "logout"), false);
    const { row } = await load(ref);
    assert.equal(row.revokedReason, "logout");
    assert.ok(row.revokedAt !== null && row.revokedAt >= row.createdAt);
    assert.equal(row.version, version + 1);
    assert.equal(await elsewhere.swapSession(reading, { generation: 2 }, false), undefined);
  });

  test("of many ends of one session exactly one reports it", async ({ store, other, open }) => {
    const handles = [store, await other()];
    const { row } = await open();
    const ended = await times(crowd, (index) => handles[index % 2]?.endSession(row.ref, "logout"));
    assert.equal(ended.filter(Boolean).length, 1);
  });

  test("an end wins against any number of swaps under way", async ({ store, other, open, load }) => {
    const handles = [store, await other()];
    const { row } = await open();
    await times(crowd, async (index) => {
      const handle = handles[index % 2] ?? store;
      if (index === crowd / 2) return void (await handle.endSession(row.ref, "logout"));
      const reading = await handle.loadSession(row.ref);
      assert.ok(reading);
      await handle.swapSession(reading, { generation: reading.row.generation + 1 }, false);
    });
    assert.equal((await load(row.ref)).row.revokedReason, "logout");
  });

  test("a swap can revoke", async ({ store, open, load, change }) => {
    const { row, now } = await open();
    await change(row.ref, { revokedAt: now, revokedReason: "reuse" });
    assert.equal((await load(row.ref)).row.revokedReason, "reuse");
    assert.equal(await store.endSession(row.ref, "logout"), false);
  });

  test("the end of a subject ends its sessions as subject and as actor, and no others", async (context) => {
    const { store, open, load } = context;
    await open({ ref: "own", subject: "ada" });
    await open({ ref: "acting", subject: "grace", actor: "ada" });
    await open({ ref: "acted-on", subject: "ada", actor: "grace" });
    await open({ ref: "other", subject: "grace" });
    const reading = await load("own");
    await store.endSubject("ada", "disabled", realm);
    for (const ref of ["own", "acting", "acted-on"]) {
      const { row } = await load(ref);
      assert.equal(row.revokedReason, "disabled", ref);
      assert.ok(row.revokedAt !== null);
    }
    assert.equal((await load("other")).row.revokedAt, null);
    assert.equal(await store.swapSession(reading, { generation: 2 }, false), undefined);
    assert.equal(await store.endSession("own", "logout"), false);
    assert.deepEqual(await store.listSessions({ realm, subject: "ada", limit: 10 }), []);
  });

  test("the end of a subject is of one realm: rows, marks and feed", async ({ store, open, load, other }) => {
    const elsewhere = await other();
    const seen: EndEvent[] = [];
    const watch = elsewhere.watch((event) => void (event.kind === "subject" && seen.push(event)));
    await eventually(() => Number.isFinite(watch.aliveAt()), "the feed works");
    await open({ ref: "here" });
    await open({ ref: "there", realm: "other" });
    await open({ ref: "acting there", realm: "other", subject: "grace", actor: "ada" });
    await store.endSubject("ada", "disabled", realm);
    assert.equal((await load("here")).row.revokedReason, "disabled");
    for (const ref of ["there", "acting there"]) assert.equal((await load(ref)).row.revokedAt, null, ref);
    assert.equal((await open({ realm: "other", loginMs: 5_000 })).row.revokedAt, null, "its mark is of the realm");
    assert.equal((await open({ loginMs: 5_000 })).row.revokedReason, "disabled");
    await eventually(() => seen.length > 0, "the end is told");
    assert.deepEqual(seen, [{ kind: "subject", subject: "ada", realm, reason: "disabled" }]);
    watch.stop();
  });

  test("a log-in under way when its subject or actor was ended opens revoked", async ({ store, open, load, wait }) => {
    await store.endSubject("ada", "disabled", realm);
    await wait(20);
    const late = [
      await open({ subject: "ada", loginMs: 5_000 }),
      await open({ subject: "grace", actor: "ada", loginMs: 5_000 }),
    ];
    for (const reading of late) {
      assert.equal(reading.row.revokedReason, "disabled");
      assert.equal((await load(reading.row.ref)).row.revokedReason, "disabled");
      assert.equal(await store.swapSession(reading, { generation: 2 }, false), undefined);
    }
    assert.equal((await open({ subject: "grace", loginMs: 5_000 })).row.revokedAt, null);
  });

  test("a log-in that began after the end of its subject works", async ({ store, open, wait }) => {
    await store.endSubject("ada", "logout everywhere", realm);
    await wait(30);
    assert.equal((await open({ loginMs: 10 })).row.revokedAt, null);
    assert.equal((await open()).row.revokedAt, null);
  });

  test("a log-in that began before the oldest remembered end opens revoked", async ({ open }) => {
    assert.notEqual((await open({ loginMs: maxLoginMs + 1 })).row.revokedAt, null);
  });

  test("no racing log-in escapes the end of its subject", async ({ store, other, open, load }) => {
    const handles = [store, await other()];
    const opened = await times(crowd, async (index) => {
      if (index === crowd / 2) return void (await handles[1]?.endSubject("ada", "disabled", realm));
      return open({ loginMs: 5_000 });
    });
    for (const reading of opened) {
      if (reading !== undefined) assert.equal((await load(reading.row.ref)).row.revokedReason, "disabled");
    }
  });

  test("every end is told on every handle, to each watch that was not stopped", async ({
    store,
    other,
    open,
    change,
  }) => {
    const elsewhere = await other();
    const here: EndEvent[] = [];
    const there: EndEvent[] = [];
    const stopped: EndEvent[] = [];
    const watches = [store.watch((event) => here.push(event)), elsewhere.watch((event) => there.push(event))];
    const early = store.watch((event) => stopped.push(event));
    await eventually(() => watches.every((watch) => Number.isFinite(watch.aliveAt())), "the feed works");
    here.length = 0;
    there.length = 0;
    early.stop();
    stopped.length = 0;

    const caps = { claimed: 1, unclaimed: 1 };
    await open({ ref: "a" });
    await store.endSession("a", "logout");
    const { now } = await open({ ref: "b" });
    await change("b", { revokedAt: now, revokedReason: "reuse" });
    await elsewhere.endSubject("grace", "disabled", realm);
    await open({ ref: "c", subject: "lin" }, caps);
    await open({ ref: "d", subject: "lin" }, caps);
    const expected: EndEvent[] = [
      { kind: "session", ref: "a", reason: "logout" },
      { kind: "session", ref: "b", reason: "reuse" },
      { kind: "subject", subject: "grace", realm, reason: "disabled" },
      { kind: "session", ref: "c", reason: "cap" },
    ];
    const sorted = (events: readonly EndEvent[]): string[] => events.map((event) => JSON.stringify(event)).sort();
    await eventually(() => here.length >= 4 && there.length >= 4, "both handles are told");
    assert.deepEqual(sorted(here), sorted(expected));
    assert.deepEqual(sorted(there), sorted(expected));
    assert.deepEqual(stopped, []);
    for (const watch of watches) watch.stop();
  });

  test("the feed proves again and again that it works, and never claims the future", async ({ store, platform }) => {
    const watch = store.watch(() => {});
    await eventually(() => Number.isFinite(watch.aliveAt()), "a first proof");
    const first = watch.aliveAt();
    await eventually(() => watch.aliveAt() > first, "a later proof");
    assert.ok(watch.aliveAt() <= platform.monotonic());
    watch.stop();
  });
}
