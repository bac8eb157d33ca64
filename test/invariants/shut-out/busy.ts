/** Work that waits for something other than the turned clock, such as a disk. */
export interface Busy {
  /** Returns the functions of an object with their promises counted. */
  watch<T extends object>(object: T): T;
  /** Resolves when nothing is under way any more. */
  settle(): Promise<void>;
}

/** How many turns of the event loop work takes at most: a disk that is slow takes some thousand. */
const maxTurns = 200_000;

/** @param advance turns the clock a little, for work that tries again a little later, such as a store that is locked */
export function createBusy(advance: (ms: number) => void): Busy {
  let underWay = 0;

  function count(result: unknown): unknown {
    if (!(result instanceof Promise)) return result;
    underWay += 1;
    const done = (): void => {
      underWay -= 1;
    };
    result.then(done, done);
    return result;
  }

  return {
    watch<T extends object>(object: T): T {
      const entries = Object.entries(object).map(([name, member]) => [
        name,
        typeof member === "function" ? (...args: unknown[]) => count(member.apply(object, args)) : member,
      ]);
      return Object.freeze(Object.fromEntries(entries)) as T;
    },
    async settle() {
      for (let turn = 1, quiet = 0; quiet < 4; turn += 1) {
        await new Promise(setImmediate);
        quiet = underWay > 0 ? 0 : quiet + 1;
        if (turn % 500 === 0) advance(5);
        if (turn >= maxTurns) throw new Error("what a test waits for does not come to an end");
      }
    },
  };
}
