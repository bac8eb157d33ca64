import { type Awaitable, ignoreFailure } from "../../base/awaitable.js";
import { AuthError, toErrorName } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import type { Store, Watch } from "../../model/store.js";

export interface MeasuredStore {
  readonly store: Store;
  /** How long an end on another node may have gone unnoticed here, in milliseconds; `undefined` before the feed is watched. */
  stalenessMs(): number | undefined;
  /** Returns the error of the last write that failed; `undefined` when a write has succeeded since. */
  writeFault(): unknown;
}

/** The operations that are timed: all that a request may wait for. */
const timed: readonly StoreOperation[] = [
  "openSession",
  "loadSession",
  "swapSession",
  "endSession",
  "endSubject",
  "listSessions",
  "loadState",
  "swapState",
  "loadSealed",
  "swapSealed",
  "put",
  "take",
  "loadRecord",
  "swapRecord",
];

/** The operations that only read: their success does not say that the store can write. */
const reads: ReadonlySet<string> = new Set(["loadSession", "listSessions", "loadState", "loadSealed", "loadRecord"]);

export type StoreOperation = Exclude<keyof Store, "durable" | "keyFile" | "purge" | "watch" | "close">;

/** Returns the words of our own errors, which hold no secret; of any other the class alone. */
export function describeStoreFault(error: unknown): string {
  return error instanceof AuthError ? error.message : toErrorName(error);
}

/**
 * Wraps a store so that it reports how long each operation takes, also when it fails, and knows whether it can write.
 * Remembered tokens ask no store.
 *
 * @param onWarning called when writes begin to fail, with why, and when one succeeds again. Default: nothing is told
 */
export function measureStore(
  store: Store,
  platform: Platform,
  observe: (operation: StoreOperation, ms: number) => void,
  onWarning: (message: string) => void = () => undefined,
): MeasuredStore {
  // During a reload the old state and the new one both watch for a while.
  const feeds = new Set<Watch>();
  let writeFault: unknown;
  let failingSince = 0;

  function noteFault(error: unknown): void {
    if (writeFault === undefined) {
      failingSince = platform.monotonic();
      const rest = "Until it can, log-ins and tokens that are due get 503, and what is remembered goes on";
      ignoreFailure(() => onWarning(`the store cannot write: ${describeStoreFault(error)}. ${rest}`));
    }
    writeFault = error;
  }

  function noteSuccess(): void {
    if (writeFault === undefined) return;
    writeFault = undefined;
    const seconds = Math.round((platform.monotonic() - failingSince) / 1_000);
    ignoreFailure(() => onWarning(`the store writes again, after ${seconds} s`));
  }

  /** Notes how a write went. A write that changed nothing, such as of a session that is over, says nothing. */
  function note(write: () => Awaitable<unknown>): unknown {
    const failed = (error: unknown): never => {
      noteFault(error);
      throw error;
    };
    const done = (answer: unknown): unknown => {
      if (answer) noteSuccess();
      return answer;
    };
    try {
      const answer = write();
      return answer instanceof Promise ? answer.then(done, failed) : done(answer);
    } catch (error) {
      return failed(error);
    }
  }

  function measure(operation: StoreOperation): Store[StoreOperation] {
    const ask = store[operation] as (...given: unknown[]) => unknown;
    const measured = (...given: unknown[]): unknown => {
      const begun = platform.monotonic();
      const done = () => observe(operation, platform.monotonic() - begun);
      let answer: unknown;
      try {
        answer = reads.has(operation) ? ask.apply(store, given) : note(() => ask.apply(store, given));
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
      purge: (limit) => note(() => store.purge(limit)) as Awaitable<number>,
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
    writeFault: () => writeFault,
  };
}
