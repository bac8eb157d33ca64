import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressHealth } from "../../../../src/gateway/forward/addresses/health.js";
import { createWorld } from "../../../world.js";

/** The health of an address beside one that is in, unless the test says otherwise. */
function start(isChecked = false) {
  const { platform, advance } = createWorld();
  const told: string[] = [];
  const other = { isIn: true };
  let backs = 0;
  const health = new AddressHealth({
    what: "upstream app: a:80",
    platform,
    isChecked,
    onWarning: (message) => told.push(message.replace("upstream app: a:80 ", "")),
    hasOther: () => other.isIn,
    onBack: () => {
      backs += 1;
    },
  });
  const fail = () => health.failed("refused the connection", platform.monotonic());
  const breakOff = (times: number) => {
    for (let count = 0; count < times; count += 1) health.brokeOff(platform.monotonic());
  };
  /** After how many seconds, at most so many, the next request tries it. */
  const secondsToTrial = (most = 100): number | undefined => {
    for (let seconds = 0; seconds < most; seconds += 1) {
      if (health.beginTrial()) return seconds;
      advance(1_000);
    }
    return undefined;
  };
  return {
    ...{ platform, advance, told, other, health, fail, breakOff, secondsToTrial },
    backs: () => backs,
    now: () => platform.monotonic(),
  };
}

test("a connection that cannot be opened takes an address out, for a time that doubles up to 30 s", () => {
  const { health, fail, secondsToTrial, told, advance } = start();
  assert.ok(health.isIn);
  assert.equal(health.beginTrial(), false);
  const waits: unknown[] = [];
  for (let round = 0; round < 7; round += 1) {
    fail();
    waits.push(secondsToTrial());
    advance(1);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30]);
  assert.equal(health.isIn, false);
  assert.deepEqual(told, [
    "refused the connection. Requests go to the other addresses, and one tries it, first in 1 s",
  ]);
});

test("one request tries it at a time: the next one when that has had 5 s", () => {
  const { health, fail, secondsToTrial } = start();
  fail();
  assert.equal(secondsToTrial(), 1);
  assert.equal(secondsToTrial(), 5);
  assert.equal(health.isIn, false);
});

test("a connection brings it back, if it was begun after the failure; many failures at a time count as one", () => {
  const { health, fail, now, advance, secondsToTrial, told, backs } = start();
  const before = now();
  advance(10);
  fail();
  for (let count = 0; count < 9; count += 1) health.failed("refused the connection", before);
  health.opened(before);
  assert.equal(health.isIn, false);
  assert.equal(secondsToTrial(), 1);
  health.opened(now());
  assert.ok(health.isIn);
  assert.equal(backs(), 1);
  assert.equal(told.at(-1), "is in use again, after 1 s");
});

test("the time out begins anew after a minute in use, and not before", () => {
  const { health, fail, now, advance, secondsToTrial } = start();
  for (const [inUseMs, seconds] of [
    [0, 1],
    [59_000, 2],
    [60_000, 1],
  ] as const) {
    advance(inUseMs);
    fail();
    assert.equal(secondsToTrial(), seconds);
    health.opened(now());
  }
});

test("three requests in a row that were broken off take it out, and only an answer to the one that tries it brings it back", () => {
  const { health, breakOff, now, secondsToTrial, told } = start();
  breakOff(2);
  health.answered(false);
  breakOff(2);
  assert.ok(health.isIn, "an answer came between");
  breakOff(1);
  assert.equal(health.isIn, false);
  assert.match(told[0] ?? "", /^broke off 3 requests in a row before an answer\. Requests go to the other addresses/);
  assert.equal(secondsToTrial(), 1);
  health.opened(now());
  health.answered(false);
  assert.equal(health.isIn, false);
  health.answered(true);
  assert.ok(health.isIn);
});

test("requests that were under way at a time, and are broken off together, count as one", () => {
  const { health, now, advance } = start();
  const begunAt = now();
  advance(10);
  for (let count = 0; count < 9; count += 1) health.brokeOff(begunAt);
  assert.ok(health.isIn);
});

test("what a caller may cause never takes the last address out; connections that cannot be opened do, and all are tried then", () => {
  const { health, other, breakOff, fail, told } = start();
  other.isIn = false;
  breakOff(9);
  assert.ok(health.isIn);
  fail();
  assert.equal(health.isIn, false);
  assert.deepEqual(told, ["refused the connection. It was the last one in use: all addresses are tried"]);
});

test("two health checks that fail in a row take it out; then only a check brings it back", () => {
  const { health, fail, now, secondsToTrial, told } = start(true);
  health.checked("status 503");
  health.checked(undefined);
  health.checked("status 503");
  assert.ok(health.isIn);
  health.checked("status 503");
  health.checked("status 503");
  assert.equal(health.isIn, false);
  fail();
  health.opened(now());
  health.answered(true);
  assert.equal(secondsToTrial(), undefined);
  health.checked(undefined);
  assert.ok(health.isIn);
  assert.deepEqual(told, [
    "fails its health checks: status 503. Requests go to the other addresses, until a check succeeds",
    "is in use again, after 100 s",
  ]);
});

test("with health checks a connection that cannot be opened takes it out too, and only a check brings it back", () => {
  const { health, fail, now, secondsToTrial, told } = start(true);
  fail();
  health.opened(now());
  assert.equal(health.isIn, false);
  health.answered(true);
  assert.equal(health.isIn, false);
  health.checked("status 503");
  assert.equal(secondsToTrial(), undefined);
  health.checked(undefined);
  assert.ok(health.isIn);
  assert.match(told[0] ?? "", /^refused the connection\. Requests go to the other addresses, until a check succeeds$/);
});

test("hurry ends its time", () => {
  const { health, fail, secondsToTrial } = start();
  fail();
  health.hurry();
  assert.equal(secondsToTrial(), 0);
});
