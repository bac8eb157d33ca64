import assert from "node:assert/strict";
import { test } from "node:test";
import type { Decision } from "../../../src/model/decision.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";
import { start } from "./operate-as-world.js";

/** A session by which ada operates as bob, and a policy that takes its time from now on. */
async function withSlowPolicy() {
  const world = createWorld();
  const { platform } = world;
  let takesMs = 0;
  let asked = 0;
  const { auth, opened, call } = start([], {
    ...{ platform, store: memory({ platform }), maxStalenessMs: 5_000 },
    operateAs: {
      identify: (subject) => ({ subject, roles: [] }),
      grant: () => {
        asked += 1;
        return takesMs === 0 ? {} : new Promise((resolve) => void platform.delay(takesMs, () => resolve({})));
      },
    },
  });
  const { token, session } = await opened("ada", "bob");
  return {
    ...{ auth, token, session, advance: world.advance },
    get asked() {
      return asked;
    },
    slow(ms: number) {
      takesMs = ms;
    },
    async call(meanwhile: () => Promise<unknown> = async () => {}): Promise<Decision> {
      const decision = call(token);
      await meanwhile();
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      world.advance(takesMs);
      return decision;
    },
  };
}

test("a policy that takes longer than a reading may be old lets nobody wait in vain", async () => {
  const world = await withSlowPolicy();
  world.slow(3_000);
  assert.equal((await world.call()).kind, "allowed");
  assert.equal(world.asked, 2, "once at log-in, and once for the call, whatever is read again");
});

test("a session that ends while a slow policy decides about it is over", async () => {
  const world = await withSlowPolicy();
  assert.equal((await world.call()).kind, "allowed");
  world.advance(5_001);
  world.slow(8_000);
  const decision = await world.call(() => world.auth.sessions.end(world.session.ref));
  assert.equal(decision.kind === "denied" && decision.reason, "revoked");
});

test("what a policy has said is remembered from when it was asked, not from when it answered", async () => {
  const world = await withSlowPolicy();
  assert.equal((await world.call()).kind, "allowed");
  world.advance(5_001);
  world.slow(3_000);
  assert.equal((await world.call()).kind, "allowed");
  const { asked } = world;
  world.slow(0);
  world.advance(1_999);
  assert.equal((await world.call()).kind, "allowed");
  assert.equal(world.asked, asked, "remembered");
  world.advance(1);
  assert.equal((await world.call()).kind, "allowed");
  assert.equal(world.asked, asked + 1);
});
