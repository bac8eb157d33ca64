import type { Platform } from "../../base/platform.js";
import type { EndEvent, Watch } from "../../model/store.js";

/**
 * Delivers the ends of sessions and subjects: those of this process at once, those of other processes by looking at the
 * database at intervals.
 */
export interface EndFeed {
  watch(onEnd: (event: EndEvent) => void): Watch;
  /** Delivers an event to every watch. */
  emit(event: EndEvent): void;
  close(): void;
}

const never = Number.NEGATIVE_INFINITY;

/**
 * Makes the feed.
 *
 * @param look emits what other processes have ended since the look before; throws when the database cannot be read.
 *   `isFirst`: there was no watch before, so that nothing before this look matters
 */
export function createEndFeed(
  platform: Platform,
  pollMs: number,
  look: (emit: (event: EndEvent) => void, isFirst: boolean) => void,
): EndFeed {
  const listeners = new Set<(event: EndEvent) => void>();
  let aliveAt = never;
  let watching = false;
  let cancel = (): void => {};

  const emit = (event: EndEvent): void => {
    for (const listener of listeners) listener(event);
  };

  function poll(isFirst = false): void {
    const askedAt = platform.monotonic();
    try {
      look(emit, isFirst);
      aliveAt = askedAt;
    } catch {
      // `aliveAt` stays as it is, which reports that the feed is not alive.
    }
    if (watching) cancel = platform.delay(pollMs, () => poll());
  }

  function stop(): void {
    watching = false;
    cancel();
  }

  return {
    watch(onEnd) {
      const listener = (event: EndEvent): void => onEnd(event);
      if (!watching) {
        watching = true;
        poll(true);
      }
      listeners.add(listener);
      return {
        aliveAt: () => aliveAt,
        stop() {
          listeners.delete(listener);
          if (listeners.size === 0) stop();
        },
      };
    },
    emit,
    close() {
      listeners.clear();
      stop();
    },
  };
}
