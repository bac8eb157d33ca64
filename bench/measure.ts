import type { Contender, Sample } from "./contender.js";
import { callsOf, type Expected, type Row } from "./rows.js";
import { spreadOf } from "./stats.js";

/** A row's figures: one line of `--json`, and the throughput beside it. */
export interface Figures {
  readonly row: string;
  readonly against: string;
  /** Medians, CPU microseconds per call. */
  readonly oursUs: number;
  readonly otherUs: number;
  /** Median and quartiles over the pairs of other ÷ ours in CPU time. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Pairs. */
  readonly n: number;
}

/** Two blocks, one right after the other. */
export interface Pair {
  readonly ours: Sample;
  readonly other: Sample;
}

/** Calls before each measured block, to bring a process that had to wait back into the caches. */
const leadIn = 0.1;

/** Measures one pair; every other pair the other one goes first. */
export async function measurePair(row: Row, ours: Contender, other: Contender, otherFirst: boolean): Promise<Pair> {
  const block = async (contender: Contender): Promise<Sample> => {
    const calls = callsOf(contender.name);
    await contender.run(ours.authorizations, Math.ceil(calls * leadIn));
    return contender.run(ours.authorizations, calls);
  };
  const first = await block(otherFirst ? other : ours);
  const second = await block(otherFirst ? ours : other);
  const pair = otherFirst ? { ours: second, other: first } : { ours: first, other: second };
  requireExpected(row.row, row.expected, pair.ours);
  return pair;
}

/**
 * A row that measured something else than it says must fail, not print.
 *
 * @throws when the store was read too often or too seldom, or written, or a password was checked on more than one call.
 */
export function requireExpected(row: string, expected: Expected, { calls, reads, writes, checks }: Sample): void {
  const toRead = expected === "one-read-each" ? calls : 0;
  if (reads !== toRead) throw new Error(`${row}: the store was read ${reads} times for ${calls} calls, not ${toRead}`);
  const toWrite = expected === "one-write-each" ? calls : 0;
  if (writes !== toWrite) {
    throw new Error(`${row}: the store was written ${writes} times for ${calls} calls, not ${toWrite}`);
  }
  // One: what is remembered of a password is checked again every half a minute.
  if (checks > 1) throw new Error(`${row}: ${checks} passwords were checked for ${calls} calls`);
}

export function toFigures({ row, against }: Row, pairs: readonly Pair[]): Figures {
  const ratio = spreadOf(pairs.map(({ ours, other }) => usPerCall(other) / usPerCall(ours)));
  return {
    row,
    against,
    oursUs: round(spreadOf(pairs.map(({ ours }) => usPerCall(ours))).median, 2),
    otherUs: round(spreadOf(pairs.map(({ other }) => usPerCall(other))).median, 2),
    ratio: round(ratio.median, 3),
    low: round(ratio.low, 3),
    high: round(ratio.high, 3),
    n: pairs.length,
  };
}

export function usPerCall({ cpuUs, calls }: Sample): number {
  return cpuUs / calls;
}

/** Median calls per second by the clock on the wall. */
export function throughput(samples: readonly Sample[]): number {
  return Math.round(spreadOf(samples.map(({ calls, wallMs }) => (calls / wallMs) * 1_000)).median);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
