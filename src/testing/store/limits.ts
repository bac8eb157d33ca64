import assert from "node:assert/strict";
import type { NewSession, SessionCaps, Store } from "../../model/store.js";
import { crowd, nthRef, realm, type StoreTest, shortRules, times } from "./context.js";

const caps: SessionCaps = { claimed: 2, unclaimed: 3 };

/** Declares the tests of caps and purge: live sessions bound the state. */
export function testStoreLimits(test: StoreTest): void {
  test("beyond the caps the oldest go, unclaimed and claimed each among their own", async ({ store, open, change }) => {
    const ada = async (ref: string, claimed: boolean): Promise<void> => void (await open({ ref, claimed }, caps));
    for (const ref of ["u1", "u2", "u3"]) await ada(ref, false);
    for (const ref of ["c1", "c2"]) await ada(ref, true);
    assert.deepEqual(await refs(store), ["c1", "c2", "u1", "u2", "u3"]);
    await ada("u4", false);
    assert.deepEqual(await refs(store), ["c1", "c2", "u2", "u3", "u4"]);
    assert.equal(await store.loadSession("u1"), undefined);
    await ada("c3", true);
    assert.deepEqual(await refs(store), ["c2", "c3", "u2", "u3", "u4"]);
    // A session that is claimed later keeps its age.
    await change("u2", { claimed: true });
    const { evicted } = await open({ ref: "c4", claimed: true }, caps);
    assert.deepEqual([...evicted].sort(), ["c2", "u2"]);
    assert.deepEqual(await refs(store), ["c3", "c4", "u3", "u4"]);
  });

  test("the caps are of one subject", async ({ store, open }) => {
    for (const subject of ["ada", "grace", "lin"]) {
      for (const part of [1, 2]) await open({ ref: `${subject}${part}`, subject, actor: "root" }, caps);
    }
    assert.equal((await refs(store)).length, 6);
  });

  test("the caps are of one realm", async ({ store, open }) => {
    for (const part of [1, 2]) await open({ ref: `here${part}` }, caps);
    for (const part of [1, 2, 3]) await open({ ref: `there${part}`, realm: "other" }, caps);
    assert.deepEqual(await refs(store), ["here1", "here2"]);
    assert.deepEqual(await refs(store, "other"), ["there2", "there3"]);
  });

  test("an actor's sessions push out neither its subject's own nor another actor's", async (context) => {
    const { store, open, change } = context;
    for (const ref of ["own1", "own2"]) await open({ ref, subject: "ada" }, caps);
    await open({ ref: "other", subject: "ada", actor: "lin" }, caps);
    for (let index = 1; index <= 9; index++) {
      await open({ ref: `s${index}`, subject: "ada", actor: "root", claimed: index % 2 === 0 }, caps);
    }
    assert.deepEqual(await refs(store), ["other", "own1", "own2", "s5", "s6", "s7", "s8", "s9"]);
    for (const ref of ["s6", "s8"]) await store.endSession(ref, "logout");
    await change("s9", { claimed: true });
    await open({ ref: "own3", subject: "ada" }, caps);
    assert.deepEqual(await refs(store), ["other", "own2", "own3", "s5", "s7", "s9"]);
  });

  test("expired and revoked sessions do not count against the caps", async ({ store, open, wait }) => {
    await open({ ref: "live" }, caps);
    await open({ ref: "revoked" }, caps);
    await store.endSession("revoked", "logout");
    await open({ ref: "expired", rules: { ...shortRules, idleMs: 100 } }, caps);
    await wait(150);
    await open({ ref: "new" }, caps);
    assert.deepEqual(await refs(store), ["live", "new"]);
  });

  test("log-ins and log-outs without end leave as many revoked sessions as live ones are allowed", async (context) => {
    const { store, open, load } = context;
    for (let index = 1; index <= 10; index++) {
      const { row } = await open({ ref: nthRef(index) }, caps);
      await store.endSession(row.ref, "logout");
    }
    await open({ ref: "live" }, caps);
    assert.equal(await store.loadSession(nthRef(8)), undefined);
    for (const index of [9, 10]) assert.equal((await load(nthRef(index))).row.revokedReason, "logout");
  });

  test("racing log-ins never exceed the caps", async ({ store, other, open }) => {
    const handles = [store, await other()];
    const { row } = await open();
    const session: NewSession = { ...row, realm, subject: "lin" };
    await times(crowd, (index) => handles[index % 2]?.openSession({ ...session, ref: `l${index}` }, caps, false));
    assert.equal((await store.listSessions({ realm, subject: "lin", limit: 100 })).length, caps.claimed);
  });

  test("a purge removes the sessions that are over and leaves those that can be used", async (context) => {
    const { store, open, change, wait, load } = context;
    await open({ ref: "unclaimed", claimed: false, rules: shortRules });
    await open({ ref: "idle", rules: shortRules });
    const { now } = await open({ ref: "used", rules: shortRules });
    await open({ ref: "claimed-later", claimed: false, rules: shortRules });
    await open({ ref: "revoked", rules: shortRules });
    await open({ ref: "long" });
    await change("claimed-later", { confirmedAt: now, claimed: true });
    await store.endSession("revoked", "logout");
    assert.equal(await store.purge(100), 0);

    await wait(400); // 400: past unclaimedMs
    assert.equal(await store.purge(100), 1);
    assert.equal(await store.loadSession("unclaimed"), undefined);
    await wait(150); // 550: shortly before idleMs
    await change("used", { touchedAt: (await load("used")).now });
    await wait(400); // 950: past idleMs of those not used
    assert.deepEqual(await refs(store), ["long", "used"]);
    await store.purge(100);
    assert.equal((await load("used")).row.revokedAt, null);
    // Its token may be newer than its row, if the store lost a write.
    assert.equal((await load("idle")).row.revokedAt, null);
    await wait(1_500); // 2,450: past any idle limit
    await store.purge(100);
    for (const ref of ["idle", "used", "claimed-later"]) assert.equal(await store.loadSession(ref), undefined, ref);
    assert.equal((await load("revoked")).row.revokedReason, "logout");
    await wait(800); // 3,250: past absoluteMs
    assert.equal(await store.purge(100), 1);
    assert.equal(await store.loadSession("revoked"), undefined);
    assert.deepEqual(await refs(store), ["long"]);
  });

  test("a purge removes at most its limit, and in the end everything", async ({ store, open, wait }) => {
    for (let index = 0; index < 5; index++) await open({ rules: { ...shortRules, absoluteMs: 100 } });
    for (let index = 0; index < 5; index++) await store.put("ticket", `t${index}`, "{}", 100);
    for (let index = 0; index < 5; index++) await store.swapRecord("source-budget", `r${index}`, 0, "{}", 100);
    await store.put("ticket", "live", "{}", 60_000);
    await store.swapRecord("source-budget", "live", 0, "{}", 60_000);
    await store.swapRecord("source-budget", "kept", 0, "{}", 100);
    await store.swapRecord("source-budget", "kept", 1, "longer", 60_000);
    await wait(150);
    const removed: number[] = [];
    for (let round = 0; round < 6; round++) removed.push(await store.purge(4));
    assert.deepEqual(removed, [4, 4, 4, 3, 0, 0]);
    assert.equal(await store.take("ticket", "live"), "{}");
    assert.equal((await store.loadRecord("source-budget", "live")).json, "{}");
    assert.equal((await store.loadRecord("source-budget", "kept")).json, "longer");
  });
}

async function refs(store: Store, of = realm): Promise<string[]> {
  return (await store.listSessions({ realm: of, limit: 100 })).map(({ ref }) => ref);
}
