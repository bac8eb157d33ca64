import assert from "node:assert/strict";
import { test } from "node:test";
import { measureStore } from "../../../src/gateway/observe/measured-store.js";
import type { Store } from "../../../src/model/store.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { describeStore } from "../../../src/testing/store/suite.js";
import { createWorld } from "../../world.js";

test("each operation is timed, at once, by a promise, and when it fails", async () => {
  const { platform, advance } = createWorld();
  const observed: [string, number][] = [];
  const slow: Store = {
    ...memory({ platform }),
    loadSession() {
      advance(3);
      return undefined;
    },
    take: () =>
      new Promise((resolve) => {
        platform.delay(40, () => resolve(undefined));
      }),
    put() {
      advance(5);
      throw new Error("disk");
    },
    endSession: () => Promise.reject(new Error("disk")),
  };
  const { store } = measureStore(slow, platform, (operation, ms) => observed.push([operation, ms]));
  assert.equal(store.loadSession("x"), undefined);
  const taken = store.take("ticket", "x");
  advance(40);
  assert.equal(await taken, undefined);
  assert.throws(() => store.put("ticket", "x", "{}", 1), /disk/);
  await assert.rejects(async () => store.endSession("x", "y"), /disk/);
  assert.deepEqual(observed, [
    ["loadSession", 3],
    ["take", 40],
    ["put", 5],
    ["endSession", 0],
  ]);
});

test("staleness is that of the feed that is most alive, and unknown while none is watched", () => {
  const { platform, advance } = createWorld();
  const alive: number[] = [];
  const quiet: Store = {
    ...memory({ platform }),
    watch() {
      const index = alive.push(platform.monotonic()) - 1;
      return { aliveAt: () => alive[index] ?? 0, stop: () => undefined };
    },
  };
  const measured = measureStore(quiet, platform, () => undefined);
  assert.equal(measured.stalenessMs(), undefined);
  const first = measured.store.watch(() => undefined);
  advance(700);
  assert.equal(measured.stalenessMs(), 700);
  const second = measured.store.watch(() => undefined);
  assert.equal(measured.stalenessMs(), 0);
  second.stop();
  assert.equal(measured.stalenessMs(), 700);
  first.stop();
  assert.equal(measured.stalenessMs(), undefined);
});

describeStore("memory, measured", {
  clock: "platform",
  create: (platform) => ({ store: measureStore(memory({ platform }), platform, () => undefined).store }),
});

test("a write that fails is known until one succeeds; reads, and writes that change nothing, say nothing", async () => {
  const { platform } = createWorld();
  const kept = memory({ platform });
  let full: Error | undefined = new Error("full");
  const refuse = <T>(answer: T): T => {
    if (full !== undefined) throw full;
    return answer;
  };
  const told: string[] = [];
  const { store, writeFault } = measureStore(
    {
      ...kept,
      put: async (...given) => refuse(await kept.put(...given)),
      purge: (limit) => refuse(kept.purge(limit)),
    },
    platform,
    () => {},
    (message) => told.push(message),
  );
  assert.equal(writeFault(), undefined);
  for (let count = 0; count < 3; count++) {
    await assert.rejects(async () => store.put("ticket", "a", "{}", 60_000), /full/);
  }
  assert.equal(writeFault(), full);
  assert.deepEqual(told, [
    "the store cannot write: Error. Until it can, log-ins and tokens that are due get 503, and what is remembered goes on",
  ]);
  full = undefined;
  assert.equal(await store.loadSession("x"), undefined);
  assert.equal((await store.loadRecord("account-budget", "x")).version, 0);
  assert.equal(await store.endSession("x", "logout"), false);
  assert.notEqual(writeFault(), undefined);
  assert.equal(await store.put("ticket", "b", "{}", 60_000), true);
  assert.equal(await store.put("ticket", "c", "{}", 60_000), true);
  assert.equal(writeFault(), undefined);
  assert.deepEqual(told.slice(1), ["the store writes again, after 0 s"]);
  full = new Error("full");
  await assert.rejects(async () => store.purge(10), /full/);
  assert.equal(writeFault(), full);
});
