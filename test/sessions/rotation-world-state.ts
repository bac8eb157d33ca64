import type { Judgement, RowAges, Rule, Timing } from "./rotation-judge.js";

export interface WorldOptions extends Timing {
  readonly rule?: Rule;
  readonly workers: 1 | 2;
  readonly thief: boolean;
  readonly nodes: 0 | 1 | 2;
  /** How often the store may lose its last write. */
  readonly losses: number;
  /** `obvious`: answers for any token that was accepted lately, as a cache of rows would. Default: `stated`. */
  readonly memory?: "stated" | "obvious";
  /** Ticks for which a node may answer from its memory. */
  readonly staleTicks: number;
}

// A state is small integers; these are their places. Generations are counted from the row's, instants are ages in
// ticks, so that the world is finite without an end of time.
export const phase = 0;
export const clock = 1;
export const losses = 2;
/** Whether anybody but the honest client has done anything yet. */
export const acted = 3;
/** Issued, token's age (from the end of its second), confirmed, previous confirmed, revoked; -1 for none. */
export const row = 4;
/** How many generations the row has moved since, then its first four: what the store falls back to. -1: nothing. */
export const backup = 9;
/** Generation and age of the newest token that the client knows. */
export const held = 14;
/** Kind, generation and age of the token, ticks since it was sent. Two of them. */
export const worker = 16;
/** Generation and age of the copied token. */
export const thief = 24;
/** Generation and age of the remembered token, ticks left. Two of them. */
export const node = 26;
/** Ages of the first presentations of the row's generation and the two before, kept apart; -2 once a write was lost. */
export const truth = 32;
export const width = 36;

export const idle = 0;
export const asking = 1;
export const answered = 2;
/** No token here. */
export const nothing = -100;
/** Further behind than this is all the same. */
export const furthest = -6;

export const get = (state: Int8Array, at: number): number => state[at] as number;

export interface Places {
  readonly workers: readonly number[];
  readonly nodes: readonly number[];
  /** Every place that holds a token, memories apart. */
  readonly tokens: readonly number[];
  /** Ticks from its cut until a generation counts as reuse. */
  readonly zoneTicks: number;
}

export function toPlaces(options: WorldOptions): Places {
  const workers = Array.from({ length: options.workers }, (_, index) => worker + 4 * index);
  const nodes = Array.from({ length: options.nodes }, (_, index) => node + 3 * index);
  const tokens = [held, ...workers.map((at) => at + 1), ...(options.thief ? [thief] : [])];
  return { workers, nodes, tokens, zoneTicks: options.overlapTicks + options.stragglerTicks };
}

export function toAges(state: Int8Array, ages: RowAges): RowAges {
  ages.phase = get(state, phase);
  ages.clock = get(state, clock);
  ages.issued = get(state, row);
  ages.confirmed = get(state, row + 2);
  ages.previousConfirmed = get(state, row + 3);
  ages.revoked = get(state, row + 4) >= 0;
  return ages;
}

/** A client that has just logged in by RPC, in either half of a second, after generations that are long cut. */
export function createStart(options: WorldOptions, half: 0 | 1): Int8Array {
  const { zoneTicks } = toPlaces(options);
  const state = new Int8Array(width);
  state[phase] = half;
  state[losses] = options.losses;
  state.set([0, half - 1, -1, zoneTicks, -1], row);
  state[backup] = -1;
  state.set([0, half - 1], held);
  for (const at of [worker, worker + 4]) rest(state, at);
  for (const at of [thief, node, node + 3]) state[at] = nothing;
  state.set([-1, zoneTicks, zoneTicks], truth);
  return state;
}

export function rest(state: Int8Array, at: number): void {
  state.fill(0, at, at + 4);
  state[at + 1] = nothing;
}

export function forget(state: Int8Array, at: number): void {
  state.fill(0, at, at + 3);
  state[at] = nothing;
}

/** Generations are counted from the row's: when it moves by `by`, everybody else's number moves back. */
export function renumber(state: Int8Array, { tokens, nodes }: Places, by: number): void {
  for (const at of [...tokens, ...nodes]) {
    if (get(state, at) !== nothing) state[at] = Math.max(furthest, get(state, at) - by);
  }
}

/** Writes what the rule decided, and keeps the row as it was for a store that loses this write. */
export function write(
  state: Int8Array,
  options: WorldOptions,
  places: Places,
  judgement: Judgement,
  age: number,
): void {
  const { change, event } = judgement;
  if (change === undefined) return;
  if (change.revoked) {
    state[row + 4] = 0;
    return;
  }
  if (options.losses > 0) {
    state[backup] = change.generations;
    state.copyWithin(backup + 1, row, row + 4);
  }
  state[row] = Math.min(change.issued, options.dueTicks);
  state[row + 2] = Math.min(change.confirmed, places.zoneTicks);
  state[row + 3] = Math.min(change.previousConfirmed, places.zoneTicks);
  if (event === "turned") {
    state[row + 1] = get(state, phase) - 1;
    if (get(state, truth) !== -2) {
      state.copyWithin(truth + 1, truth, truth + 2);
      state[truth] = -1;
    }
  } else if (event === "healed") state[row + 1] = age;
  else if (event === "confirmed" && get(state, truth) === -1) state[truth] = 0;
  renumber(state, places, change.generations);
}

/** The store loses its last write: a revocation is durable, and what came before it with it. */
export function fallBack(state: Int8Array, places: Places): void {
  const by = get(state, backup);
  state[losses] = get(state, losses) - 1;
  state.copyWithin(row, backup + 1, backup + 5);
  renumber(state, places, -by);
  state.fill(0, backup, backup + 5);
  state[backup] = -1;
  state.fill(-2, truth, truth + 3);
}

/** Half a second goes by. Ages stop where nothing depends on them any more. */
export function pass(state: Int8Array, options: WorldOptions, places: Places): void {
  const { dueTicks, staleTicks } = options;
  const { zoneTicks } = places;
  const older = (at: number, most: number) => {
    const age = get(state, at);
    if (age >= 0 && age < most) state[at] = age + 1;
  };
  // Keeps its place in the second, so that the end of that second stays where it was.
  const olderToken = (at: number) => {
    const age = get(state, at) + 1;
    state[at] = age > dueTicks + 1 ? age - 2 : age;
  };
  const olderRow = (at: number) => {
    older(at, dueTicks);
    olderToken(at + 1);
    older(at + 2, zoneTicks);
    older(at + 3, zoneTicks);
  };
  state[phase] = 1 - get(state, phase);
  if (options.absoluteTicks !== undefined) state[clock] = get(state, clock) + 1;
  if (get(state, row + 4) < 0) {
    olderRow(row);
    for (let index = 0; index < 3; index++) older(truth + index, zoneTicks);
  }
  older(row + 4, staleTicks);
  if (get(state, backup) >= 0) olderRow(backup + 1);
  for (const at of places.tokens) if (get(state, at) !== nothing) olderToken(at + 1);
  for (const at of places.workers) {
    if (state[at] !== asking) continue;
    // A request that is later than the protocol allows counts as lost.
    if (get(state, at + 3) === zoneTicks) rest(state, at);
    else state[at + 3] = get(state, at + 3) + 1;
  }
  for (const at of places.nodes) {
    if (get(state, at) === nothing) continue;
    olderToken(at + 1);
    state[at + 2] = get(state, at + 2) - 1;
    if (get(state, at + 2) <= 0) forget(state, at);
  }
}

/** One form for what makes no difference: two workers, like two nodes, have no order; a session that is over, no row. */
export function normalise(state: Int8Array, options: WorldOptions): void {
  if (get(state, row + 4) >= 0) {
    state[losses] = 0;
    state.fill(0, row, row + 4);
    state.fill(0, backup, backup + 5);
    state[backup] = -1;
    state.fill(-2, truth, truth + 3);
  }
  if (options.workers === 2) order(state, worker, 4);
  if (options.nodes === 2) order(state, node, 3);
}

export function alike(state: Int8Array, first: number, second: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (state[first + index] !== state[second + index]) return false;
  return true;
}

function order(state: Int8Array, at: number, length: number): void {
  let index = 0;
  while (index < length && state[at + index] === state[at + length + index]) index++;
  if (index === length || get(state, at + index) < get(state, at + length + index)) return;
  for (; index < length; index++) {
    const value = get(state, at + index);
    state[at + index] = get(state, at + length + index);
    state[at + length + index] = value;
  }
}
