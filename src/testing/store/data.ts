import assert from "node:assert/strict";
import { crowd, nthRef, realm, type StoreTest, shortRules, times } from "./context.js";

/** Declares the tests of lists, session data and one-time proofs. */
export function testStoreData(test: StoreTest): void {
  test("a list is in the order of refs, and pages of it neither repeat nor miss one", async ({ store, open }) => {
    const expected = Array.from({ length: 10 }, (_, index) => nthRef(index * 7 + 1)).sort();
    for (const ref of [...expected].reverse()) await open({ ref });
    const seen: string[] = [];
    for (let pages = 0; pages < 5; pages++) {
      const last = seen.at(-1);
      const page = await store.listSessions({ realm, limit: 3, ...(last === undefined ? {} : { after: last }) });
      assert.equal(page.length, pages < 3 ? 3 : pages === 3 ? 1 : 0);
      seen.push(...page.map(({ ref }) => ref));
    }
    assert.deepEqual(seen, expected);
  });

  test("a list of a subject has its sessions as subject and as actor", async ({ store, open }) => {
    await open({ ref: "a", subject: "ada" });
    await open({ ref: "b", subject: "grace", actor: "ada" });
    await open({ ref: "c", subject: "grace" });
    await open({ ref: "d", subject: "ada", actor: "ada" });
    const refs = async (subject: string, after?: string): Promise<string[]> =>
      (await store.listSessions({ realm, subject, limit: 10, ...(after === undefined ? {} : { after }) })).map(
        (row) => row.ref,
      );
    assert.deepEqual(await refs("ada"), ["a", "b", "d"]);
    assert.deepEqual(await refs("ada", "a"), ["b", "d"]);
    assert.deepEqual(await refs("grace"), ["b", "c"]);
    assert.deepEqual(await refs("nobody"), []);
  });

  test("a list leaves out what is expired or revoked, and pages are full all the same", async (context) => {
    const { store, open, wait } = context;
    await open({ ref: "a", rules: { ...shortRules, idleMs: 100 } });
    await open({ ref: "b", claimed: false, rules: { ...shortRules, unclaimedMs: 100 } });
    await open({ ref: "c", rules: { ...shortRules, absoluteMs: 100 } });
    await open({ ref: "d" });
    for (const ref of ["e", "f"]) await open({ ref });
    await store.endSession("d", "logout");
    await wait(150);
    assert.deepEqual(
      (await store.listSessions({ realm, limit: 2 })).map(({ ref }) => ref),
      ["e", "f"],
    );
  });

  test("session data is changed by compare-and-set, apart from the session's version", async (context) => {
    const { store, other, open } = context;
    const elsewhere = await other();
    const reading = await open();
    const { ref } = reading.row;
    assert.deepEqual(await store.loadState(ref), { version: 0, json: undefined });
    assert.equal(await store.swapState(ref, 1, "{}"), false);
    assert.equal(await store.swapState(ref, 0, '{"cart":["Ünï\u{1F511}"]}'), true);
    assert.deepEqual(await elsewhere.loadState(ref), { version: 1, json: '{"cart":["Ünï\u{1F511}"]}' });
    assert.equal(await elsewhere.swapState(ref, 0, "{}"), false);
    assert.equal(await elsewhere.swapState(ref, 1, "[]"), true);
    assert.deepEqual(await store.loadState(ref), { version: 2, json: "[]" });
    assert.ok(await store.swapSession(reading, { generation: 2 }, false));
    assert.deepEqual(await store.loadState(ref), { version: 2, json: "[]" });
  });

  test("a session that is unknown or revoked has no data and takes none", async ({ store, open }) => {
    const { row } = await open();
    await store.swapState(row.ref, 0, "{}");
    await store.endSession(row.ref, "logout");
    for (const [ref, version] of [["unknown", 0] as const, [row.ref, 1] as const]) {
      assert.equal(await store.loadState(ref), undefined);
      assert.equal(await store.swapState(ref, version, "{}"), false);
    }
    assert.equal(await store.loadState("unknown"), undefined);
  });

  test("a session past its deadline has no data and takes none, also before a purge", async ({ store, open, wait }) => {
    const { row } = await open({ rules: { ...shortRules, absoluteMs: 100 } });
    assert.ok(await store.swapState(row.ref, 0, "{}"));
    await wait(150);
    assert.equal(await store.loadState(row.ref), undefined);
    assert.equal(await store.swapState(row.ref, 1, "[]"), false);
  });

  test("session data goes with its session", async ({ store, open, wait }) => {
    await open({ ref: "again", rules: { ...shortRules, absoluteMs: 100 } });
    await store.swapState("again", 0, "{}");
    await wait(150);
    await store.purge(10);
    assert.equal(await store.loadState("again"), undefined);
    await open({ ref: "again" });
    assert.deepEqual(await store.loadState("again"), { version: 0, json: undefined });
  });

  test("of many changes of one version of session data exactly one is written", async ({ store, other, open }) => {
    const handles = [store, await other()];
    const { row } = await open();
    const done = await times(crowd, (index) => handles[index % 2]?.swapState(row.ref, 0, String(index)));
    assert.equal(done.filter(Boolean).length, 1);
    assert.deepEqual(await store.loadState(row.ref), { version: 1, json: String(done.indexOf(true)) });
  });

  test("a proof is taken once, from any handle, and by its kind only", async ({ store, other }) => {
    const elsewhere = await other();
    assert.equal(await store.put("ticket", "p", "first", 60_000), true);
    assert.equal(await store.put("ticket", "p", "second", 60_000), false);
    assert.equal(await store.put("challenge", "p", "other kind", 60_000), true);
    assert.equal(await elsewhere.take("ticket", "p"), "first");
    assert.equal(await elsewhere.take("ticket", "p"), undefined);
    assert.equal(await store.take("ticket", "p"), undefined);
    assert.equal(await store.take("challenge", "p"), "other kind");
    assert.equal(await store.take("ticket", "unknown"), undefined);
  });

  test("the id of a proof that was taken is free again, and a purge counts and removes neither", async (context) => {
    const { store, wait } = context;
    await store.put("ticket", "p", "first", 100);
    await store.take("ticket", "p");
    assert.equal(await store.put("ticket", "p", "second", 60_000), true);
    assert.equal(await store.put("ticket", "p", "third", 60_000), false);
    await store.put("ticket", "q", "gone", 100);
    await store.take("ticket", "q");
    await wait(150);
    assert.equal(await store.purge(10), 0);
    assert.equal(await store.take("ticket", "p"), "second");
  });

  test("an expired proof is not taken, and its id is free again", async ({ store, wait }) => {
    await store.put("challenge", "p", "old", 100);
    await store.put("challenge", "q", "old", 100);
    await wait(120);
    assert.equal(await store.take("challenge", "p"), undefined);
    assert.equal(await store.put("challenge", "q", "new", 60_000), true);
    await store.purge(10);
    assert.equal(await store.take("challenge", "q"), "new");
  });

  test("of many takers of a proof exactly one gets it, and of many makers exactly one makes it", async (context) => {
    const { store, other } = context;
    const handles = [store, await other()];
    for (const id of ["a", "b", "c"]) {
      const made = await times(crowd, (index) => handles[index % 2]?.put("ticket", id, String(index), 60_000));
      assert.equal(made.filter(Boolean).length, 1);
      const taken = await times(crowd, (index) => handles[index % 2]?.take("ticket", id));
      assert.deepEqual(
        taken.filter((json) => json !== undefined),
        [String(made.indexOf(true))],
      );
    }
  });
}
