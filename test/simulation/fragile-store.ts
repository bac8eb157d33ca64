import type { EndEvent, Store } from "../../src/model/store.js";
import { memory } from "../../src/stores/memory/memory.js";
import type { Random } from "./random.js";
import type { VirtualTime } from "./virtual-time.js";

/** The one store of a deployment: the shipped memory store, with a log from which it recovers. */
export interface FragileStore {
  readonly store: Store;
  /**
   * A power cut, or a replica that takes over: what was written in the last `lostMs` is gone, except for what must
   * last and whatever was written before that, as with a write-ahead log.
   */
  failOver(lostMs: number, tellsNodes: boolean): void;
}

interface Entry {
  readonly at: number;
  readonly mustLast: boolean;
  apply(store: Store): unknown;
}

export function createFragileStore(time: VirtualTime, random: Random): FragileStore {
  let replayedAt: number | undefined;
  const platform = { ...time.platform(random, 0, 0), now: () => replayedAt ?? time.now };
  const listeners = new Set<(event: EndEvent) => void>();
  let log: Entry[] = [];
  let current = memory({ platform });
  let feed = current.watch(tell);

  function tell(event: EndEvent): void {
    for (const listener of listeners) listener(event);
  }

  function write<T>(mustLast: boolean, apply: (store: Store) => T): T {
    const written = apply(current);
    if (written !== undefined && written !== false) log.push({ at: time.now, mustLast, apply });
    return written;
  }

  const store: Store = {
    durable: false,
    openSession: (session, caps, durable) => write(durable, (to) => to.openSession(session, caps, durable)),
    loadSession: (ref) => current.loadSession(ref),
    swapSession: (reading, change, durable) =>
      write(durable, (to) => {
        const now = replayedAt ?? reading.now;
        return to.swapSession({ row: reading.row, now }, change, durable);
      }),
    endSession: (ref, reason) => write(true, (to) => to.endSession(ref, reason)),
    endSubject: (...given) => write(true, (to) => to.endSubject(...given)),
    listSessions: (query) => current.listSessions(query),
    loadState: (ref) => current.loadState(ref),
    swapState: (ref, version, json) => current.swapState(ref, version, json),
    loadSealed: (ref, name) => current.loadSealed(ref, name),
    swapSealed: (...given) => current.swapSealed(...given),
    put: (kind, id, json, lifeMs) => current.put(kind, id, json, lifeMs),
    take: (kind, id) => current.take(kind, id),
    loadRecord: (kind, id) => current.loadRecord(kind, id),
    swapRecord: (kind, id, version, json, lifeMs) => current.swapRecord(kind, id, version, json, lifeMs),
    purge: (limit) => current.purge(limit),
    watch(onEnd) {
      listeners.add(onEnd);
      return { aliveAt: platform.monotonic, stop: () => void listeners.delete(onEnd) };
    },
    close() {},
  };

  return {
    store,
    failOver(lostMs, tellsNodes) {
      feed.stop();
      const kept = log.findLastIndex((entry) => entry.mustLast || entry.at < time.now - lostMs) + 1;
      log = log.slice(0, kept);
      current = memory({ platform });
      for (const entry of log) {
        replayedAt = entry.at;
        entry.apply(current);
      }
      replayedAt = undefined;
      feed = current.watch(tell);
      if (tellsNodes) tell({ kind: "gap" });
    },
  };
}
