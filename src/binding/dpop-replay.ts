/** The used proofs, kept until they are too old to be accepted. */
export interface UsedDpopProofs {
  /**
   * Marks a proof as used. `"replayed"`: it was used before. `"full"`: there is no room to remember it, so a replay
   * could not be detected.
   *
   * @param step in which the proof was made
   * @param oldest the earliest step whose proofs are still accepted
   */
  use(id: string, step: number, oldest: number): "first" | "replayed" | "full";
}

/**
 * Remembers the used proofs of this process by the step of the clock in which they were made, so that a whole step is
 * forgotten at once.
 *
 * @param max the most proofs to remember
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
