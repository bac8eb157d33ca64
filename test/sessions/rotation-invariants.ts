import type { Judgement } from "./rotation-judge.js";
import { acted, clock, get, held, type Places, row, truth, type WorldOptions } from "./rotation-world-state.js";

/** Asks the rule about a token without presenting it. */
export type Ask = (state: Int8Array, generation: number, age: number, rotate: boolean) => Judgement;

const isOver = (state: Int8Array, { absoluteTicks }: WorldOptions) =>
  absoluteTicks !== undefined && get(state, clock) >= absoluteTicks;

/** What must hold in every state, whatever happens next. Returns what is wrong. */
export function inspect(state: Int8Array, options: WorldOptions, { tokens }: Places, ask: Ask): string | undefined {
  if (isOver(state, options)) return undefined;
  const honest = get(state, acted) === 0;
  if (get(state, row + 4) >= 0) return honest ? "the session ended and nobody stole anything" : undefined;
  if (honest && !ask(state, get(state, held), get(state, held + 1), true).accept) {
    return "the newest token of an honest client is not accepted";
  }
  let known = 0;
  for (let generation = 0; generation >= -4; generation--) {
    if (ask(state, generation, get(state, row + 1), true).accept) known++;
  }
  // Newer than the row after a lost write; only those that somebody holds can ever be presented.
  const newer = new Set(tokens.map((at) => get(state, at)).filter((generation) => generation > 0)).size;
  if (known + newer > 2) return "more than two generations are acceptable";
  if (get(state, row + 2) >= options.overlapTicks && known > 1) return "two generations are acceptable after the cut";
  return undefined;
}

/** What must hold for one presentation that the store was asked about. `truth` knows the cuts apart from the row. */
export function audit(
  state: Int8Array,
  options: WorldOptions,
  { tokens, zoneTicks }: Places,
  generation: number,
  { accept, code, event }: Judgement,
  honest: boolean,
): string | undefined {
  if (isOver(state, options)) return accept ? "accepted beyond the absolute limit" : undefined;
  if (get(state, row + 4) >= 0) return accept ? "accepted after the session ended" : undefined;
  if (honest && get(state, acted) === 0 && !accept) {
    if (code !== "superseded") return `false log-out: ${code}`;
    if (get(state, held) <= generation) return "an honest client was refused and holds nothing newer";
  }
  // Two generations on, the one between was in use overlapMs before the current one was issued: also after a loss.
  if (generation <= -2 && get(state, row + 1) >= options.stragglerTicks && code !== "reuse") {
    return "the zones of a generation two behind began anew";
  }
  if (get(state, truth) === -2) return undefined;
  if (event === "healed") return "healed, and nothing was lost";
  if (event === "turned" && tokens.some((at) => get(state, at) > 0)) return "a second successor";
  if (generation >= 0) return undefined;
  const cut = generation < -3 ? zoneTicks : get(state, truth - generation - 1);
  if (accept && cut >= options.overlapTicks) return "accepted after the cut";
  if (code !== "reuse" && cut >= zoneTicks) return "a generation superseded beyond the zones did not end the session";
  return undefined;
}

/** What must hold when a node accepts from memory: it may be wrong about revocation only, and not for long. */
export function auditMemory(state: Int8Array, options: WorldOptions, { code }: Judgement): string | undefined {
  if (isOver(state, options)) return "a memory outlived the absolute limit";
  if (get(state, row + 4) >= options.staleTicks) return "a memory outlived its staleness";
  if (code === "superseded" || code === "reuse") return "a memory accepted a generation after the cut";
  return undefined;
}
