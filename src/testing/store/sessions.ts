import assert from "node:assert/strict";
import type { SessionChange, SessionRow } from "../../model/store.js";
import { crowd, longRules, nthRef, realm, type StoreTest, shortRules, times, wideCaps } from "./context.js";

/** Declares the tests of opening, loading and swapping sessions. */
export function testStoreSessions(test: StoreTest): void {
  test("a session opens at generation 1 with all instants the store's now", async ({ store, open }) => {
    const identity = '{"subject":"ada","roles":["user"]}';
    const { row, now } = await open({ actor: "grace", identity, scheme: "apikey", keyId: 513, claimed: false });
    const expected: SessionRow = {
      ref: nthRef(1),
      version: row.version,
      realm,
      subject: "ada",
      actor: "grace",
      identity,
      scheme: "apikey",
      rules: longRules,
      generation: 1,
      issuedAt: now,
      keyId: 513,
      confirmedAt: null,
      previousConfirmedAt: null,
      touchedAt: now,
      recheckedAt: now,
      createdAt: now,
      claimed: false,
      revokedAt: null,
      revokedReason: null,
    };
    assert.deepEqual(row, expected);
    assert.deepEqual((await store.loadSession(row.ref))?.row, expected);
  });

  test("every handle sees a session as soon as it is open, also without waiting for the disk", async (context) => {
    const other = await context.other();
    const first = await context.open();
    await context.store.openSession({ ...first.row, realm, ref: "quick" }, wideCaps, false);
    assert.deepEqual((await other.loadSession(first.row.ref))?.row, first.row);
    assert.equal((await other.loadSession("quick"))?.row.generation, 1);
  });

  test("a ref is opened once; the second attempt fails and changes nothing", async ({ open, load }) => {
    const { row } = await open({ ref: "same" });
    await assert.rejects(async () => open({ ref: "same", subject: "eve" }));
    assert.deepEqual((await load("same")).row, row);
  });

  test("names that mean something elsewhere are just text", async ({ store, open, load }) => {
    const odd = ["__proto__", "constructor", "'; drop table sessions; --", "%_*", "Ünï\u{1F511} x:y", '"\\'];
    for (const name of odd) {
      assert.equal(await store.loadSession(name), undefined);
      await open({ ref: name, subject: name, actor: name, identity: JSON.stringify({ subject: name }) });
    }
    for (const name of odd) {
      const { row } = await load(name);
      assert.deepEqual([row.ref, row.subject, row.actor, JSON.parse(row.identity).subject], [name, name, name, name]);
      assert.deepEqual(
        (await store.listSessions({ realm, subject: name, limit: 10 })).map(({ ref }) => ref),
        [name],
      );
    }
  });

  test("a swap writes the change and one more version, and nothing else", async ({ store, open, load, change }) => {
    const { row, now } = await open({ claimed: false });
    const { ref } = row;
    const changes: SessionChange[] = [
      { confirmedAt: now + 1, claimed: true },
      { generation: 2, issuedAt: now + 2, keyId: 8, confirmedAt: null, previousConfirmedAt: now + 1 },
      { touchedAt: now + 3 },
      {},
    ];
    let expected = row;
    for (const each of changes) {
      expected = { ...expected, ...each, version: expected.version + 1 };
      assert.deepEqual((await change(ref, each)).row, expected);
      assert.deepEqual((await load(ref)).row, expected);
    }
    assert.deepEqual(await store.listSessions({ realm, limit: 10 }), [expected]);
  });

  test("the reading that a swap returns can be swapped in turn", async ({ store, open }) => {
    const second = await store.swapSession(await open(), { generation: 2 }, false);
    assert.ok(second);
    const third = await store.swapSession(second, { generation: 3 }, true);
    assert.equal(third?.row.generation, 3);
  });

  test("a swap of another version is refused and changes nothing", async ({ store, open, load, change }) => {
    const reading = await open();
    const { row } = await change(reading.row.ref, { keyId: 8 });
    assert.equal(await store.swapSession(reading, { generation: 9 }, false), undefined);
    assert.deepEqual((await load(row.ref)).row, row);
  });

  test("a swap of a revoked session is refused", async ({ store, open, load }) => {
    const { row } = await open();
    await store.endSession(row.ref, "logout");
    const revoked = await load(row.ref);
    assert.equal(await store.swapSession(revoked, { generation: 2 }, false), undefined);
    assert.equal(await store.swapSession(revoked, { revokedAt: null, revokedReason: null }, false), undefined);
    assert.deepEqual((await load(row.ref)).row, revoked.row);
  });

  test("a swap never brings back a session that is gone", async ({ store, open, wait }) => {
    const reading = await open({ rules: { ...shortRules, absoluteMs: 100 } });
    await wait(150);
    await store.purge(10);
    assert.equal(await store.loadSession(reading.row.ref), undefined);
    assert.equal(await store.swapSession(reading, { generation: 2 }, false), undefined);
    assert.equal(await store.loadSession(reading.row.ref), undefined);
  });

  test("a swap of a reading older than a second is refused, of a younger one not", async ({
    store,
    open,
    wait,
    load,
  }) => {
    const reading = await open();
    await wait(1_050);
    assert.equal(await store.swapSession(reading, { generation: 2 }, false), undefined);
    const fresh = await load(reading.row.ref);
    assert.equal(fresh.row.generation, 1);
    await wait(500);
    assert.ok(await store.swapSession(fresh, { generation: 2 }, false));
  });

  test("of many swaps of one reading exactly one is written", async ({ store, other, open, load }) => {
    const handles = [store, await other()];
    const reading = await open();
    const done = await times(crowd, (index) =>
      handles[index % 2]?.swapSession(reading, { generation: 2, keyId: index + 1 }, index % 4 === 0),
    );
    const winners = done.filter((each) => each !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual((await load(reading.row.ref)).row, winners[0]?.row);
    assert.equal(winners[0]?.row.version, reading.row.version + 1);
  });

  test("of many openings of one ref exactly one succeeds", async ({ open, load }) => {
    const opened = await times(crowd, (index) => open({ ref: "one", keyId: index }).catch(() => undefined));
    const winners = opened.filter((each) => each !== undefined);
    assert.equal(winners.length, 1);
    assert.deepEqual((await load("one")).row, winners[0]?.row);
  });
}
