import assert from "node:assert/strict";
import { test } from "node:test";
import { judgePresentation, rotationDueAt } from "../../src/sessions/rotation.js";
import { rowWith, start, tableRules, tokenOf } from "./rotation-row.js";
import {
  accept,
  confirmAt,
  due,
  endOfSecond,
  expired,
  give,
  healTo,
  newKey,
  reuseAt,
  row,
  signing,
  superseded,
  table,
  turnAt,
  unconfirmed,
} from "./rotation-table.js";

const confirmedLate = rowWith({ confirmedAt: due - 1 });
const confirmed = start + 100;
const cut = confirmed + tableRules.overlapMs;
const gone = cut + tableRules.stragglerMs;
const previousGone = start - 7_000 + tableRules.overlapMs + tableRules.stragglerMs;

table("after the clock was set back", [
  {
    name: "a little, a superseded generation is as young as can be",
    token: tokenOf(2),
    now: confirmed - 1_000,
    is: accept,
  },
  { name: "an hour, it is neither accepted nor theft", token: tokenOf(2), now: confirmed - 3_600_000, is: superseded },
  { name: "just more than readings may differ", token: tokenOf(2), now: confirmed - 1_001, is: superseded },
  { name: "nor is the one before", token: tokenOf(1), now: start - 3_600_000, is: superseded },
  { name: "the current one is good", now: confirmed - 3_600_000, is: accept },
]);

table("the current generation", [
  { name: "is confirmed when first presented", row: unconfirmed, now: start + 5, is: confirmAt(start + 5) },
  {
    name: "is confirmed, not turned, when first presented late",
    row: unconfirmed,
    now: due + 9_000,
    is: confirmAt(due + 9_000),
  },
  {
    name: "is confirmed by a look too",
    row: unconfirmed,
    now: start + 5,
    rotate: false,
    is: confirmAt(start + 5),
  },
  { name: "is accepted until it is due", now: due - 1, is: accept },
  { name: "turns when it is due", now: due, is: turnAt(due, row) },
  { name: "does not turn for a look", now: due, rotate: false, is: accept },
  {
    name: "does not turn before overlapMs have passed since its confirmation",
    row: confirmedLate,
    now: due + 998,
    is: accept,
  },
  {
    name: "turns at overlapMs after its confirmation",
    row: confirmedLate,
    now: due + 999,
    is: turnAt(due + 999, confirmedLate),
  },
]);

table("the generation before, while the current one is unconfirmed", [
  {
    name: "gets nothing while the first answer with the successor may be on its way",
    row: unconfirmed,
    token: tokenOf(2),
    now: unconfirmed.issuedAt + 999,
    is: accept,
  },
  {
    name: "gets the same successor again when overlapMs have passed since it was issued",
    row: unconfirmed,
    token: tokenOf(2),
    now: unconfirmed.issuedAt + 1_000,
    is: give,
  },
  {
    name: "gets it at once when the clock was set back since it was issued",
    row: unconfirmed,
    token: tokenOf(2),
    now: unconfirmed.issuedAt - 1,
    is: give,
  },
  { name: "gets nothing for a look", row: unconfirmed, token: tokenOf(2), now: start, rotate: false, is: accept },
  {
    name: "gets it still after a long sleep, the use is written down, and the offer before has lapsed",
    row: unconfirmed,
    token: tokenOf(2),
    now: start + 29_999,
    is: { ...give, event: "lapsed", change: { touchedAt: start + 29_999 } },
  },
]);

table("a superseded generation", [
  { name: "is accepted at the instant of the cut", token: tokenOf(2), now: confirmed, is: accept },
  { name: "is accepted within overlapMs and gets nothing", token: tokenOf(2), now: cut - 1, is: accept },
  { name: "is refused, and no more, from overlapMs on", token: tokenOf(2), now: cut, is: superseded },
  { name: "is refused, and no more, in the straggler zone", token: tokenOf(2), now: gone - 1, is: superseded },
  { name: "ends the session beyond it", token: tokenOf(2), now: gone, is: reuseAt(gone) },
  { name: "ends the session beyond it for a look too", token: tokenOf(2), now: gone, rotate: false, is: reuseAt(gone) },
  {
    name: "two behind is refused within the zones of its own cut",
    token: tokenOf(1),
    now: previousGone - 1,
    is: superseded,
  },
  { name: "two behind ends the session beyond them", token: tokenOf(1), now: previousGone, is: reuseAt(previousGone) },
  {
    name: "two behind is not accepted within overlapMs of its cut",
    row: rowWith({ confirmedAt: null, previousConfirmedAt: start }),
    token: tokenOf(1),
    now: start,
    is: superseded,
  },
  {
    name: "two behind counts from its own cut while the current one is unconfirmed",
    row: unconfirmed,
    token: tokenOf(1),
    now: previousGone,
    is: reuseAt(previousGone),
  },
  { name: "three behind ends the session", token: tokenOf(0), now: start, is: reuseAt(start) },
]);

table("a generation newer than the store", [
  {
    name: "one newer moves the row forward, and the instant of its cut is kept",
    token: newKey,
    now: endOfSecond,
    is: healTo(4, endOfSecond, endOfSecond, confirmed),
  },
  {
    name: "is taken to be issued at the end of its second, at most now",
    token: newKey,
    now: start + 9_700,
    is: healTo(4, start + 9_700, start + 9_700, confirmed),
  },
  {
    name: "one newer whose predecessor's confirmation was lost was cut overlapMs before its issue at the latest",
    row: unconfirmed,
    token: newKey,
    now: start + 15_000,
    is: healTo(4, endOfSecond, start + 15_000, endOfSecond - 1_000),
  },
  {
    name: "a confirmation written again after the loss is not taken for the cut",
    row: rowWith({ confirmedAt: start + 12_000 }),
    token: newKey,
    now: start + 15_000,
    is: healTo(4, endOfSecond, start + 15_000, endOfSecond - 1_000),
  },
  {
    name: "several newer moves the row forward by all of them",
    token: { ...newKey, generation: 9 },
    now: start + 15_000,
    is: healTo(9, endOfSecond, start + 15_000, endOfSecond - 1_000),
  },
  {
    name: "its own issue counts for the idle limit",
    token: newKey,
    now: endOfSecond + tableRules.idleMs - 1,
    is: healTo(4, endOfSecond, endOfSecond + tableRules.idleMs - 1, confirmed),
  },
  {
    name: "its own issue counts for no longer than that",
    token: newKey,
    now: endOfSecond + tableRules.idleMs,
    is: expired,
  },
  {
    name: "proves that the session was claimed",
    row: rowWith({ claimed: false, createdAt: start, confirmedAt: null }),
    token: newKey,
    now: start + 10_000,
    is: healTo(4, endOfSecond, start + 10_000, endOfSecond - 1_000),
  },
  {
    name: "does not outlive the absolute limit",
    row: rowWith({ createdAt: start - 190_000 }),
    token: newKey,
    now: start + 10_000,
    is: expired,
  },
]);

test("a token that the row heals to carries the second that it was issued in", () => {
  for (const now of [start + 9_600, endOfSecond, start + 15_000]) {
    const { change } = judgePresentation(row, newKey, now, signing, true);
    assert.equal(Math.floor((change?.issuedAt ?? 0) / 1000), newKey.issuedAt);
  }
});

test("the jitter spreads turns over a quarter of rotateAfterMs, and differs by session and by generation", () => {
  const buckets = new Map<number, number>();
  for (let generation = 1; generation <= 4_000; generation++) {
    const ref = `${generation.toString(36).padStart(4, "x")}`;
    const early = start + tableRules.rotateAfterMs - rotationDueAt(rowWith({ ref, generation }));
    assert.ok(early >= 0 && early < tableRules.rotateAfterMs / 4, `jitter ${early}`);
    const bucket = Math.floor(early / 200);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  assert.equal(buckets.size, 10);
  for (const count of buckets.values()) assert.ok(count > 300 && count < 500, `uneven: ${[...buckets.values()]}`);
  assert.equal(rotationDueAt(row), rotationDueAt(rowWith({ version: 99, confirmedAt: null })));
});
