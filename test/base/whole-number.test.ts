import assert from "node:assert/strict";
import { test } from "node:test";
import { requireWholeNumber } from "../../src/base/whole-number.js";

test("a whole number in its range is returned, the ends too", () => {
  for (const value of [1, 5, 10]) assert.equal(requireWholeNumber("n", value, 1, 10), value);
  assert.equal(requireWholeNumber("n", Number.MAX_SAFE_INTEGER, 0), Number.MAX_SAFE_INTEGER);
});

test("anything else is refused with the name, the range and the value", () => {
  for (const value of [0, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "5", undefined, null]) {
    const message = `n must be a whole number from 1 to 10, not ${String(value)}`;
    assert.throws(() => requireWholeNumber("n", value as number, 1, 10), { code: "invalid_options", message });
  }
  const open = "lifeMs must be a whole number of milliseconds of at least 1, not 0";
  assert.throws(() => requireWholeNumber("lifeMs", 0, 1), { code: "invalid_options", message: open });
});
