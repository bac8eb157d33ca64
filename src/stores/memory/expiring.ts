import type { Platform } from "../../base/platform.js";
import type { RecordKind, Store } from "../../model/store.js";
import { createDeadlineHeap } from "./deadline-heap.js";

/** The one-time proofs and the records of a store in this process: entries by kind and id that expire. */
export interface MemoryExpiring extends Pick<Store, "put" | "take" | "loadRecord" | "swapRecord"> {
  /** Removes expired entries, at most `limit`; returns how many. */
  purge(limit: number): number;
}

/** Entries that expire, of which at most `most` stay beyond a purge. */
interface Shelf {
  read(id: string, now: number): Entry | undefined;
  write(id: string, entry: Omit<Entry, "queued">): void;
  purge(limit: number, now: number): number;
}

interface Entry {
  /** A proof has one version. */
  readonly version: number;
  /** `undefined` for a proof that was taken: the entry stays until its deadline. */
  readonly json: string | undefined;
  readonly deadline: number;
  /** The deadline by which the entry stands in the heap, at or before its own. */
  readonly queued: number;
}

export function createMemoryExpiring(platform: Platform, maxRecords: number): MemoryExpiring {
  const proofs = createShelf(Number.POSITIVE_INFINITY);
  const records: Readonly<Record<RecordKind, Shelf>> = {
    "account-budget": createShelf(maxRecords),
    "source-budget": createShelf(maxRecords),
  };
  // A kind has no colon, so no two proofs share a key.
  const proofKey = (kind: string, id: string): string => `${kind}:${id}`;

  return {
    put(kind, id, json, lifeMs) {
      const now = platform.now();
      const key = proofKey(kind, id);
      if (proofs.read(key, now) !== undefined) return false;
      proofs.write(key, { version: 1, json, deadline: now + lifeMs });
      return true;
    },
    take(kind, id) {
      const key = proofKey(kind, id);
      const proof = proofs.read(key, platform.now());
      if (proof !== undefined) proofs.write(key, { ...proof, json: undefined });
      return proof?.json;
    },
    loadRecord(kind, id) {
      const now = platform.now();
      const record = records[kind].read(id, now);
      return { version: record?.version ?? 0, json: record?.json, now };
    },
    swapRecord(kind, id, version, json, lifeMs) {
      const now = platform.now();
      const shelf = records[kind];
      if (version !== (shelf.read(id, now)?.version ?? 0)) return false;
      shelf.write(id, { version: version + 1, json, deadline: now + lifeMs });
      return true;
    },
    purge(limit) {
      const now = platform.now();
      let count = 0;
      for (const shelf of [proofs, ...Object.values(records)]) count += shelf.purge(limit - count, now);
      return count;
    },
  };
}

function createShelf(most: number): Shelf {
  const entries = new Map<string, Entry>();
  /** One place per entry: a write does not move it, and a purge moves it to the entry's current deadline. */
  const queue = createDeadlineHeap();

  return {
    read(id, now) {
      const entry = entries.get(id);
      return entry?.json !== undefined && entry.deadline > now ? entry : undefined;
    },
    write(id, entry) {
      const { deadline } = entry;
      const before = entries.get(id);
      if (before === undefined) queue.push(id, deadline);
      entries.set(id, { ...entry, queued: before?.queued ?? deadline });
    },
    purge(limit, now) {
      let count = 0;
      while (count < limit) {
        const id = queue.popDue(entries.size > most ? Number.POSITIVE_INFINITY : now);
        const entry = id === undefined ? undefined : entries.get(id);
        if (id === undefined || entry === undefined) break;
        const { deadline, queued } = entry;
        if (deadline > now && deadline > queued) {
          queue.push(id, deadline);
          entries.set(id, { ...entry, queued: deadline });
          continue;
        }
        entries.delete(id);
        if (entry.json !== undefined) count += 1;
      }
      return count;
    },
  };
}
