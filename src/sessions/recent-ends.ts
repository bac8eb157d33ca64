/** What ended lately, so that an answer under way need not hand out a token that is dead already. */
export interface RecentEnds {
  /** @param name the ref of a session, or a subject. */
  note(name: string): void;
  /** To ask `since` later. */
  mark(): number;
  /** Whether one of these has ended since; yes, too, when more has ended than is kept here. */
  since(mark: number, names: readonly (string | null)[]): boolean;
}

/** An answer is under way for milliseconds: more ends than this within them are a purge of everybody. */
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
