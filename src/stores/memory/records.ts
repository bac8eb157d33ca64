import type { Platform } from "../../base/platform.js";
import type { Store } from "../../model/store.js";
import { createDeadlineHeap } from "./deadline-heap.js";

/** The records of a store in this process. */
export interface MemoryRecords extends Pick<Store, "loadRecord" | "swapRecord"> {
  /** Removes expired records, at most `limit`; returns how many. */
  purge(limit: number): number;
}

export function createMemoryRecords(platform: Platform): MemoryRecords {
  const records = new Map<string, { readonly version: number; readonly json: string; readonly deadline: number }>();
  /** One entry per record: a write does not change it, and a purge moves it to the record's current deadline. */
  const deadlines = createDeadlineHeap();

  // A kind has no colon, so no two records share a key.
  const keyOf = (kind: string, id: string): string => `${kind}:${id}`;

  return {
    loadRecord(kind, id) {
      const now = platform.now();
      const record = records.get(keyOf(kind, id));
      if (record === undefined || record.deadline <= now) return { version: 0, json: undefined, now };
      return { version: record.version, json: record.json, now };
    },
    swapRecord(kind, id, version, json, lifeMs) {
      const now = platform.now();
      const key = keyOf(kind, id);
      const held = records.get(key);
      const current = held !== undefined && held.deadline > now ? held.version : 0;
      if (version !== current) return false;
      records.set(key, { version: version + 1, json, deadline: now + lifeMs });
      if (held === undefined) deadlines.push(key, now + lifeMs);
      return true;
    },
    purge(limit) {
      const now = platform.now();
      let count = 0;
      while (count < limit) {
        const key = deadlines.popDue(now);
        if (key === undefined) break;
        const record = records.get(key);
        if (record === undefined) continue;
        if (record.deadline > now) deadlines.push(key, record.deadline);
        else if (records.delete(key)) count += 1;
      }
      return count;
    },
  };
}
