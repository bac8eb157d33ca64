import assert from "node:assert/strict";
import { test } from "node:test";
import type { Breaker } from "../../../../src/base/breaker.js";
import { guardBreaker } from "../../../../src/gateway/forward/addresses/guarded-breaker.js";
import { AddressHealth } from "../../../../src/gateway/forward/addresses/health.js";
import { createWorld } from "../../../world.js";

function start() {
  const { platform } = createWorld();
  const told: string[] = [];
  const state = { isAnyIn: true, isOpen: false };
  const health = new AddressHealth({
    ...{ what: "a", platform, isChecked: false, onWarning: () => {}, onBack: () => {}, hasOther: () => true },
  });
  const breaker: Breaker = {
    state: "closed",
    begin: () =>
      state.isOpen
        ? undefined
        : {
            isTrial: false,
            succeeded: () => void told.push("succeeded"),
            failed: (why) => void told.push(`failed: ${why}`),
            dropped: () => void told.push("dropped"),
          },
  };
  return { health, told, state, guarded: guardBreaker(breaker, health, () => state.isAnyIn, platform) };
}

test("a connection that cannot be opened takes the address out, and counts for the upstream while no address is in use", () => {
  const { guarded, health, told, state } = start();
  guarded.begin()?.failed("is down");
  assert.ok(!health.isIn);
  state.isAnyIn = false;
  guarded.begin()?.failed("is down");
  guarded.begin()?.dropped();
  assert.deepEqual(told, ["dropped", "failed: is down", "dropped"]);
});

test("a connection that is open brings the address back, before any answer", () => {
  const { guarded, health, told } = start();
  guarded.begin()?.failed("is down");
  guarded.begin()?.succeeded();
  assert.ok(health.isIn);
  assert.deepEqual(told, ["dropped", "succeeded"]);
});

test("while the breaker of the upstream is open no connection is tried", () => {
  const { guarded, state } = start();
  state.isOpen = true;
  assert.equal(guarded.begin(), undefined);
});
