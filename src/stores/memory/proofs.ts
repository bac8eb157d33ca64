import type { Platform } from "../../base/platform.js";
import type { ProofKind, Store } from "../../model/store.js";
import { createDeadlineHeap } from "./deadline-heap.js";

/** The one-time proofs of a store in this process. */
export interface MemoryProofs extends Pick<Store, "put" | "take"> {
  /** Removes expired proofs, at most `limit`; returns how many. */
  purge(limit: number): number;
}

export function createMemoryProofs(platform: Platform): MemoryProofs {
  const proofs = new Map<string, { readonly json: string; readonly deadline: number }>();
  const deadlines = createDeadlineHeap();

  // A kind has no colon, so no two proofs share a key.
  const keyOf = (kind: ProofKind, id: string): string => `${kind}:${id}`;

  return {
    put(kind, id, json, lifeMs) {
      const now = platform.now();
      const key = keyOf(kind, id);
      const held = proofs.get(key);
      if (held !== undefined && held.deadline > now) return false;
      proofs.set(key, { json, deadline: now + lifeMs });
      deadlines.push(key, now + lifeMs);
      return true;
    },
    take(kind, id) {
      const key = keyOf(kind, id);
      const proof = proofs.get(key);
      proofs.delete(key);
      return proof !== undefined && proof.deadline > platform.now() ? proof.json : undefined;
    },
    purge(limit) {
      const now = platform.now();
      let count = 0;
      while (count < limit) {
        const key = deadlines.popDue(now);
        if (key === undefined) break;
        const proof = proofs.get(key);
        if (proof !== undefined && proof.deadline <= now && proofs.delete(key)) count += 1;
      }
      return count;
    },
  };
}
