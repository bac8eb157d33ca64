import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { judgePresentation } from "../../src/sessions/rotation.js";
import { isFull, sized } from "../size.js";
import { type Explored, explore } from "./exhaustive-search.js";
import type { Rule } from "./rotation-judge.js";
import { createWorld } from "./rotation-world.js";
import type { WorldOptions } from "./rotation-world-state.js";

/** Two workers, a thief, two nodes with memories, one lost write; the straggler zone as long as it may be. */
const everything: WorldOptions = {
  dueTicks: 3,
  overlapTicks: 1,
  stragglerTicks: 3,
  workers: 2,
  thief: true,
  nodes: 2,
  losses: 1,
  staleTicks: 3,
};
/** The same in a shorter time. */
const smaller: WorldOptions = { ...everything, dueTicks: 2, stragglerTicks: 2, staleTicks: 2 };
/** Nobody steals and no write is lost: whatever goes wrong here, the rule has done to an honest client. */
const honest: WorldOptions = { ...everything, thief: false, losses: 0 };

function run(t: TestContext, options: WorldOptions): Explored {
  const explored = explore(createWorld(options));
  t.diagnostic(`${explored.states} states, ${explored.transitions} transitions`);
  return explored;
}

describe("every reachable state of a small world keeps the promises of the rule", () => {
  // The largest takes most of the time: `npm test` explores it in its shorter time only.
  const worlds: readonly (readonly [string, WorldOptions])[] = [
    ["two workers, a thief, two nodes, a lost write, stragglers", isFull ? everything : { ...smaller, workers: 1 }],
    [
      "the same without memories, with two lost writes",
      { ...smaller, nodes: 0, workers: isFull ? 2 : 1, losses: sized(1, 2) },
    ],
    ["the same with an absolute limit", { ...smaller, workers: 1, absoluteTicks: sized(6, 10) }],
    [
      "an overlap of half the interval, as in the demo",
      { ...everything, overlapTicks: 2, losses: 0, workers: isFull ? 2 : 1 },
    ],
    ["a straggler zone shorter than it may be", { ...everything, stragglerTicks: 1, losses: 0 }],
    ["an honest client and many lost writes", { ...honest, losses: sized(3, 10) }],
  ];
  for (const [name, options] of worlds) {
    test(name, (t) => {
      const explored = run(t, options);
      assert.deepEqual(
        { violation: explored.violation, trace: explored.trace, complete: explored.complete },
        { violation: undefined, trace: undefined, complete: true },
      );
    });
  }

  test("everything that can happen happens in it", () => {
    const { events } = explore(createWorld({ ...smaller, workers: 1 }));
    const expected = [
      "accepted from memory",
      "confirmed",
      "turned, given",
      "accepted, given",
      "accepted",
      "healed",
      "superseded",
      "reuse",
      "revoked",
    ];
    for (const who of ["client", "thief"]) {
      for (const event of expected) assert.ok(events.includes(`${who}: ${event}`), `${who}: ${event}`);
    }
    for (const event of ["store: loses its last write", "thief: copies a token", "client: answer lost"]) {
      assert.ok(events.includes(event), event);
    }
  });

  test("an honest client alone never meets reuse, and only meets superseded when it is late", () => {
    const { events } = explore(createWorld({ ...honest, losses: 3 }));
    assert.ok(events.includes("client: superseded"));
    assert.ok(!events.includes("client: reuse"));
  });
});

describe("the exploration finds what a weaker rule does", () => {
  const noZone: Rule = (row, ...rest) =>
    judgePresentation({ ...row, rules: { ...row.rules, stragglerMs: 0 } }, ...rest);
  const wholeSeconds: Rule = (row, ...rest) =>
    judgePresentation({ ...row, issuedAt: Math.floor(row.issuedAt / 1000) * 1000 }, ...rest);
  const noOverlapBeforeTurn: Rule = (row, presented, now, ...rest) =>
    presented.generation === row.generation && row.confirmedAt !== null
      ? judgePresentation({ ...row, confirmedAt: row.confirmedAt - 3_600_000 }, presented, now, ...rest)
      : judgePresentation(row, presented, now, ...rest);
  const naiveHeal: Rule = (row, presented, now, ...rest) => {
    const outcome = judgePresentation(row, presented, now, ...rest);
    if (outcome.kind !== "accept" || outcome.event !== "healed") return outcome;
    return { ...outcome, change: { ...outcome.change, previousConfirmedAt: now } };
  };
  /** Accepts any generation within overlapMs of its cut, not only the one before the current. */
  const wideOverlap =
    (rule: Rule): Rule =>
    (row, presented, now, ...rest) => {
      const cut = row.previousConfirmedAt;
      const inside = presented.generation === row.generation - 2 && cut !== null && now - cut < row.rules.overlapMs;
      return inside && row.revokedAt === null ? { kind: "accept", give: false } : rule(row, presented, now, ...rest);
    };
  const noHeal: Rule = (row, presented, ...rest) =>
    presented.generation > row.generation
      ? { kind: "refuse", code: "expired" }
      : judgePresentation(row, presented, ...rest);
  const cutAtTurn: Rule = (row, presented, now, ...rest) =>
    judgePresentation({ ...row, confirmedAt: row.confirmedAt ?? row.issuedAt }, presented, now, ...rest);
  const noCut: Rule = (row, presented, now, ...rest) => {
    const outcome = judgePresentation(row, presented, now, ...rest);
    return outcome.kind === "refuse" && outcome.code === "superseded" ? { kind: "accept", give: false } : outcome;
  };
  const noReuse: Rule = (row, presented, now, ...rest) => {
    const outcome = judgePresentation(row, presented, now, ...rest);
    return outcome.kind === "refuse" && outcome.code === "reuse" ? { kind: "refuse", code: "superseded" } : outcome;
  };
  const noAbsolute: Rule = (row, ...rest) =>
    judgePresentation({ ...row, rules: { ...row.rules, absoluteMs: 3_600_000 } }, ...rest);

  const mutants: readonly (readonly [string, WorldOptions, RegExp])[] = [
    ["no straggler zone", { ...honest, rule: noZone }, /^false log-out: reuse/],
    ["ages from whole seconds", { ...honest, rule: wholeSeconds }, /^false log-out: reuse/],
    ["a straggler zone longer than 0.75 × rotateAfterMs", { ...honest, stragglerTicks: 4 }, /^false log-out: reuse/],
    ["a turn without waiting for overlapMs", { ...honest, rule: noOverlapBeforeTurn }, /^false log-out: reuse/],
    ["a cut at the turn, not at the confirmation", { ...honest, rule: cutAtTurn }, /^the newest token of an honest/],
    ["no heal", { ...honest, losses: 1, rule: noHeal }, /^the newest token of an honest client is not accepted/],
    ["a heal that begins the zones anew", { ...smaller, rule: naiveHeal }, /^the zones of a generation two behind/],
    [
      "the same, where any generation is accepted within overlapMs",
      { ...smaller, rule: wideOverlap(naiveHeal) },
      /^more than two generations are acceptable/,
    ],
    ["no cut", { ...smaller, rule: noCut }, /^two generations are acceptable after the cut/],
    ["no reuse detection", { ...smaller, rule: noReuse }, /^a generation superseded beyond the zones did not end/],
    ["no absolute limit", { ...smaller, absoluteTicks: 6, rule: noAbsolute }, /^accepted beyond the absolute limit/],
    [
      "a memory that answers from any remembered row",
      { ...smaller, workers: 1, memory: "obvious" },
      /^a memory accepted a generation after the cut \(thief: accepted from memory\)/,
    ],
  ];
  for (const [name, options, expected] of mutants) {
    test(name, (t) => {
      const { violation, complete } = run(t, options);
      assert.match(violation ?? "", expected);
      assert.equal(complete, false);
    });
  }

  test("but not where the stated heal makes the wider overlap harmless", (t) => {
    assert.equal(run(t, { ...smaller, workers: 1, rule: wideOverlap(judgePresentation) }).violation, undefined);
  });
});
