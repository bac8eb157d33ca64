/** Names in the order of their deadlines: a binary heap, with 16 bytes per entry beside the name. */
export interface DeadlineHeap {
  readonly size: number;
  push(name: string, deadline: number): void;
  /** Removes and returns the name with the earliest deadline, if that is at or before `now`. */
  popDue(now: number): string | undefined;
  clear(): void;
}

export function createDeadlineHeap(): DeadlineHeap {
  let names: string[] = [];
  let deadlines: number[] = [];

  const at = (index: number): number => deadlines[index] ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    [names[a], names[b]] = [names[b] as string, names[a] as string];
    [deadlines[a], deadlines[b]] = [at(b), at(a)];
  };

  return {
    get size() {
      return names.length;
    },
    push(name, deadline) {
      let index = names.length;
      names.push(name);
      deadlines.push(deadline);
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= at(index)) return;
        swap(parent, index);
        index = parent;
      }
    },
    popDue(now) {
      if (names.length === 0 || at(0) > now) return undefined;
      swap(0, names.length - 1);
      const name = names.pop();
      deadlines.pop();
      for (let index = 0; ; ) {
        const left = 2 * index + 1;
        const least = at(left + 1) < at(left) ? left + 1 : left;
        if (at(least) >= at(index) || least >= names.length) return name;
        swap(least, index);
        index = least;
      }
    },
    clear() {
      names = [];
      deadlines = [];
    },
  };
}
