import type { SessionRules } from "../../src/model/session.js";
import type { SessionRow } from "../../src/model/store.js";
import { type judgePresentation, type Presented, rotationDueAt } from "../../src/sessions/rotation.js";
import { rowWith } from "./rotation-row.js";

export type Rule = typeof judgePresentation;

/** One tick of the explored world: two in a second, so that the token's whole seconds lose something. */
export const tickMs = 500;

export interface Timing {
  /** Ticks from issue to turn, with the longest jitter there is: 0.75 × `rotateAfterMs`. */
  readonly dueTicks: number;
  /** Ticks that `overlapMs` lasts. */
  readonly overlapTicks: number;
  /** Ticks that the straggler zone lasts; `dueTicks` is all that the rules allow. */
  readonly stragglerTicks: number;
  /** Ticks from the opening to the absolute limit, if the world has one. */
  readonly absoluteTicks?: number;
}

/** The stored part of a world: ages in ticks; -1 where there is none. */
export interface RowAges {
  phase: number;
  clock: number;
  issued: number;
  confirmed: number;
  previousConfirmed: number;
  revoked: boolean;
}

/** What the rule said, in ticks. */
export interface Judgement {
  readonly accept: boolean;
  readonly give: boolean;
  readonly code: string;
  readonly event: string;
  /** The row after the change, without regard to touches; `undefined` when nothing is written. */
  readonly change:
    | {
        readonly generations: number;
        readonly issued: number;
        readonly confirmed: number;
        readonly previousConfirmed: number;
        readonly revoked: boolean;
      }
    | undefined;
}

const generation = 1_000;
const second = 1_700_000_000;

/** Exact rules in milliseconds for `timing`. Idle is not part of these worlds: it never ends a session in them. */
export function rulesFor(timing: Timing): SessionRules {
  // The smallest interval whose three quarters reach over the tick before: with the longest jitter due on the tick.
  const rotateAfterMs = Math.floor((timing.dueTicks * tickMs - 1) / 0.75);
  return {
    policy: "confirm-then-cut",
    rotateAfterMs,
    overlapMs: timing.overlapTicks * tickMs,
    stragglerMs: timing.stragglerTicks * tickMs - 3,
    lifetimeMs: 3_600_000,
    idleMs: 3_600_000,
    absoluteMs: timing.absoluteTicks === undefined ? 36_000_000 : timing.absoluteTicks * tickMs,
    unclaimedMs: 3_600_000,
  };
}

/**
 * The shipped rule as a function of ticks, each distinct question asked once. Equal answers are one object. The server's instants lie at .499 and
 * .999 of a second, so that the end of a token's second is one of them.
 */
export function createJudge(
  rule: Rule,
  timing: Timing,
): (row: RowAges, behind: number, tokenAge: number, rotate: boolean) => Judgement {
  const rules = rulesFor(timing);
  const refs = new Map<number, string>();
  const answers = new Map<number, Judgement>();
  const distinct = new Map<string, Judgement>();

  /** A ref whose jitter makes this generation due exactly on the tick: the earliest turn, so the hardest case. */
  function refFor(of: number): string {
    const known = refs.get(of);
    if (known !== undefined) return known;
    for (let seed = 0; ; seed++) {
      const ref = seed.toString(36).padStart(22, "0").split("").reverse().join("");
      const dueAfter = rotationDueAt(rowWith({ ref, rules, generation: of, issuedAt: 0 }));
      if (dueAfter > timing.dueTicks * tickMs || dueAfter <= (timing.dueTicks - 1) * tickMs) continue;
      refs.set(of, ref);
      return ref;
    }
  }

  function ask(ages: RowAges, behind: number, tokenAge: number, rotate: boolean): Judgement {
    const now = second * 1000 + (ages.phase === 0 ? 499 : 999);
    const instant = (age: number) => (age < 0 ? null : now - age * tickMs);
    const row: SessionRow = rowWith({
      ref: refFor(generation),
      rules,
      generation,
      issuedAt: now - ages.issued * tickMs,
      confirmedAt: instant(ages.confirmed),
      previousConfirmedAt: instant(ages.previousConfirmed),
      touchedAt: 0,
      createdAt: now - (timing.absoluteTicks === undefined ? 2_000 : ages.clock) * tickMs,
      revokedAt: ages.revoked ? now : null,
    });
    const presented: Presented = {
      generation: generation - behind,
      issuedAt: Math.floor((now - tokenAge * tickMs) / 1000),
      keyId: 1,
    };
    const outcome = rule(row, presented, now, 1, rotate);
    const change = outcome.change;
    const age = (at: number | null | undefined) => {
      if (at === null || at === undefined) return -1;
      const ticks = (now - at) / tickMs;
      if (!Number.isInteger(ticks) || ticks < 0) throw new Error(`not on a tick: ${ticks}`);
      return ticks;
    };
    const after = { ...row, ...change };
    const writes = change !== undefined && Object.keys(change).some((name) => name !== "touchedAt");
    return {
      accept: outcome.kind === "accept",
      give: outcome.kind === "accept" && outcome.give,
      code: outcome.kind === "refuse" ? outcome.code : "",
      event: outcome.kind === "accept" ? (outcome.event ?? "") : "",
      change: writes
        ? {
            generations: after.generation - generation,
            issued: age(after.issuedAt),
            confirmed: age(after.confirmedAt),
            previousConfirmed: age(after.previousConfirmedAt),
            revoked: after.revokedAt !== null,
          }
        : undefined,
    };
  }

  return (row, behind, tokenAge, rotate) => {
    let key = row.clock;
    key = key * 16 + row.issued;
    key = key * 16 + row.confirmed + 1;
    key = key * 16 + row.previousConfirmed + 1;
    key = key * 16 + behind + 4;
    key = key * 16 + tokenAge + 1;
    key = key * 8 + row.phase * 4 + (row.revoked ? 2 : 0) + (rotate ? 1 : 0);
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = ask(row, behind, tokenAge, rotate);
      const text = JSON.stringify(answer);
      answer = distinct.get(text) ?? answer;
      distinct.set(text, answer);
      answers.set(key, answer);
    }
    return answer;
  };
}
