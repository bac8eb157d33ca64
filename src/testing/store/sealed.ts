import assert from "node:assert/strict";
import { crowd, type StoreTest, shortRules, times } from "./context.js";

const empty = { version: 0, content: undefined, leaseMs: 0, isOver: false };

/** Declares the tests of what fronts keep beside sessions. */
export function testStoreSealed(test: StoreTest): void {
  test("what is kept beside a session is changed by compare-and-set, by its name, apart from all else", async (context) => {
    const { store, other, open } = context;
    const elsewhere = await other();
    const reading = await open();
    const { ref } = reading.row;
    assert.deepEqual(await store.loadSealed(ref, "a"), empty);
    assert.equal(await store.swapSealed(ref, "a", 1, "x", 0), false);
    assert.equal(await store.swapSealed(ref, "a", 0, "Ünï\u{1F511}", 0), true);
    assert.equal(await store.swapSealed(ref, "a", 0, "x", 0), false);
    assert.deepEqual(await elsewhere.loadSealed(ref, "a"), {
      version: 1,
      content: "Ünï\u{1F511}",
      leaseMs: 0,
      isOver: false,
    });
    assert.deepEqual(await elsewhere.loadSealed(ref, "b"), empty);
    assert.equal(await elsewhere.swapSealed(ref, "a", 1, undefined, 0), true);
    assert.deepEqual(await store.loadSealed(ref, "a"), { ...empty, version: 2 });
    assert.equal(await store.swapSealed(ref, "a", 1, "x", 0), false);
    assert.deepEqual(await store.loadState(ref), { version: 0, json: undefined });
    assert.ok(await store.swapSession(reading, { generation: 2 }, false));
    assert.equal((await store.loadSealed(ref, "a"))?.version, 2);
  });

  test("a lease runs out by the store's clock, and the next write begins another", async (context) => {
    const { store, other, open, wait } = context;
    const elsewhere = await other();
    const { row } = await open();
    assert.equal(await store.swapSealed(row.ref, "a", 0, undefined, 10_000), true);
    await wait(50);
    const left = (await elsewhere.loadSealed(row.ref, "a"))?.leaseMs ?? 0;
    assert.ok(left > 0 && left <= 9_950, `${left} ms are left of 10,000 after 50`);
    assert.equal(await elsewhere.swapSealed(row.ref, "a", 1, undefined, 40), true);
    await wait(60);
    assert.equal((await store.loadSealed(row.ref, "a"))?.leaseMs, 0);
    assert.equal(await store.swapSealed(row.ref, "a", 2, "x", 10_000), true);
    assert.equal(await store.swapSealed(row.ref, "a", 3, "y", 0), true, "a lease does not bar its holder");
    assert.deepEqual(await store.loadSealed(row.ref, "a"), { ...empty, version: 4, content: "y" });
  });

  test("what a session that is over has kept can be read until its row goes, and nothing more is taken", async (context) => {
    const { store, open, wait } = context;
    await open({ ref: "revoked" });
    await open({ ref: "expired", rules: { ...shortRules, absoluteMs: 100 } });
    for (const ref of ["revoked", "expired"]) assert.ok(await store.swapSealed(ref, "a", 0, "x", 0));
    await store.endSession("revoked", "logout");
    await wait(150);
    for (const ref of ["revoked", "expired"]) {
      assert.deepEqual(await store.loadSealed(ref, "a"), { version: 1, content: "x", leaseMs: 0, isOver: true }, ref);
      for (const version of [0, 1]) assert.equal(await store.swapSealed(ref, "a", version, "y", 0), false, ref);
      assert.equal(await store.swapSealed(ref, "b", 0, "y", 0), false, ref);
    }
    assert.equal(await store.loadSealed("unknown", "a"), undefined);
    assert.equal(await store.swapSealed("unknown", "a", 0, "y", 0), false);
  });

  test("what is kept beside a session goes with its row, by a purge and by a cap", async ({ store, open, wait }) => {
    await open({ ref: "again", rules: { ...shortRules, absoluteMs: 100 } });
    await store.swapSealed("again", "a", 0, "x", 0);
    await wait(150);
    await store.purge(10);
    await open({ ref: "again", claimed: true });
    assert.deepEqual(await store.loadSealed("again", "a"), empty);
    await store.swapSealed("again", "a", 0, "x", 0);
    await open({ ref: "next" }, { claimed: 1, unclaimed: 1 });
    assert.equal(await store.loadSealed("again", "a"), undefined);
    await open({ ref: "again" });
    assert.deepEqual(await store.loadSealed("again", "a"), empty);
  });

  test("of many who take a lease exactly one gets it", async ({ store, other, open }) => {
    const handles = [store, await other()];
    const { row } = await open();
    const taken = await times(crowd, (index) => handles[index % 2]?.swapSealed(row.ref, "a", 0, undefined, 60_000));
    assert.equal(taken.filter(Boolean).length, 1);
    const done = await times(crowd, (index) => handles[index % 2]?.swapSealed(row.ref, "a", 1, String(index), 0));
    assert.equal(done.filter(Boolean).length, 1);
    assert.equal((await store.loadSealed(row.ref, "a"))?.content, String(done.indexOf(true)));
  });
}
