import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import { sqlite } from "../../src/stores/sqlite/sqlite.js";
import { createWorld, type World } from "../world.js";

const maxRecords = 20;

const stores: Readonly<Record<string, (world: World) => Store>> = {
  memory: ({ platform }) => memory({ platform, maxRecords }),
  sqlite: ({ platform }) => sqlite(":memory:", { platform, maxRecords }),
};

/** Purges, and lets time pass while the store rests between two steps. */
async function purge(store: Store, { advance }: World, limit: number): Promise<number> {
  let isDone = false;
  const answer = Promise.resolve(store.purge(limit)).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    advance(1);
    await new Promise(setImmediate);
  }
  return answer;
}

for (const [name, createStore] of Object.entries(stores)) {
  test(`beyond maxRecords of a kind those that expire first go, with the next purge: ${name}`, async () => {
    const world = createWorld();
    const store = createStore(world);
    const has = async (kind: "account-budget" | "source-budget", id: string) =>
      (await store.loadRecord(kind, id)).json !== undefined;
    for (let at = 0; at < 60; at++) await store.swapRecord("account-budget", `a${at}`, 0, "[]", 1_000_000 + at);
    for (let at = 0; at < 20; at++) await store.swapRecord("source-budget", `s${at}`, 0, "[]", 1_000);
    // A write moves the deadline: this one, the first, becomes the last.
    await store.swapRecord("account-budget", "a0", 1, "[]", 2_000_000);
    assert.equal(await purge(store, world, 1), 1, "never more than the limit");
    assert.equal(await purge(store, world, 500), 39);
    assert.equal(await purge(store, world, 500), 0);
    const kept: number[] = [];
    for (let at = 0; at < 60; at++) if (await has("account-budget", `a${at}`)) kept.push(at);
    assert.deepEqual(kept, [0, ...Array.from({ length: 19 }, (_, index) => index + 41)]);
    for (let at = 0; at < 20; at++) assert.ok(await has("source-budget", `s${at}`), "the other kind has its own bound");
    await store.close();
  });

  test(`an attacker who invents names resets no account that was guessed at twice: ${name}`, async () => {
    const world = createWorld();
    const store = createStore(world);
    const auth = createAuth({
      handlers: [basic({ verify: (user, password) => (password === "right" ? { subject: user } : null) })],
      store,
      platform: world.platform,
      throttle: { freeFailures: 0, maxFailures: 4, totalRefillMs: 1, firstDelayMs: 1, longestDelayMs: 1 },
    });
    const ask = async (user: string, password = "wrong") => {
      const rawHeaders = ["authorization", `Basic ${btoa(`${user}:${password}`)}`];
      world.advance(5_000);
      return (
        await auth.authenticate({
          method: "GET",
          path: "/",
          rawHeaders,
          peer: { address: "192.0.2.7", trusted: false },
        })
      ).kind;
    };
    for (let guess = 0; guess < 4; guess++) await ask("ada");
    for (let guess = 0; guess < 2; guess++) await ask("bob");
    for (let invented = 0; invented < 10 * maxRecords; invented++) {
      await ask(`nobody ${invented}`);
      if (invented % maxRecords === 0) await purge(store, world, 500);
    }
    await purge(store, world, 500);
    assert.equal(await ask("ada", "right"), "denied", "a stopped account stays so");
    for (let guess = 0; guess < 2; guess++) await ask("bob");
    assert.equal(await ask("bob", "right"), "denied", "two guesses and two more stop the account");
    await auth.close();
  });
}
