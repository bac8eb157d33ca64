import assert from "node:assert/strict";
import { test } from "node:test";
import { croppedT, welchT } from "../../bench/welch.js";

test("Welch's t, against a worked example", () => {
  // NIST/SEMATECH e-Handbook §1.3.5.3 states the formula; these figures were computed by hand.
  assert.equal(welchT([1, 2, 3], [1, 2, 3]), 0);
  assert.ok(Math.abs(welchT([2, 4, 6], [1, 2, 3]) - 2 / Math.sqrt(4 / 3 + 1 / 3)) < 1e-12);
  assert.ok(welchT([1, 1, 2], [5, 6, 5]) < -4.5);
  assert.throws(() => welchT([1], [1, 2]), RangeError);
});

test("without the slowest of both, one slow moment does not drown a difference", () => {
  const fast = Array.from({ length: 1_000 }, (_, index) => 100 + (index % 10));
  const slow = fast.map((value) => value + 3);
  fast[500] = 1_000_000;
  assert.ok(Math.abs(welchT(fast, slow)) < 4.5);
  assert.ok(croppedT(fast, slow, 0.99) < -4.5);
});
