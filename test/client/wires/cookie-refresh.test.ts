import assert from "node:assert/strict";
import { test } from "node:test";
import { createCookieRefresh } from "../../../src/client/wires/cookie-refresh.js";
import { createWorld } from "../../world.js";

/** A cookie on a server, and what refreshes it. `life` is what each refresh gives. */
function start(life: number, end: number = Number.POSITIVE_INFINITY) {
  const { platform, advance } = createWorld();
  const began = platform.now();
  const now = () => platform.now() - began;
  const state = { deadline: Math.min(life, end), fails: false, at: [] as number[], lost: false };
  const refresh = createCookieRefresh(async () => {
    state.at.push(now());
    if (state.fails) throw new Error("no connection");
    if (now() >= state.deadline) {
      state.lost = true;
      return false;
    }
    const next = Math.min(now() + life, end);
    refresh.extended(next - state.deadline);
    state.deadline = next;
    return true;
  }, platform.delay);
  refresh.start(state.deadline);
  return {
    state,
    refresh,
    /** In steps of a second, as the promises of a real client settle between timers. */
    async pass(ms: number) {
      for (const until = now() + ms; now() < until; ) {
        advance(1_000);
        await new Promise(setImmediate);
      }
    },
  };
}

test("a cookie is refreshed half-way to its deadline, for as long as it is held", async () => {
  const { state, pass, refresh } = start(600_000);
  await pass(3_600_000);
  assert.equal(state.at.length, 12);
  assert.deepEqual(state.at.slice(0, 2), [300_000, 600_000]);
  refresh.stop();
  await pass(3_600_000);
  assert.equal(state.at.length, 12, "nothing runs after stop");
});

test("while the server cannot be reached it is tried half-way again and again, and in time", async () => {
  const { state, pass } = start(600_000);
  state.fails = true;
  await pass(590_000);
  assert.ok(state.at.length >= 4 && state.at.length < 20, String(state.at));
  assert.equal(state.lost, false);
  state.fails = false;
  await pass(10_000);
  assert.ok(state.deadline > 600_000, "rescued");
  await pass(1_200_000);
  assert.equal(state.lost, false);
});

test("it is given up when the server says that it is over, and not before", async () => {
  const { state, pass } = start(600_000);
  state.fails = true;
  await pass(3_600_000);
  assert.ok(state.at.length > 300 && state.at.length < 330, "every ten seconds");
  state.fails = false;
  await pass(10_000);
  assert.equal(state.lost, true);
  const tried = state.at.length;
  await pass(600_000);
  assert.equal(state.at.length, tried);
});

test("towards the end of the session it is refreshed as little as the deadline moves", async () => {
  const { state, pass } = start(600_000, 1_000_000);
  await pass(990_000);
  assert.ok(state.at.length < 15, String(state.at));
  await pass(60_000);
  assert.equal(state.lost, true);
});

test("another cookie takes the place of the one before, and a refresh under way does not disturb it", async () => {
  const { state, pass, refresh } = start(600_000);
  await pass(200_000);
  state.deadline = 800_000;
  refresh.start(600_000);
  await pass(299_000);
  assert.deepEqual(state.at, []);
  await pass(1_000);
  assert.deepEqual(state.at, [500_000]);
});
