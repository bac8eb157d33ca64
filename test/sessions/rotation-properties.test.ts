import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import type { SessionRules } from "../../src/model/session.js";
import type { SessionChange, SessionRow } from "../../src/model/store.js";
import { judgePresentation, type Presented, rotationDueAt, sessionDeadline } from "../../src/sessions/rotation.js";
import { resolveRules } from "../../src/sessions/rules.js";
import { isFull } from "../size.js";
import { type Happening, liveThrough } from "./rotation-client.js";
import type { Rule } from "./rotation-judge.js";
import { rowWith, start, tokenOf } from "./rotation-row.js";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

function holds<T>(t: TestContext, property: fc.IProperty<T>, numRuns: number): void {
  t.diagnostic(`SEED=${seed}`);
  fc.assert(property, { seed, numRuns: isFull ? numRuns : Math.ceil(numRuns / 5) });
}

const upTo = (max: number) => fc.integer({ min: 0, max });
const ref = fc.string({ minLength: 22, maxLength: 22, unit: fc.constantFrom(..."ABCDwxyz0189-_") });

/** Rules as `resolveRules` allows them, tight as often as not, that neither idle nor the absolute limit cuts short. */
const patientRules: fc.Arbitrary<SessionRules> = fc
  .record({
    rotateAfterMs: fc.integer({ min: 8, max: 10_000 }),
    overlap: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
  })
  .map(({ rotateAfterMs, overlap }) =>
    resolveRules({
      rotateAfterMs,
      overlapMs: Math.max(1, Math.floor(overlap * rotateAfterMs)),
      idleMs: 86_400_000,
      absoluteMs: 86_400_000,
    }),
  );

/** Pauses in units that matter: fractions of the interval, and single milliseconds. */
const life: fc.Arbitrary<{ rules: SessionRules; ref: string; happenings: Happening[] }> = patientRules.chain((rules) =>
  fc.record({
    rules: fc.constant(rules),
    ref,
    happenings: fc.array(
      fc.record({
        wait: fc.oneof(
          { weight: 4, arbitrary: upTo(2) },
          { weight: 3, arbitrary: upTo(rules.overlapMs + 1) },
          { weight: 2, arbitrary: fc.constantFrom(0, rules.overlapMs, Math.ceil(0.75 * rules.rotateAfterMs)) },
          { weight: 1, arbitrary: upTo(rules.rotateAfterMs) },
        ),
        what: fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom("call", "call", "send", "deliver", "read") },
          { weight: 1, arbitrary: fc.constantFrom("repeat", "look", "drop", "lose") },
        ),
        pick: upTo(2),
      }),
      { minLength: 100, maxLength: 300 },
    ),
  }),
);

function survives(rule: Rule): fc.IProperty<[{ rules: SessionRules; ref: string; happenings: Happening[] }]> {
  return fc.property(life, ({ rules, ref, happenings }) => {
    assert.equal(liveThrough(rules, ref, happenings, rule).wrong, undefined);
  });
}

test("an honest client is never logged out, to the millisecond, with any allowed durations", (t) => {
  holds(t, survives(judgePresentation), 2_000);
});

test("the lives of that client go through many generations", (t) => {
  t.diagnostic(`SEED=${seed}`);
  const lives = fc.sample(life, { seed, numRuns: 200 });
  const turns = lives.map(
    ({ rules, ref, happenings }) => liveThrough(rules, ref, happenings, judgePresentation).generation - 3,
  );
  const total = turns.reduce((sum, turned) => sum + turned, 0);
  t.diagnostic(`${total} generations in 200 lives`);
  assert.ok(total > 400);
});

test("the same client is logged out without the straggler zone", (t) => {
  t.diagnostic(`SEED=${seed}`);
  const noZone: Rule = (row, ...rest) =>
    judgePresentation({ ...row, rules: { ...row.rules, stragglerMs: 0 } }, ...rest);
  assert.ok(fc.check(survives(noZone), { seed, numRuns: 2_000, endOnFailure: true }).failed);
});

test("the same client is logged out when ages come from whole seconds", (t) => {
  t.diagnostic(`SEED=${seed}`);
  const wholeSeconds: Rule = (row, ...rest) =>
    judgePresentation({ ...row, issuedAt: Math.floor(row.issuedAt / 1000) * 1000 }, ...rest);
  assert.ok(fc.check(survives(wholeSeconds), { seed, numRuns: 2_000, endOnFailure: true }).failed);
});

interface Situation {
  readonly row: SessionRow;
  readonly presented: Presented;
  readonly now: number;
}

/** Any row that the store may hold, and any token of it, consistent or not. */
const situation: fc.Arbitrary<Situation> = fc
  .record({
    ref,
    policy: fc.constantFrom("confirm-then-cut" as const, "overlapping" as const),
    rotateAfterMs: fc.integer({ min: 8, max: 10_000 }),
    issued: upTo(30_000),
    confirmed: fc.option(upTo(30_000)),
    previous: fc.option(upTo(30_000)),
    touched: upTo(60_000),
    created: upTo(90_000),
    claimed: fc.boolean(),
    revoked: fc.boolean(),
    behind: fc.integer({ min: -3, max: 5 }),
    tokenAge: upTo(60),
    now: fc.integer({ min: start, max: start + 5_000 }),
  })
  .map((any) => ({
    now: any.now,
    presented: tokenOf(10 - any.behind, any.now - any.tokenAge * 500),
    row: Object.freeze(
      rowWith({
        ref: any.ref,
        rules: resolveRules({
          policy: any.policy,
          rotateAfterMs: any.rotateAfterMs,
          idleMs: 2 * any.rotateAfterMs,
          absoluteMs: 60_000,
          unclaimedMs: 1_000,
        }),
        generation: 10,
        issuedAt: any.now - any.issued,
        confirmedAt: any.confirmed === null ? null : any.now - any.confirmed,
        previousConfirmedAt: any.previous === null ? null : any.now - any.previous,
        touchedAt: any.now - any.touched,
        createdAt: any.now - any.created,
        claimed: any.claimed,
        revokedAt: any.revoked ? any.now : null,
      }),
    ),
  }));

test("no outcome goes back a generation, outlives a limit, revives a session or gives to a look", (t) => {
  const property = fc.property(situation, fc.boolean(), ({ row, presented, now }, rotate) => {
    const outcome = judgePresentation(row, presented, now, 2, rotate);
    const change: SessionChange = outcome.change ?? {};
    assert.deepEqual(judgePresentation(row, presented, now, 2, rotate), outcome);
    assert.notEqual(change.claimed, false);
    if (outcome.kind === "accept") {
      assert.equal(row.revokedAt, null);
      assert.ok(now < row.createdAt + row.rules.absoluteMs);
      assert.ok(rotate || (!outcome.give && outcome.event !== "turned"));
      assert.ok(!("revokedAt" in change));
      assert.ok((change.generation ?? row.generation) >= Math.max(row.generation, presented.generation));
      assert.ok((change.generation ?? row.generation) <= Math.max(row.generation + 1, presented.generation));
      assert.ok(now < sessionDeadline({ ...row, ...change }), "the change leaves a session that is over");
    } else {
      const written = outcome.code === "reuse" ? { revokedAt: now, revokedReason: "reuse" } : {};
      assert.deepEqual(change, written);
      assert.ok(outcome.code !== "reuse" || row.rules.policy === "confirm-then-cut");
    }
  });
  holds(t, property, 20_000);
});

test("an accepted token is accepted again at once, and after two writes there is nothing left to write", (t) => {
  const property = fc.property(situation, ({ row, presented, now }) => {
    let current = row;
    const first = judgePresentation(current, presented, now, 2, true);
    fc.pre(first.kind === "accept");
    for (let write = 0; write < 2; write++) {
      const outcome = judgePresentation(current, presented, now, 2, true);
      assert.equal(outcome.kind, "accept");
      current = { ...current, ...outcome.change };
    }
    const last = judgePresentation(current, presented, now, 2, true);
    assert.deepEqual([last.kind, last.change], ["accept", undefined]);
  });
  holds(t, property, 4_000);
});

test("any number of presenters of a due token are all accepted, cause one write, and get one successor: one at first", (t) => {
  const property = fc.property(
    ref,
    fc.constantFrom("confirm-then-cut" as const, "overlapping" as const),
    fc.array(upTo(900), { minLength: 2, maxLength: 64 }),
    (ref, policy, delays) => {
      const rules = resolveRules({ policy, rotateAfterMs: 4_000 });
      let row = rowWith({ ref, rules, issuedAt: start, confirmedAt: start });
      const due = rotationDueAt(row);
      const read = row;
      let writes = 0;
      const successors = new Set<string>();
      let given = 0;
      for (const delay of delays) {
        // Everybody has read the row before anybody wrote; a loser judges again by what it finds then.
        let outcome = judgePresentation(read, tokenOf(3, start), due + delay, 2, true);
        if (row.version === read.version) {
          row = { ...row, ...outcome.change, version: row.version + 1 };
          writes++;
        } else outcome = judgePresentation(row, tokenOf(3, start), due + delay, 2, true);
        assert.equal(outcome.kind, "accept");
        if (outcome.kind === "accept" && outcome.give) given++;
        successors.add(`${row.generation} ${row.issuedAt} ${row.keyId}`);
        assert.ok(row.version !== read.version && (writes === 1 || outcome.change === undefined));
      }
      assert.deepEqual([writes, successors.size, row.generation], [1, 1, 4]);
      // A presenter whose clock is behind the turn cannot tell how long ago that was.
      const first = delays[0] ?? 0;
      const early = delays.filter((delay) => delay < first).length;
      assert.equal(given, policy === "overlapping" ? delays.length : 1 + early);
      const again = judgePresentation(row, tokenOf(3, start), row.issuedAt + rules.overlapMs, 2, true);
      assert.ok(again.kind === "accept" && again.give);
    },
  );
  holds(t, property, 1_000);
});

test("the idle limit is kept within one rotateAfterMs, whatever mix of turns and looks", (t) => {
  const idleMs = 20_000;
  const rules = resolveRules({ rotateAfterMs: 4_000, idleMs, absoluteMs: 10 ** 9 });
  const use = fc.record({
    pause: fc.oneof(upTo(8_000), fc.integer({ min: idleMs - 4_001, max: idleMs + 1 })),
    rotate: fc.boolean(),
  });
  const property = fc.property(ref, fc.array(use, { maxLength: 60 }), (ref, uses) => {
    let row = rowWith({ ref, rules, createdAt: start });
    let now = start + 100;
    for (const { pause, rotate } of uses) {
      now += pause;
      const outcome = judgePresentation(row, tokenOf(row.generation, row.issuedAt), now, 1, rotate);
      assert.ok(outcome.kind === "accept" ? pause < idleMs : pause > idleMs - rules.rotateAfterMs);
      if (outcome.kind === "refuse") return;
      row = { ...row, ...outcome.change };
    }
  });
  holds(t, property, 2_000);
});
