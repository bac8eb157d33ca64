import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "../../bench/contender.js";
import { requireExpected, toFigures } from "../../bench/measure.js";
import { parseOptions } from "../../bench/options.js";
import { type Row, rows } from "../../bench/rows.js";
import { spreadOf } from "../../bench/stats.js";

const sample = (values: Partial<Sample>): Sample => ({
  calls: 100,
  cpuUs: 1_000,
  wallMs: 1,
  reads: 0,
  writes: 0,
  checks: 0,
  ...values,
});

test("median and quartiles lie between neighbours", () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { low: 1.75, median: 2.5, high: 3.25 });
  assert.deepEqual(spreadOf([7]), { low: 7, median: 7, high: 7 });
  assert.throws(() => spreadOf([]), { name: "RangeError", message: "no figures to take a median of" });
});

test("a ratio is the other's CPU over ours, pair by pair", () => {
  const pair = (ours: number, other: number) => ({ ours: sample({ cpuUs: ours }), other: sample({ cpuUs: other }) });
  const figures = toFigures(rows[0] as Row, [pair(1_000, 500), pair(2_000, 2_000), pair(1_000, 1_500)]);
  assert.deepEqual(figures, {
    row: "express-warm",
    against: "bare Express",
    oursUs: 10,
    otherUs: 15,
    ratio: 1,
    low: 0.75,
    high: 1.25,
    n: 3,
  });
});

test("a row that did not measure what it says fails", () => {
  requireExpected("warm", "no-reads", sample({ checks: 1 }));
  requireExpected("cold", "one-read-each", sample({ reads: 100 }));
  const wrong: readonly [Parameters<typeof requireExpected>[1], Partial<Sample>, string][] = [
    ["no-reads", { reads: 1 }, "row: the store was read 1 times for 100 calls, not 0"],
    ["one-read-each", { reads: 99 }, "row: the store was read 99 times for 100 calls, not 100"],
    ["one-read-each", { reads: 101 }, "row: the store was read 101 times for 100 calls, not 100"],
    ["one-read-each", { reads: 100, writes: 1 }, "row: the store was written 1 times for 100 calls, not 0"],
    ["no-reads", { checks: 2 }, "row: 2 passwords were checked for 100 calls"],
  ];
  for (const [expected, values, message] of wrong) {
    assert.throws(() => requireExpected("row", expected, sample(values)), { message });
  }
});

test("rows are picked by name, and an unknown one is refused with those there are", () => {
  assert.deepEqual(
    parseOptions(["--rows", "node-cold, node-warm", "--pairs", "3"])?.rows.map(({ row }) => row),
    ["node-warm", "node-cold"],
  );
  assert.throws(() => parseOptions(["--rows", "warm"]), /there is no row "warm"; the rows are express-warm, /);
  assert.throws(() => parseOptions(["--pairs", "0"]), { message: "--pairs takes a whole number of at least 1" });
});
