import { type BoundTheftResult, runBoundTheft } from "./bound-theft.js";
import { lastToArrive } from "./last-to-arrive.js";
import { mix } from "./random.js";
import { type HonestResult, runHonest, runTheft, runTwoPrograms, type TheftResult } from "./scenarios.js";
import * as thieves from "./thieves.js";

/** One line of the table: many runs of one scenario, each with a seed of its own. */
export interface Row<Result> {
  readonly name: string;
  readonly run: (seed: number) => Promise<Result>;
  /** A run takes ten times as long as others. */
  readonly slow?: boolean;
}

/** Nobody may be logged out. */
export const honestRows: readonly Row<HonestResult>[] = [
  { name: "1 worker", run: (seed) => runHonest(seed, { workers: 1, sleeps: false }) },
  { name: "1 worker that sleeps", run: (seed) => runHonest(seed, { workers: 1, sleeps: true }) },
  { name: "8 workers, one token holder", run: (seed) => runHonest(seed, { workers: 8, sleeps: false }) },
  { name: "8 workers that sleep", run: (seed) => runHonest(seed, { workers: 8, sleeps: true }) },
  { name: "two programs, one password", run: runTwoPrograms },
  {
    name: "8 workers, bound to a key",
    slow: true,
    run: (seed) => runHonest(seed, { workers: 8, sleeps: false, boundTo: "key" }),
  },
];

/** Every one of them must be found. */
export const eagerRows: readonly Row<TheftResult>[] = [
  {
    name: "thief uses the copy at once, and follows",
    run: (seed) => runTheft(seed, { strategy: thieves.followsAtOnce }),
  },
  {
    name: "thief waits until the victim has moved on",
    run: (seed) => runTheft(seed, { strategy: thieves.waitsForVictim }),
  },
  { name: "thief races the victim at every turn", run: (seed) => runTheft(seed, { strategy: thieves.racesTheTurn }) },
  {
    name: "thief steals again and again, and replays",
    run: (seed) => runTheft(seed, { strategy: thieves.replaysLoot }),
  },
];

/** Of two that call at the same pace, the one that misses a turn is taken for the thief: more than one call in `overlapMs` is enough. */
export const busyRows: readonly Row<TheftResult>[] = [
  ...[100, 1_000].map((calls) => busyRow(calls, false)),
  ...[100, 1_000].map((calls) => busyRow(calls, true)),
];

/** Where calls are further apart than `overlapMs`, both may be given the token at each of many turns. */
export const slowRows: readonly Row<TheftResult>[] = [busyRow(10, false), busyRow(10, true)];

function busyRow(calls: number, isEven: boolean): Row<TheftResult> {
  return {
    name: `thief follows, both call ${calls} times per \`rotateAfterMs\`, ${isEven ? "evenly" : "at random"}`,
    slow: true,
    run: (seed) => runTheft(seed, { strategy: thieves.followsAtOnce, workers: 1, pace: { calls, isEven } }),
  };
}

/** A patient thief who is not found in this time is found by accident or never. */
const theftSpan = 15;

/** No bearer rule sees them. */
export const patientRows: readonly Row<TheftResult>[] = [
  {
    name: "patient thief",
    run: (seed) => runTheft(seed, { strategy: thieves.isPatient, theftSpan, storeLosesWrites: false }),
  },
  {
    name: "patient thief who waits to be refused",
    run: (seed) => runTheft(seed, { strategy: thieves.isMostPatient, theftSpan }),
  },
];

/**
 * A fail-over takes back the turn of which the patient thief knows. He takes the answer without a token for the sign
 * that the victim has moved on, goes first, and is found: by luck, which no promise may rest on.
 */
export const luckyRows: readonly Row<TheftResult>[] = [
  {
    name: "patient thief, while the store loses writes",
    run: (seed) => runTheft(seed, { strategy: thieves.isPatient, theftSpan }),
  },
];

/** None of their calls may be let in, and the owner must not notice them. */
export const boundRows: readonly Row<BoundTheftResult>[] = [
  {
    name: "patient thief, bound to a key",
    slow: true,
    run: (seed) => runBoundTheft(seed, { strategy: thieves.isPatient, boundTo: "key" }),
  },
  {
    name: "thief with every token and used proof, bound to a key",
    slow: true,
    run: (seed) => runBoundTheft(seed, { strategy: thieves.keepsStealing, boundTo: "key" }),
  },
  {
    name: "patient thief, bound to a certificate",
    slow: true,
    run: (seed) => runBoundTheft(seed, { strategy: thieves.isPatient, boundTo: "certificate" }),
  },
];

/** The same thief, and the same way of counting, where nothing is bound. */
export const unboundRows: readonly Row<BoundTheftResult>[] = [
  {
    name: "control: patient thief, bound to nothing",
    run: (seed) => runBoundTheft(seed, { strategy: thieves.isPatient, boundTo: undefined }),
  },
];

/** What must go wrong, or the simulation could not show that anything is right. */
export const controlRows: readonly Row<HonestResult>[] = [
  {
    name: "control: 8 workers, no straggler zone",
    run: (seed) => runHonest(seed, { workers: 8, sleeps: false, stragglerMs: 0 }),
  },
  {
    name: "control: 8 workers, the last token to arrive",
    run: (seed) => runHonest(seed, { workers: 8, sleeps: false, createFollower: lastToArrive }),
  },
];

export const allRows: readonly Row<unknown>[] = [
  ...honestRows,
  ...eagerRows,
  ...busyRows,
  ...slowRows,
  ...patientRows,
  ...luckyRows,
  ...boundRows,
  ...unboundRows,
  ...controlRows,
];

export interface Batch<Result> {
  readonly name: string;
  readonly results: readonly (Result & { readonly run: number })[];
}

export interface RowOptions {
  readonly seed: number;
  readonly runs: number;
  /** Of rows that are slow. */
  readonly slowRuns: number;
  /** The number of the first run: to look at one of them alone. */
  readonly first: number;
}

export async function runRow<Result>(
  row: Row<Result>,
  { seed, first, ...options }: RowOptions,
): Promise<Batch<Result>> {
  const runs = row.slow === true ? options.slowRuns : options.runs;
  const own = mix(
    seed,
    Array.from(row.name).reduce((hash, char) => Math.imul(hash, 31) + char.charCodeAt(0), 7),
  );
  const results: (Result & { readonly run: number })[] = [];
  for (let run = first; run < first + runs; run++) results.push({ ...(await row.run(mix(own, run))), run });
  return { name: row.name, results };
}
