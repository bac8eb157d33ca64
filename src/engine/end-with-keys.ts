import { after } from "../base/awaitable.js";
import type { Keys } from "../keys/key-ring.js";
import type { EndEvent, SessionRow, Store } from "../model/store.js";

/** A store whose sessions end with a key, and a way to tell its watches. */
export interface KeyedStore {
  readonly store: Store;
  /** Makes this process look again at what it remembers, since keys were revoked. */
  lookAgain(): void;
}

/**
 * Wraps a store so that sessions which ended by the revocation of a key come back revoked. The ring is what says so, on
 * every node that reads it and at every start: nothing has to be written for each session.
 *
 * Who has a key that verifies, and any token of a session, can make the session's newest token, whichever key signed it
 * last. So each session that had opened when a key was revoked is over, and each that the key signed since, at a
 * node that had not read the ring yet.
 */
export function endWithKeys(store: Store, keys: Pick<Keys, "revocationOf">): KeyedStore {
  const watches = new Set<(event: EndEvent) => void>();

  function judge(row: SessionRow): SessionRow {
    const at = row.revokedAt === null ? keys.revocationOf(row) : undefined;
    return at === undefined ? row : { ...row, revokedAt: at, revokedReason: "key revoked" };
  }

  return {
    store: {
      durable: store.durable,
      keyFile: store.keyFile,
      openSession: (session, caps, durable) => store.openSession(session, caps, durable),
      loadSession: (ref) =>
        after(store.loadSession(ref), (reading) => {
          if (reading === undefined) return undefined;
          const row = judge(reading.row);
          return row === reading.row ? reading : { row, now: reading.now };
        }),
      swapSession: (reading, change, durable) => store.swapSession(reading, change, durable),
      endSession: (ref, reason) => store.endSession(ref, reason),
      endSubject: (subject, reason, realm) => store.endSubject(subject, reason, realm),
      listSessions: (query) => after(store.listSessions(query), (rows) => rows.map(judge)),
      loadState: (ref) => store.loadState(ref),
      swapState: (ref, version, json) => store.swapState(ref, version, json),
      loadSealed: (ref, name) => store.loadSealed(ref, name),
      swapSealed: (...given) => store.swapSealed(...given),
      put: (kind, id, json, lifeMs) => store.put(kind, id, json, lifeMs),
      take: (kind, id) => store.take(kind, id),
      loadRecord: (kind, id) => store.loadRecord(kind, id),
      swapRecord: (kind, id, version, json, lifeMs) => store.swapRecord(kind, id, version, json, lifeMs),
      purge: (limit) => store.purge(limit),
      watch(onEnd) {
        const watch = store.watch(onEnd);
        watches.add(onEnd);
        return {
          aliveAt: () => watch.aliveAt(),
          stop() {
            watches.delete(onEnd);
            watch.stop();
          },
        };
      },
      close: () => store.close(),
    },
    lookAgain() {
      for (const onEnd of watches) onEnd({ kind: "gap" });
    },
  };
}
