import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionDeadline } from "../../src/sessions/rotation.js";
import { rowWith, start, tableRules, tokenOf } from "./rotation-row.js";
import { accept, confirmAt, expired, newKey, row, table, turnAt, unconfirmed } from "./rotation-table.js";

const confirmed = start + 100;
const useOver = confirmed + tableRules.idleMs;

table("deadlines", [
  { name: "a look writes use down after rotateAfterMs", now: confirmed + 7_999, rotate: false, is: accept },
  {
    name: "a look writes use down at rotateAfterMs",
    now: confirmed + 8_000,
    rotate: false,
    is: { ...accept, change: { touchedAt: confirmed + 8_000 } },
  },
  { name: "idle: good one millisecond before", now: useOver - 1, is: turnAt(useOver - 1, row) },
  { name: "idle: over at the limit", now: useOver, is: expired },
  {
    name: "idle counts from the last touch",
    row: rowWith({ touchedAt: useOver - 1 }),
    now: useOver,
    rotate: false,
    is: accept,
  },
  {
    name: "absolute: good one millisecond before",
    row: rowWith({ createdAt: start - 195_000 }),
    now: start + 4_999,
    is: accept,
  },
  {
    name: "absolute: over at the limit",
    row: rowWith({ createdAt: start - 195_000 }),
    now: start + 5_000,
    is: expired,
  },
  {
    name: "unclaimed: good one millisecond before",
    row: rowWith({ generation: 1, confirmedAt: null, createdAt: start, claimed: false }),
    token: tokenOf(1),
    now: start + 4_999,
    is: confirmAt(start + 4_999),
  },
  {
    name: "unclaimed: over at the limit",
    row: rowWith({ generation: 1, confirmedAt: null, createdAt: start, claimed: false }),
    token: tokenOf(1),
    now: start + 5_000,
    is: expired,
  },
  {
    name: "a session opened by a log-in is not unclaimed",
    row: rowWith({ generation: 1, confirmedAt: null, createdAt: start, claimed: true }),
    token: tokenOf(1),
    now: start + 5_000,
    is: confirmAt(start + 5_000),
  },
  { name: "an old generation of an expired session is no reuse", token: tokenOf(0), now: useOver, is: expired },
  {
    name: "revoked is final, whatever is presented",
    row: rowWith({ revokedAt: start, revokedReason: "logout" }),
    token: newKey,
    now: start + 1,
    is: { kind: "refuse", code: "revoked" },
  },
]);

test("the deadline of a session is the nearest of the limits that apply", () => {
  assert.equal(sessionDeadline(row), useOver);
  assert.equal(sessionDeadline(unconfirmed), start + tableRules.idleMs);
  assert.equal(sessionDeadline(rowWith({ touchedAt: start + 500 })), start + 500 + tableRules.idleMs);
  assert.equal(sessionDeadline(rowWith({ createdAt: start - 190_000 })), start + 10_000);
  assert.equal(sessionDeadline(rowWith({ claimed: false, createdAt: start })), start + tableRules.unclaimedMs);
});
