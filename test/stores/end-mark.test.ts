import assert from "node:assert/strict";
import { test } from "node:test";
import { maxLoginMs } from "../../src/model/session.js";
import { coveringMark, lateLogin } from "../../src/stores/row.js";

const now = 1_000_000;
const cases: readonly (readonly [what: string, markedAt: number, loginMs: number, covered: boolean])[] = [
  ["an end in the same millisecond", now, 0, true],
  ["an end one millisecond before a log-in without duration", now - 1, 0, false],
  ["an end while the log-in was under way", now - 500, 500, true],
  ["an end just before the log-in began", now - 501, 500, false],
  ["an end after which the clock stepped back a little", now + 1_000, 0, true],
  ["an end after which the clock was set back by an hour", now + 3_600_000, 0, false],
  ["an end at the edge of the longest log-in", now - maxLoginMs, maxLoginMs, true],
];

for (const [what, at, loginMs, covered] of cases) {
  test(`${what} ${covered ? "covers" : "does not cover"} it`, () => {
    const mark = { at, reason: "disabled" };
    assert.equal(coveringMark([mark], now, loginMs), covered ? mark : undefined);
  });
}

test("a log-in longer than ends are remembered is covered without any mark", () => {
  assert.equal(coveringMark([], now, maxLoginMs), undefined);
  assert.equal(coveringMark([], now, maxLoginMs + 1)?.reason, lateLogin);
});
