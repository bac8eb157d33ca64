import type { EndEvent, Store } from "../../src/model/store.js";
import type { Random } from "../../src/testing/random.js";

/** Steps that wait for their turn: a store's work, the way back of its answer, an event on its way to a node. */
export interface Scheduler {
  step<T>(name: string, action: () => T): Promise<T>;
  /** Runs what waits, one at a time, in each order that there is, until nothing waits. */
  race(): Promise<void>;
  /** Runs what waits in the order in which it came: before a race, and after it. */
  drain(): Promise<void>;
}

/** Lets every microtask and promise of the engine run. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Scenario = (scheduler: Scheduler) => Promise<void>;

/**
 * Runs `scenario` once.
 *
 * @param choose which step is next, of `width` that wait.
 */
async function inOneOrder(scenario: Scenario, choose: (width: number) => number): Promise<void> {
  const trace: string[] = [];
  let waiting: { name: string; run: () => void }[] = [];
  const scheduler: Scheduler = {
    step: (name, action) =>
      new Promise((resolve, reject) => {
        const run = () => {
          try {
            resolve(action());
          } catch (error) {
            reject(error);
          }
        };
        waiting.push({ name, run });
      }),
    async drain() {
      for (await quiet(); waiting.length > 0; await quiet()) waiting.shift()?.run();
    },
    async race() {
      for (;;) {
        await quiet();
        if (waiting.length === 0) return;
        const chosen = waiting[choose(waiting.length)] ?? { name: "none", run() {} };
        waiting = waiting.filter((other) => other !== chosen);
        trace.push(chosen.name);
        chosen.run();
      }
    },
  };
  try {
    await scenario(scheduler);
  } catch (error) {
    throw new Error(`in the order ${trace.join(" → ")}`, { cause: error });
  }
}

/** Runs `scenario` in `count` orders, drawn at random. */
export async function inSomeOrders(scenario: Scenario, count: number, random: Random): Promise<void> {
  for (let run = 0; run < count; run += 1) await inOneOrder(scenario, random.int);
}

/**
 * Runs `scenario` once for every order in which its steps can happen.
 *
 * @returns how many orders there were.
 */
export async function inEveryOrder(scenario: Scenario): Promise<number> {
  let choices: number[] = [];
  for (let runs = 1; ; runs += 1) {
    const widths: number[] = [];
    await inOneOrder(scenario, (width) => {
      const at = choices[widths.length] ?? 0;
      widths.push(width);
      return at;
    });
    // The next order: the last choice that has an alternative left takes it, and what followed begins anew.
    const taken = widths.map((_, index) => choices[index] ?? 0);
    let last = taken.length - 1;
    while (last >= 0 && (taken[last] ?? 0) + 1 >= (widths[last] ?? 0)) last -= 1;
    if (last < 0) return runs;
    choices = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}

/**
 * A store that is far away. What matters of a question are two instants, when it is carried out and when its answer
 * arrives; of an end, when it is carried out and when a node hears of it.
 */
export function atDistance(store: Store, scheduler: Scheduler, node: string): Store {
  const there = <A extends readonly unknown[], T>(name: string, method: (...values: A) => T) => {
    return (...values: A): Promise<Awaited<T>> =>
      scheduler.step(`${node} ${name}`, () => method(...values)) as Promise<Awaited<T>>;
  };
  const thereAndBack = <A extends readonly unknown[], T>(name: string, method: (...values: A) => T) => {
    return async (...values: A): Promise<Awaited<T>> => {
      const answer = await there(name, method)(...values);
      return scheduler.step(`${node} ${name} answered`, () => answer);
    };
  };
  return {
    ...store,
    openSession: thereAndBack("open", store.openSession),
    loadSession: thereAndBack("load", store.loadSession),
    swapSession: thereAndBack("swap", store.swapSession),
    endSession: there("end", store.endSession),
    endSubject: there("endSubject", store.endSubject),
    watch: (onEnd) => store.watch((event: EndEvent) => void scheduler.step(`${node} hears`, () => onEnd(event))),
  };
}
