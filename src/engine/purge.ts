import type { Platform } from "../base/platform.js";
import type { Ask, Store } from "../model/store.js";

/** Often enough that dead rows never outnumber live ones for long. */
const purgeEveryMs = 60_000;

/** Small enough that one purge of a local store does not hold up a request. */
const purgeRows = 500;

/** Removes dead rows now and then. Returns a function that stops it. */
export function startPurge(store: Store, ask: Ask, platform: Platform): () => void {
  let cancel = platform.delay(purgeEveryMs, purge);
  let stopped = false;

  async function purge(): Promise<void> {
    let nextMs = purgeEveryMs;
    try {
      const removed = await ask(() => store.purge(purgeRows));
      if (removed >= purgeRows) nextMs = 1;
    } catch {
      // The store cannot answer; what is dead stays dead until the next time.
    }
    if (!stopped) cancel = platform.delay(nextMs, purge);
  }

  return () => {
    stopped = true;
    cancel();
  };
}
