import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { createDeadlineHeap } from "./deadline-heap.js";

/** The one-time proofs and the records of a store in this process: entries by kind and id that expire. */
export interface MemoryExpiring extends Pick<Store, "put" | "take" | "loadRecord" | "swapRecord"> {
  /** Removes expired entries, at most `limit`; returns how many. */
  purge(limit: number): number;
}

interface Entry {
  /** A proof has one version. */
  readonly version: number;
  /** `undefined` for a proof that was taken: the entry stays until its deadline. */
  readonly json: string | undefined;
  readonly deadline: number;
}

export function createMemoryExpiring(platform: Platform): MemoryExpiring {
  const entries = new Map<string, Entry>();
  /** One deadline per entry: a write does not change it, and a purge moves it to the entry's current deadline. */
  const deadlines = createDeadlineHeap();

  // A kind has no colon, so no two entries share a key.
  const proofKey = (kind: string, id: string): string => `proof:${kind}:${id}`;
  const recordKey = (kind: string, id: string): string => `record:${kind}:${id}`;

  function read(key: string, now: number): Entry | undefined {
    const entry = entries.get(key);
    return entry?.json !== undefined && entry.deadline > now ? entry : undefined;
  }

  function write(key: string, entry: Entry): void {
    if (!entries.has(key)) deadlines.push(key, entry.deadline);
    entries.set(key, entry);
  }

  return {
    put(kind, id, json, lifeMs) {
      const now = platform.now();
      const key = proofKey(kind, id);
      if (read(key, now) !== undefined) return false;
      write(key, { version: 1, json, deadline: now + lifeMs });
      return true;
    },
    take(kind, id) {
      const key = proofKey(kind, id);
      const proof = read(key, platform.now());
      if (proof !== undefined) write(key, { ...proof, json: undefined });
      return proof?.json;
    },
    loadRecord(kind, id) {
      const now = platform.now();
      const record = read(recordKey(kind, id), now);
      return { version: record?.version ?? 0, json: record?.json, now };
    },
    swapRecord(kind, id, version, json, lifeMs) {
      const now = platform.now();
      const key = recordKey(kind, id);
      if (version !== (read(key, now)?.version ?? 0)) return false;
      write(key, { version: version + 1, json, deadline: now + lifeMs });
      return true;
    },
    purge(limit) {
      const now = platform.now();
      let count = 0;
      while (count < limit) {
        const key = deadlines.popDue(now);
        if (key === undefined) break;
        const entry = entries.get(key);
        if (entry !== undefined && entry.deadline > now) {
          deadlines.push(key, entry.deadline);
          continue;
        }
        entries.delete(key);
        if (entry?.json !== undefined) count += 1;
      }
      return count;
    },
  };
}
