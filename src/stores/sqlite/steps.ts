import type { Platform } from "../../base/platform.js";

/** What one step of a purge has done: the rows that it looked at, and those that it removed. */
export interface Step {
  readonly seen: number;
  readonly removed: number;
}

/** Runs work on many rows in small steps, between which other writers and the event loop continue. */
export type RunSteps = (limit: number, step: (size: number) => Promise<Step>) => Promise<number>;

/** The longest step is to be 10 ms, on a disk that is slow just then: so one of usual length takes less than half of that. */
const aimMs = 4;

const first = 20;

/** What a step takes on a slow disk: fewer would cost more than they spare. */
const smallest = 5;

/** So few write some hundred pages, which is less than the log may hold before SQLite moves it by itself. */
const largest = 100;

/** The event loop, and the write lock, belong to requests for most of the time. */
const restFactor = 2;

/** The longest that one kind of rows may take in one purge: all kinds together stay below the deadline of a purge. */
const sliceMs = 8_000;

/**
 * Makes the function that runs steps until one has seen fewer rows than it might, `limit` rows are removed, or the time of
 * one kind of rows is over. A step that took too long makes the next one smaller.
 *
 * @param checkpoint moves what steps have written from the log into the file. It is called after each step, and no step
 *   runs meanwhile, so that the log can begin anew
 */
export function createSteps(platform: Platform, checkpoint: () => Promise<void>): RunSteps {
  let size = first;

  const rest = (afterMs: number): Promise<void> =>
    new Promise((resolve) => void platform.delay(Math.max(1, restFactor * afterMs), resolve, true));

  return async (limit, step) => {
    const endsAt = platform.monotonic() + sliceMs;
    let removed = 0;
    while (removed < limit) {
      const wanted = Math.min(size, limit - removed);
      const begunAt = platform.monotonic();
      const done = await step(wanted);
      const tookMs = platform.monotonic() - begunAt;
      removed += done.removed;
      if (done.seen < wanted || removed >= limit || platform.monotonic() >= endsAt) break;
      if (tookMs > aimMs) size = Math.max(smallest, size >> 1);
      else if (tookMs < aimMs / 2) size = Math.min(largest, size * 2);
      await rest(tookMs);
      await checkpoint();
    }
    return removed;
  };
}
