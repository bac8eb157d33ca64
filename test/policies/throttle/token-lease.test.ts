import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenLease } from "../../../src/policies/throttle/token-lease.js";

/** A bucket with some tokens, and how often it was asked. */
function createBucket(tokens: number, later: boolean) {
  let asked = 0;
  const fetch = (wanted: number): number => {
    asked += 1;
    const got = Math.min(wanted, tokens);
    tokens -= got;
    return got;
  };
  return { asked: () => asked, left: () => tokens, fetch: later ? async (wanted: number) => fetch(wanted) : fetch };
}

for (const later of [false, true]) {
  test(`no token is taken twice and none is lost, ${later ? "by promises" : "at once"}`, async () => {
    const bucket = createBucket(95, later);
    const lease = createTokenLease(10, bucket.fetch);
    const taken = await Promise.all(Array.from({ length: 120 }, () => lease.take()));
    assert.equal(taken.filter(Boolean).length, 95);
    assert.equal(bucket.left(), 0);
    assert.equal(await lease.take(), false);
  });

  test(`what comes back is used first, and at most a lease of it stays, ${later ? "by promises" : "at once"}`, async () => {
    const bucket = createBucket(1_000, later);
    const lease = createTokenLease(10, bucket.fetch);
    for (let index = 0; index < 500; index++) {
      assert.equal(await lease.take(), true);
      lease.putBack();
    }
    assert.equal(bucket.asked(), 1);
    for (let index = 0; index < 100; index++) lease.putBack();
    for (let index = 0; index < 10; index++) await lease.take();
    assert.equal(bucket.asked(), 1);
    await lease.take();
    assert.equal(bucket.asked(), 2);
  });
}

test("a bucket that cannot be asked fails those who wait, and the next one asks again", async () => {
  let broken = true;
  const lease = createTokenLease(10, async (wanted) => {
    if (broken) throw new Error("no store");
    return wanted;
  });
  const outcomes = await Promise.allSettled([lease.take(), lease.take(), lease.take()]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
  broken = false;
  assert.equal(await lease.take(), true);
});
