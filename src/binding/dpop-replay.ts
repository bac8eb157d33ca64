/** Proofs that were used, until they are too old to be used again. */
export interface UsedDpopProofs {
  /**
   * `"replayed"` when it was used before; `"full"` when there is no room to remember it, and nobody could tell.
   *
   * @param step in which the proof was made
   * @param oldest steps before this one are not accepted any more
   */
  use(id: string, step: number, oldest: number): "first" | "replayed" | "full";
}

/**
 * Remembers used proofs of this process by the step of the clock in which they were made, so that a whole step is
 * forgotten at once.
 *
 * @param max how many at most
 */
export function createUsedDpopProofs(max: number): UsedDpopProofs {
  const steps = new Map<number, Set<string>>();
  let size = 0;

  return {
    use(id, step, oldest) {
      for (const [known, ids] of steps) {
        if (known >= oldest) continue;
        steps.delete(known);
        size -= ids.size;
      }
      let ids = steps.get(step);
      if (ids?.has(id)) return "replayed";
      if (size >= max) return "full";
      if (ids === undefined) {
        ids = new Set();
        steps.set(step, ids);
      }
      ids.add(id);
      size += 1;
      return "first";
    },
  };
}
