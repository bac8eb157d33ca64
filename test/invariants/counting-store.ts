import type { Store } from "../../src/model/store.js";

/** Counts what a store is asked, and how many swaps were written. */
export function counting(store: Store): { readonly store: Store; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const counted: Store = {
    ...store,
    openSession(...values) {
      count("open");
      return store.openSession(...values);
    },
    loadSession(ref) {
      count("load");
      return store.loadSession(ref);
    },
    async swapSession(...values) {
      count("swap");
      // Between the reading and the write others get their turn, as with a store on another machine.
      await new Promise((resolve) => setImmediate(resolve));
      const next = await store.swapSession(...values);
      if (next !== undefined) count("written");
      return next;
    },
    purge(limit) {
      count("purge");
      return store.purge(limit);
    },
  };
  return { store: counted, counts };
}
