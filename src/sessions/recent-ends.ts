/** Remembers the latest ends, so that a response under way does not carry a token whose session has ended. */
export interface RecentEnds {
  /**
   * Records an end.
   *
   * @param name the ref of a session, or a subject
   */
  note(name: string): void;
  /** Returns a mark, for `since`. */
  mark(): number;
  /** Whether one of these names has ended since the mark; also `true` when more ends came since than are kept. */
  since(mark: number, names: readonly (string | null)[]): boolean;
}

/**
 * The ends that are kept. A response is under way for milliseconds; more ends in that time are a purge of all sessions.
 */
const maxEnds = 256;

export function createRecentEnds(): RecentEnds {
  const names: string[] = [];
  let count = 0;
  return {
    note(name) {
      names[count % maxEnds] = name;
      count += 1;
    },
    mark: () => count,
    since(mark, asked) {
      if (count === mark) return false;
      if (count - mark > maxEnds) return true;
      for (let index = mark; index < count; index++) if (asked.includes(names[index % maxEnds] ?? "")) return true;
      return false;
    },
  };
}
