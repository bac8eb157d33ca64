import type { Platform } from "../base/platform.js";
import type { Ask, Store } from "../model/store.js";

/** Milliseconds between purges: short enough that dead rows outnumber live ones only for a while. */
const purgeEveryMs = 60_000;

/** The most rows of one purge: few enough that a purge of a local store does not delay a request. */
const purgeRows = 500;

/**
 * How long one purge may take, in milliseconds: longer than any answer to a request, since a store that has many dead rows
 * removes them with rests in between.
 */
export const purgeTimeoutMs = 60_000;

/**
 * Starts to remove dead rows at intervals. Returns a function that stops it.
 *
 * @param ask asks the store, with a deadline of `purgeTimeoutMs`
 */
export function startPurge(store: Store, ask: Ask, platform: Platform): () => void {
  let cancel = platform.delay(purgeEveryMs, purge);
  let stopped = false;

  async function purge(): Promise<void> {
    let nextMs = purgeEveryMs;
    try {
      const removed = await ask(() => store.purge(purgeRows));
      if (removed >= purgeRows) nextMs = 1;
    } catch {
      // The store cannot answer; the next purge removes the rows.
    }
    if (!stopped) cancel = platform.delay(nextMs, purge);
  }

  return () => {
    stopped = true;
    cancel();
  };
}
