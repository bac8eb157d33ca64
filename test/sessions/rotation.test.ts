import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Outcome, present, rotationDueAt, sessionDeadline } from "../../src/sessions/rotation.js";
import type { SessionRow } from "../../src/stores/store.js";
import { overlappingRules, rowWith, start, tableRules, tokenOf } from "./rotation-row.js";

const signing = 2;
const row = rowWith();
const due = rotationDueAt(row);
const unconfirmed = rowWith({ confirmedAt: null });
const newKey = tokenOf(4, start + 9_600, 9);
const endOfSecond = Math.floor((start + 9_600) / 1000) * 1000 + 999;

const accept: Outcome = { kind: "accept", give: false };
const give: Outcome = { kind: "accept", give: true };
const superseded: Outcome = { kind: "refuse", code: "superseded" };
const expired: Outcome = { kind: "refuse", code: "expired" };
const reuseAt = (now: number): Outcome => ({
  kind: "refuse",
  code: "reuse",
  change: { revokedAt: now, revokedReason: "reuse" },
});
const confirmAt = (now: number): Outcome => ({
  kind: "accept",
  give: false,
  event: "confirmed",
  change: { confirmedAt: now, claimed: true },
});
const turnAt = (now: number, from: SessionRow): Outcome => ({
  kind: "accept",
  give: true,
  event: "turned",
  change: {
    generation: from.generation + 1,
    issuedAt: now,
    keyId: signing,
    confirmedAt: null,
    previousConfirmedAt: from.confirmedAt,
  },
});
const healTo = (generation: number, issuedAt: number, now: number, previousConfirmedAt: number): Outcome => ({
  kind: "accept",
  give: false,
  event: "healed",
  change: { generation, issuedAt, keyId: 9, confirmedAt: now, previousConfirmedAt, claimed: true },
});

interface Line {
  readonly name: string;
  readonly row?: SessionRow;
  /** Generation and issued-at of the token. Default: generation 3. */
  readonly token?: ReturnType<typeof tokenOf>;
  readonly now: number;
  readonly rotate?: boolean;
  readonly is: Outcome;
}

function table(title: string, lines: readonly Line[]): void {
  describe(title, () => {
    for (const line of lines) {
      test(line.name, () => {
        const outcome = present(line.row ?? row, line.token ?? tokenOf(3), line.now, signing, line.rotate ?? true);
        assert.deepEqual(outcome, line.is);
      });
    }
  });
}

const confirmedLate = rowWith({ confirmedAt: due - 1 });
const confirmed = start + 100;
const cut = confirmed + tableRules.overlapMs;
const gone = cut + tableRules.stragglerMs;
const previousGone = start - 7_000 + tableRules.overlapMs + tableRules.stragglerMs;
const useOver = confirmed + tableRules.idleMs;

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
  { name: "gets the same successor", row: unconfirmed, token: tokenOf(2), now: start + 7_000, is: give },
  { name: "gets nothing for a look", row: unconfirmed, token: tokenOf(2), now: start, rotate: false, is: accept },
  {
    name: "gets it still after a long sleep, and the use is written down",
    row: unconfirmed,
    token: tokenOf(2),
    now: start + 29_999,
    is: { ...give, change: { touchedAt: start + 29_999 } },
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

const jar = rowWith({ rules: overlappingRules });
const jarUnconfirmed = rowWith({ rules: overlappingRules, confirmedAt: null });
const lifeOver = Math.floor(start / 1000) * 1000 + overlappingRules.lifetimeMs;

table("the policy `overlapping`", [
  { name: "confirms the current token", row: jarUnconfirmed, now: start + 5, is: confirmAt(start + 5) },
  { name: "accepts the current token until it is due", row: jar, now: due - 1, is: accept },
  { name: "turns the current token when it is due", row: jar, now: due, is: turnAt(due, jar) },
  {
    name: "turns without a confirmation",
    row: jarUnconfirmed,
    now: due,
    is: turnAt(due, { ...jarUnconfirmed, confirmedAt: due }),
  },
  {
    name: "claims the session with the turn",
    row: rowWith({ rules: { ...overlappingRules, unclaimedMs: 60_000 }, generation: 1, claimed: false }),
    token: tokenOf(1),
    now: due + 2_000,
    is: {
      kind: "accept",
      give: true,
      event: "turned",
      change: {
        generation: 2,
        issuedAt: due + 2_000,
        keyId: signing,
        confirmedAt: null,
        previousConfirmedAt: confirmed,
        claimed: true,
      },
    },
  },
  { name: "does not turn for a look", row: jar, now: due, rotate: false, is: accept },
  { name: "answers an older generation with the current token", row: jar, token: tokenOf(1), now: start, is: give },
  { name: "answers a look with nothing", row: jar, token: tokenOf(1), now: start, rotate: false, is: accept },
  {
    name: "an older generation is good one millisecond before its lifetime ends",
    row: jar,
    token: tokenOf(2),
    now: lifeOver - 1,
    is: { ...give, change: { touchedAt: lifeOver - 1 } },
  },
  {
    name: "an older generation is expired, never reuse, at its end",
    row: jar,
    token: tokenOf(2),
    now: lifeOver,
    is: expired,
  },
  { name: "the current one is expired at its end as well", row: jar, now: lifeOver, is: expired },
  {
    name: "heals a lost write",
    row: jar,
    token: newKey,
    now: start + 15_000,
    is: healTo(4, endOfSecond, start + 15_000, confirmed),
  },
]);

test("the deadline of a session is the nearest of the limits that apply", () => {
  assert.equal(sessionDeadline(row), useOver);
  assert.equal(sessionDeadline(unconfirmed), start + tableRules.idleMs);
  assert.equal(sessionDeadline(rowWith({ touchedAt: start + 500 })), start + 500 + tableRules.idleMs);
  assert.equal(sessionDeadline(rowWith({ createdAt: start - 190_000 })), start + 10_000);
  assert.equal(sessionDeadline(rowWith({ claimed: false, createdAt: start })), start + tableRules.unclaimedMs);
});

test("a token that the row heals to carries the second that it was issued in", () => {
  for (const now of [start + 9_600, endOfSecond, start + 15_000]) {
    const { change } = present(row, newKey, now, signing, true);
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
