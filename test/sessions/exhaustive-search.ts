/**
 * Breadth-first search of a finite world. A state is a fixed number of small integers; every state is kept, so that
 * the search ends only when there is nothing new to see, or at the first violation, by a shortest way.
 */
export interface World {
  /** How many integers a state has: a multiple of four, so that it can be compared by words. */
  readonly width: number;
  readonly initial: readonly Int8Array[];
  /**
   * Calls `emit` with the name of an event and the state after it (which may be reused by the caller), for every
   * event that is possible in `state`. Returns what is wrong with the state or the event, if anything is.
   */
  step(state: Int8Array, emit: (event: string, next: Int8Array) => void): string | undefined;
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** The name of every event that happened somewhere. */
  readonly events: readonly string[];
  /** Whether every reachable state was seen. `false` only after a violation or beyond `limit`. */
  readonly complete: boolean;
  readonly violation?: string;
  /** The events that lead to the violation. */
  readonly trace?: readonly string[];
}

export function explore(world: World, limit = 20_000_000): Explored {
  const words = world.width / 4;
  const incoming = new Int8Array(world.width);
  const wanted = new Int32Array(incoming.buffer);
  let states = new Int32Array(words * 4096);
  let parents = new Int32Array(4096);
  let labels = new Uint8Array(4096);
  let table = new Int32Array(1 << 14).fill(-1);
  const names: string[] = [];
  const numbers = new Map<string, number>();
  let count = 0;
  let transitions = 0;
  let from = -1;

  function slotOf(state: Int32Array, offset: number): number {
    let hash = 0;
    for (let index = 0; index < words; index++) {
      hash = Math.imul(hash ^ (state[offset + index] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & (table.length - 1);
  }

  function grow(): void {
    const size = parents.length * 2;
    const [oldStates, oldParents, oldLabels] = [states, parents, labels];
    states = new Int32Array(words * size);
    states.set(oldStates);
    parents = new Int32Array(size);
    parents.set(oldParents);
    labels = new Uint8Array(size);
    labels.set(oldLabels);
    table = new Int32Array(size * 4).fill(-1);
    for (let id = 0; id < count; id++) {
      let slot = slotOf(states, id * words);
      while (table[slot] !== -1) slot = (slot + 1) & (table.length - 1);
      table[slot] = id;
    }
  }

  function add(event: string, state: Int8Array): void {
    transitions++;
    let label = numbers.get(event);
    if (label === undefined) {
      label = names.push(event) - 1;
      numbers.set(event, label);
    }
    incoming.set(state);
    let slot = slotOf(wanted, 0);
    for (let id = table[slot] as number; id !== -1; id = table[slot] as number) {
      const offset = id * words;
      let index = 0;
      while (index < words && states[offset + index] === wanted[index]) index++;
      if (index === words) return;
      slot = (slot + 1) & (table.length - 1);
    }
    table[slot] = count;
    states.set(wanted, count * words);
    parents[count] = from;
    labels[count] = label;
    if (++count === parents.length) grow();
  }

  for (const state of world.initial) add("start", state);
  const current = new Int8Array(world.width);
  const currentWords = new Int32Array(current.buffer);
  for (let id = 0; id < count && count < limit; id++) {
    currentWords.set(states.subarray(id * words, (id + 1) * words));
    from = id;
    const violation = world.step(current, add);
    if (violation !== undefined) {
      const trace: string[] = [];
      for (let at = id; at >= 0; at = parents[at] as number) trace.unshift(names[labels[at] as number] as string);
      return { states: count, transitions, events: names, complete: false, violation, trace };
    }
  }
  return { states: count, transitions, events: names, complete: count < limit };
}
