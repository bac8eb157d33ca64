import type { SessionRow, Store } from "../../src/model/store.js";
import { toNextRow } from "../../src/stores/row.js";

/** Sees every row and changes none: what is written stays in the answer. */
export function spectating(store: Store): Store {
  return {
    ...store,
    swapSession: ({ row, now }, change) =>
      change.revokedAt === undefined ? { row: toNextRow(row, change), now } : undefined,
  };
}

export interface LossyStore extends Store {
  /** Everything up to now is safe on its disk. */
  save(ref: string): Promise<void>;
  /** A power cut: the row is what it was at `save`. */
  restore(): void;
}

/** Loses the writes after `save` when told to. */
export function lossy(store: Store): LossyStore {
  const saved = new Map<string, SessionRow>();
  let lost = false;
  return {
    ...store,
    async save(ref) {
      const reading = await store.loadSession(ref);
      if (reading !== undefined) saved.set(ref, reading.row);
    },
    restore() {
      lost = true;
    },
    async loadSession(ref) {
      const reading = await store.loadSession(ref);
      const row = lost ? saved.get(ref) : undefined;
      return reading && row ? { row, now: reading.now } : reading;
    },
    async swapSession(reading, change, durable) {
      const row = lost ? saved.get(reading.row.ref) : undefined;
      if (row === undefined) return store.swapSession(reading, change, durable);
      if (row.version !== reading.row.version) return undefined;
      const next = toNextRow(row, change);
      saved.set(next.ref, next);
      return { row: next, now: reading.now };
    },
  };
}
