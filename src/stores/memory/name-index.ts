/** The refs of sessions by name (a subject, an actor), in the order in which the sessions opened. */
export interface NameIndex {
  add(name: string, ref: string): void;
  remove(name: string, ref: string): void;
  get(name: string): readonly string[];
}

const none: readonly string[] = Object.freeze([]);

export function createNameIndex(): NameIndex {
  // Most names have one session: a string needs no memory beside the map's entry.
  const lists = new Map<string, string | string[]>();
  return {
    add(name, ref) {
      const list = lists.get(name);
      if (list === undefined) lists.set(name, ref);
      else if (typeof list === "string") lists.set(name, [list, ref]);
      else list.push(ref);
    },
    remove(name, ref) {
      const list = lists.get(name);
      if (list === ref) lists.delete(name);
      if (list === undefined || typeof list === "string") return;
      const index = list.indexOf(ref);
      if (index >= 0) list.splice(index, 1);
      if (list.length === 0) lists.delete(name);
    },
    get(name) {
      const list = lists.get(name);
      if (list === undefined) return none;
      return typeof list === "string" ? [list] : list;
    },
  };
}
