import assert from "node:assert/strict";
import type { RecordReading } from "../../model/store.js";
import { crowd, type StoreTest, times } from "./context.js";

const kind = "account-budget";

/** Declares the tests of the small records that all nodes share. */
export function testStoreRecords(test: StoreTest): void {
  test("a record is changed by compare-and-set, from any handle, and by its kind only", async ({ store, other }) => {
    const elsewhere = await other();
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [0, undefined]);
    assert.equal(await store.swapRecord(kind, "r", 1, "early", 60_000), false);
    assert.equal(await store.swapRecord(kind, "r", 0, '{"\u00dcn\u00ef":"\u{1F511}"}', 60_000), true);
    assert.deepEqual(contentOf(await elsewhere.loadRecord(kind, "r")), [1, '{"\u00dcn\u00ef":"\u{1F511}"}']);
    assert.equal(await elsewhere.swapRecord(kind, "r", 0, "again", 60_000), false);
    assert.equal(await elsewhere.swapRecord(kind, "r", 2, "ahead", 60_000), false);
    assert.equal(await elsewhere.swapRecord(kind, "r", 1, "second", 60_000), true);
    assert.equal(await store.swapRecord(kind, "r", 1, "late", 60_000), false);
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [2, "second"]);
    assert.deepEqual(contentOf(await store.loadRecord("source-budget", "r")), [0, undefined]);
    assert.equal(await store.take("ticket", "r"), undefined);
  });

  test("a record is read with the store's clock", async ({ store, wait }) => {
    const before = await store.loadRecord(kind, "r");
    await store.swapRecord(kind, "r", 0, "{}", 60_000);
    await wait(100);
    const passedMs = (await store.loadRecord(kind, "r")).now - before.now;
    assert.ok(passedMs >= 99 && passedMs < 60_000, `${passedMs} ms`);
  });

  test("an expired record is none, no change brings it back, and the next one begins anew", async (context) => {
    const { store, wait } = context;
    await store.swapRecord(kind, "r", 0, "first", 60_000);
    await store.swapRecord(kind, "r", 1, "short", 100);
    await wait(120);
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [0, undefined]);
    assert.equal(await store.swapRecord(kind, "r", 2, "back", 60_000), false);
    assert.equal(await store.swapRecord(kind, "r", 0, "new", 60_000), true);
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [1, "new"]);
    await store.purge(10);
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [1, "new"]);
  });

  test("a write gives a record its whole life again", async ({ store, wait }) => {
    await store.swapRecord(kind, "r", 0, "first", 200);
    await wait(120);
    await store.swapRecord(kind, "r", 1, "second", 200);
    await wait(120);
    await store.purge(10);
    assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [2, "second"]);
  });

  test("of many changes of one version of a record exactly one is written", async ({ store, other }) => {
    const handles = [store, await other()];
    for (const version of [0, 1, 2]) {
      const done = await times(crowd, (index) =>
        handles[index % 2]?.swapRecord(kind, "r", version, String(index), 60_000),
      );
      assert.equal(done.filter(Boolean).length, 1);
      assert.deepEqual(contentOf(await store.loadRecord(kind, "r")), [version + 1, String(done.indexOf(true))]);
    }
  });

  test("counting with load and swap counts each caller once", async ({ store, other }) => {
    const handles = [store, await other()];
    await times(crowd, async (index) => {
      for (let written = false; !written; ) {
        const handle = handles[index % 2] ?? store;
        const { version, json = "0" } = await handle.loadRecord(kind, "counter");
        written = await handle.swapRecord(kind, "counter", version, String(Number(json) + 1), 60_000);
      }
    });
    assert.deepEqual(contentOf(await store.loadRecord(kind, "counter")), [crowd, String(crowd)]);
  });
}

function contentOf({ version, json }: RecordReading): [number, string | undefined] {
  return [version, json];
}
