import { judgePresentation as shipped } from "../../src/sessions/rotation.js";
import type { World } from "./exhaustive-search.js";
import { audit, auditMemory, inspect } from "./rotation-invariants.js";
import { createJudge, type Judgement, type RowAges } from "./rotation-judge.js";
import {
  acted,
  alike,
  answered,
  asking,
  backup,
  clock,
  createStart,
  fallBack,
  forget,
  furthest,
  get,
  held,
  idle,
  losses,
  normalise,
  nothing,
  pass,
  rest,
  row,
  thief,
  toAges,
  toPlaces,
  type WorldOptions,
  width,
  worker,
  write,
} from "./rotation-world-state.js";

interface Names {
  readonly plain: string;
  readonly repeated: string;
  readonly followed: string;
}

const createNames = (plain: string): Names => ({
  plain,
  repeated: `${plain}, and repeated by the network`,
  followed: `${plain}, and follows`,
});

const fromMemory = {
  client: createNames("client: accepted from memory"),
  thief: createNames("thief: accepted from memory"),
};

/**
 * A small world around the rule: an honest client whose workers share the newest token that it knows, a thief with a
 * copy of any token, who follows or does not, nodes with a memory, a network that delays, loses, repeats and
 * reorders, a store that may lose its last write, and an end of the session at any time. Reading, rule and swap are
 * one event: a node that loses a swap judges again. Every state and every presentation is checked.
 */
export function createWorld(options: WorldOptions): World {
  const { dueTicks, staleTicks, absoluteTicks } = options;
  const places = toPlaces(options);
  const judge = createJudge(options.rule ?? shipped, options);
  const ages: RowAges = { phase: 0, clock: 0, issued: 0, confirmed: 0, previousConfirmed: 0, revoked: false };
  const named = new Map<string, Map<Judgement, Names>>();
  const next = new Int8Array(width);
  const form = new Int8Array(width);
  let emit: (event: string, state: Int8Array) => void = () => {};
  let wrong: string | undefined;

  function ask(state: Int8Array, generation: number, age: number, rotate: boolean): Judgement {
    return judge(toAges(state, ages), Math.min(5, -generation), age, rotate);
  }

  function done(event: string): void {
    form.set(next);
    normalise(form, options);
    emit(event, form);
  }

  function accuse(event: string, violation: string | undefined): void {
    if (violation !== undefined) wrong ??= `${violation} (${event})`;
  }

  function tick(state: Int8Array): void {
    if (absoluteTicks !== undefined && get(state, clock) > absoluteTicks) return;
    next.set(state);
    pass(next, options, places);
    done("tick");
  }

  /** The memory rule: only the current, confirmed generation, only until it is due, a deadline, or `staleTicks`. */
  function remember(at: number, judgement: Judgement, generation: number, age: number): void {
    forget(next, at);
    const now = generation - (judgement.change?.generations ?? 0);
    let left = judgement.accept ? staleTicks : 0;
    if (absoluteTicks !== undefined) left = Math.min(left, absoluteTicks - get(next, clock));
    if (options.memory !== "obvious") {
      left = now === 0 && get(next, row + 2) >= 0 ? Math.min(left, dueTicks - get(next, row)) : 0;
    }
    if (left > 0) next.set([Math.max(furthest, now), age, left], at);
  }

  /** Nodes that remember the same are one: it makes no difference which of them is asked. */
  function memories(state: Int8Array): readonly number[] {
    const [first = -1, second] = places.nodes;
    if (second === undefined) return [first];
    return alike(state, first, second, 3) ? [first] : places.nodes;
  }

  function toNames(how: string, judgement: Judgement): Names {
    const known = named.get(how) ?? new Map<Judgement, Names>();
    named.set(how, known);
    let names = known.get(judgement);
    if (names === undefined) {
      const said = judgement.accept ? judgement.event || "accepted" : judgement.code;
      names = createNames(`${how}: ${said}${judgement.give ? ", given" : ""}`);
      known.set(judgement, names);
    }
    return names;
  }

  /** Every way in which the token at `at` can be presented now; `finish` says what becomes of who presented it. */
  function arrive(
    state: Int8Array,
    who: "client" | "thief",
    at: number,
    finish: (names: Names, give: boolean) => void,
  ) {
    const generation = get(state, at);
    const age = get(state, at + 1);
    const honest = who === "client";
    for (const memory of places.nodes) {
      if (get(state, memory) !== generation || get(state, memory + 1) !== age) continue;
      const names = fromMemory[who];
      // Of the obvious memory the question is whether a thief gets in; a client's own late call does no harm.
      const asked = options.memory !== "obvious" || !honest;
      if (asked) accuse(names.plain, auditMemory(state, options, ask(state, generation, age, true)));
      next.set(state);
      if (!honest) next[acted] = 1;
      finish(names, false);
    }
    const turning = ask(state, generation, age, true);
    const looking = ask(state, generation, age, false);
    present(turning, who);
    if (looking !== turning) present(looking, `${who} looks`);

    function present(judgement: Judgement, how: string): void {
      const names = toNames(how, judgement);
      accuse(names.plain, audit(state, options, places, generation, judgement, honest));
      for (const memory of memories(state)) {
        next.set(state);
        if (!honest) next[acted] = 1;
        write(next, options, places, judgement, age);
        if (memory >= 0) remember(memory, judgement, generation, age);
        finish(names, judgement.give);
      }
    }
  }

  function work(state: Int8Array, at: number): void {
    const kind = get(state, at);
    next.set(state);
    if (kind === idle) {
      next[at] = asking;
      next.copyWithin(at + 1, held, held + 2);
      done("client: sends a request");
      return;
    }
    rest(next, at);
    done(kind === asking ? "client: request lost" : "client: answer lost");
    if (kind === answered) {
      next.set(state);
      if (get(next, held) < get(next, at + 1)) next.copyWithin(held, at + 1, at + 3);
      rest(next, at);
      done("client: answer read");
    } else if (get(state, at + 3) > 0) {
      // Sent just after the tick, so it arrives at the next one at the earliest.
      arrive(state, "client", at + 1, (names, give) => {
        done(names.repeated);
        rest(next, at);
        if (give) next.set([answered, 0, get(next, row + 1)], at);
        done(names.plain);
      });
    }
  }

  function steal(state: Int8Array): void {
    if (get(state, thief) !== nothing) {
      arrive(state, "thief", thief, (names, give) => {
        done(names.plain);
        if (!give) return;
        next.set([0, get(next, row + 1)], thief);
        done(names.followed);
      });
      return;
    }
    for (const at of places.tokens) {
      if (get(state, at) === nothing) continue;
      next.set(state);
      next.copyWithin(thief, at, at + 2);
      done("thief: copies a token");
    }
  }

  function lose(state: Int8Array): void {
    if (get(state, losses) === 0 || get(state, backup) < 0) return;
    next.set(state);
    fallBack(next, places);
    done("store: loses its last write");
  }

  function end(state: Int8Array): void {
    if (get(state, row + 4) >= 0) return;
    next.set(state);
    next[row + 4] = 0;
    next[acted] = 1;
    done("somebody ends the session");
  }

  return {
    width,
    initial: [createStart(options, 0), createStart(options, 1)],
    step(state, add) {
      emit = add;
      wrong = undefined;
      accuse("state", inspect(state, options, places, ask));
      tick(state);
      const [first = worker, second] = places.workers;
      work(state, first);
      // Two workers that do the same are one: it makes no difference which of them goes on.
      if (second !== undefined && !alike(state, first, second, 4)) work(state, second);
      if (options.thief) steal(state);
      lose(state);
      end(state);
      return wrong;
    },
  };
}
