import assert from "node:assert/strict";
import { test } from "node:test";
import { CallerCount } from "../../../src/gateway/admit/caller-counts.js";
import { countIn, countOut, takeRequest } from "../../../src/gateway/admit/count-in.js";

/** 10 a second, 3 at once. */
const rate = { burst: 3, refillMs: 100 };

test("a bucket holds the burst, gets one more each interval, and no more than it holds", () => {
  const count = new CallerCount();
  const take = (now: number): number => Math.round(takeRequest(count, rate, now));
  assert.deepEqual([take(0), take(0), take(0), take(0), take(0)], [0, 0, 0, 100, 100]);
  assert.deepEqual([take(60), take(100), take(100), take(150)], [40, 0, 100, 50]);
  assert.deepEqual([take(1e6), take(1e6), take(1e6), take(1e6)], [0, 0, 0, 100]);
});

test("requests that come evenly at the rate are never refused, whatever the fractions of a millisecond are", () => {
  const third = { burst: 1, refillMs: 1_000 / 3 };
  const count = new CallerCount();
  let now = 0.1;
  for (let index = 0; index < 10_000; index++) {
    assert.equal(takeRequest(count, third, now), 0, String(index));
    now += third.refillMs;
  }
  const burst = { burst: 1_000_000, refillMs: 1 / 3 };
  const many = new CallerCount();
  for (let index = 0; index < burst.burst; index++) assert.equal(takeRequest(many, burst, 12_345.678), 0);
  assert.ok(takeRequest(many, burst, 12_345.678) > 0);
});

test("a smaller bucket after a reload is empty at most", () => {
  const count = new CallerCount();
  const hour = { burst: 10, refillMs: 3_600_000 };
  for (let index = 0; index < 10; index++) takeRequest(count, hour, 0);
  assert.equal(takeRequest(count, rate, 0), 100);
  assert.equal(takeRequest(count, rate, 100), 0);
});

test("a denial says when to come back, and takes no place", () => {
  const count = new CallerCount();
  const route = { rate: { burst: 1, refillMs: 90_500 }, limits: { maxConcurrent: 2 } };
  assert.equal(countIn(count, route, 0), undefined);
  const late = countIn(count, route, 0);
  assert.deepEqual(
    [late?.code, late?.reason, late?.headers],
    ["resource_exhausted", "rate_limited", [["retry-after", "91"]]],
  );
  assert.deepEqual(countIn(count, route, 90_499.5)?.headers, [["retry-after", "1"]]);
  assert.equal(count.underWay, 1);
  assert.equal(countIn(count, route, 90_500), undefined);
  const full = countIn(count, route, 1e9);
  assert.deepEqual([full?.reason, full?.headers], ["too_many_concurrent", [["retry-after", "1"]]]);
  countOut(count);
  assert.equal(countIn(count, route, 1e9), undefined);
});
