import type { Awaitable } from "../../src/base/awaitable.js";
import type { Platform } from "../../src/base/platform.js";
import type { Store } from "../../src/model/store.js";
import type { Random } from "./random.js";
import type { VirtualTime } from "./virtual-time.js";

/** The longest time between a call and the instant at which the store looks at its clock. */
export const maxStoreTripMs = 600;

export interface StoreLinkOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  /** The node's. */
  readonly platform: Platform;
  /** `false`: the store is on the same machine and answers at once, as SQLite does. */
  readonly remote: boolean;
  /** A node that has crashed asks nothing more. */
  readonly isUp: () => boolean;
}

/**
 * How one node sees the store that all share: late, at times not at all, and it is not told whether a call that got no
 * answer had been carried out. Ends on other nodes are heard of late too.
 */
export function createStoreLink(store: Store, { time, random, platform, remote, isUp }: StoreLinkOptions): Store {
  const lag = remote ? random.between(1, 2_000) : 0;
  const tripMs = () => (random.chance(0.005) ? random.between(1, maxStoreTripMs) : random.between(0, 3));

  function call<T>(operation: () => Awaitable<T>): Awaitable<T> {
    if (!isUp()) return new Promise<T>(() => {});
    if (!remote) {
      if (random.chance(0.0005)) throw new Error("busy");
      return operation();
    }
    return new Promise<T>((resolve, reject) => {
      if (random.chance(0.0005)) return; // never arrives
      time.after(tripMs(), () => {
        const answer = operation();
        if (random.chance(0.0005)) return; // carried out, and nobody hears of it
        time.after(tripMs(), () => {
          time.settled();
          if (answer instanceof Promise) reject(new Error("the simulated store answers at once"));
          else resolve(answer);
        });
      });
    });
  }

  return {
    durable: store.durable,
    openSession: (session, caps, durable) => call(() => store.openSession(session, caps, durable)),
    loadSession: (ref) => call(() => store.loadSession(ref)),
    swapSession: (reading, change, durable) => call(() => store.swapSession(reading, change, durable)),
    endSession: (ref, reason) => call(() => store.endSession(ref, reason)),
    endSubject: (...given) => call(() => store.endSubject(...given)),
    listSessions: (query) => call(() => store.listSessions(query)),
    loadState: (ref) => call(() => store.loadState(ref)),
    swapState: (ref, version, json) => call(() => store.swapState(ref, version, json)),
    loadSealed: (ref, name) => call(() => store.loadSealed(ref, name)),
    swapSealed: (...given) => call(() => store.swapSealed(...given)),
    put: (kind, id, json, lifeMs) => call(() => store.put(kind, id, json, lifeMs)),
    take: (kind, id) => call(() => store.take(kind, id)),
    loadRecord: (kind, id) => call(() => store.loadRecord(kind, id)),
    swapRecord: (kind, id, version, json, lifeMs) => call(() => store.swapRecord(kind, id, version, json, lifeMs)),
    purge: (limit) => store.purge(limit), // whoever cleans up may take the time it likes
    watch(onEnd) {
      if (!remote) return { aliveAt: () => platform.monotonic(), stop: store.watch(onEnd).stop };
      const { stop } = store.watch((event) => {
        time.after(lag, () => {
          time.settled();
          onEnd(event);
        });
      });
      return { aliveAt: () => platform.monotonic() - lag - 1, stop };
    },
    close() {},
  };
}
