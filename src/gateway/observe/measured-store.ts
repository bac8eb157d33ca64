import type { Platform } from "../../base/platform.js";
import type { Store, Watch } from "../../model/store.js";

export interface MeasuredStore {
  readonly store: Store;
  /** How long an end on another node may have gone unnoticed here, in milliseconds; `undefined` before the feed is watched. */
  stalenessMs(): number | undefined;
}

/** What is timed: all that a request may wait for. */
const timed: readonly StoreOperation[] = [
  "openSession",
  "loadSession",
  "swapSession",
  "endSession",
  "endSubject",
  "listSessions",
  "loadState",
  "swapState",
  "put",
  "take",
  "loadRecord",
  "swapRecord",
];

export type StoreOperation = Exclude<keyof Store, "durable" | "keyFile" | "purge" | "watch" | "close">;

/** A store that tells how long it takes, also when it fails. A remembered token asks no store, and costs nothing here. */
export function measureStore(
  store: Store,
  platform: Platform,
  observe: (operation: StoreOperation, ms: number) => void,
): MeasuredStore {
  // A reload watches for a while with the state that it retires and with the one it made.
  const feeds = new Set<Watch>();

  function measure(operation: StoreOperation): Store[StoreOperation] {
    const ask = store[operation] as (...given: unknown[]) => unknown;
    const measured = (...given: unknown[]): unknown => {
      const begun = platform.monotonic();
      const done = () => observe(operation, platform.monotonic() - begun);
      let answer: unknown;
      try {
        answer = ask.apply(store, given);
      } catch (error) {
        done();
        throw error;
      }
      if (answer instanceof Promise) answer.then(done, done);
      else done();
      return answer;
    };
    return measured as Store[StoreOperation];
  }

  const operations = Object.fromEntries(timed.map((operation) => [operation, measure(operation)]));
  return {
    store: {
      ...store,
      ...(operations as unknown as Pick<Store, StoreOperation>),
      purge: (limit) => store.purge(limit),
      close: () => store.close(),
      watch(onEnd) {
        const feed = store.watch(onEnd);
        feeds.add(feed);
        return {
          aliveAt: () => feed.aliveAt(),
          stop() {
            feeds.delete(feed);
            feed.stop();
          },
        };
      },
    },
    stalenessMs() {
      if (feeds.size === 0) return undefined;
      const knownUpTo = Math.max(...Array.from(feeds, (feed) => feed.aliveAt()));
      return Math.max(0, platform.monotonic() - knownUpTo);
    },
  };
}
