/**
 * Breadth-first search of a finite world. A state is a fixed number of small integers; every state is kept, so that
 * the search ends only when there is nothing new to see, or at the first violation, by a shortest way.
 */
export interface World {
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
  const { width } = world;
  let states = new Int8Array(width * 4096);
  let parents = new Int32Array(4096);
  let labels = new Uint8Array(4096);
  let table = new Int32Array(1 << 14).fill(-1);
  const names: string[] = [];
  const numbers = new Map<string, number>();
  let count = 0;
  let transitions = 0;
  let from = -1;

  function slotOf(state: Int8Array, offset: number): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < width; index++) {
      hash = Math.imul(hash ^ ((state[offset + index] as number) & 255), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (table.length - 1);
  }

  function grow(): void {
    const size = parents.length * 2;
    const [oldStates, oldParents, oldLabels] = [states, parents, labels];
    states = new Int8Array(width * size);
    states.set(oldStates);
    parents = new Int32Array(size);
    parents.set(oldParents);
    labels = new Uint8Array(size);
    labels.set(oldLabels);
    table = new Int32Array(size * 4).fill(-1);
    for (let id = 0; id < count; id++) {
      let slot = slotOf(states, id * width);
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
    let slot = slotOf(state, 0);
    for (let id = table[slot] as number; id !== -1; id = table[slot] as number) {
      const offset = id * width;
      let index = 0;
      while (index < width && states[offset + index] === state[index]) index++;
      if (index === width) return;
      slot = (slot + 1) & (table.length - 1);
    }
    table[slot] = count;
    states.set(state, count * width);
    parents[count] = from;
    labels[count] = label;
    if (++count === parents.length) grow();
  }

  for (const state of world.initial) add("start", state);
  const current = new Int8Array(width);
  for (let id = 0; id < count && count < limit; id++) {
    current.set(states.subarray(id * width, (id + 1) * width));
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
