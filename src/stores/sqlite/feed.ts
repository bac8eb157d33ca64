import type { Platform } from "../../base/platform.js";
import type { EndEvent, Watch } from "../../model/store.js";
import type { SqliteDatabase } from "./driver.js";

/**
 * Delivers the ends of sessions and subjects: those of this process at once, those of other processes by polling the
 * table `ends`.
 */
export interface EndFeed {
  watch(onEnd: (event: EndEvent) => void): Watch;
  /** Delivers an end that this process has just committed. `id` is that of its row. */
  deliver(event: EndEvent, id: number): void;
  close(): void;
}

const unknown = -1;

const never = Number.NEGATIVE_INFINITY;

interface EndColumns {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly reason: string;
  readonly realm: string | null;
}

export function createEndFeed(database: SqliteDatabase, platform: Platform, pollMs: number): EndFeed {
  const dataVersion = database.prepare("pragma data_version");
  const lastId = database.prepare("select seq from sqlite_sequence where name = 'ends'");
  const endsAfter = database.prepare("select id, kind, name, reason, realm from ends where id > ? order by id");
  const listeners = new Set<(event: EndEvent) => void>();
  /** The ids of our own ends that polling has not reached yet, and that were delivered already. */
  const own = new Set<number>();
  let seenVersion: unknown;
  let seenId = unknown;
  let aliveAt = never;
  let watching = false;
  let cancel = (): void => {};

  const emit = (event: EndEvent): void => {
    for (const listener of listeners) listener(event);
  };
  /** Reads a number that changes when another connection has written, at the cost of a read of shared memory. */
  const readVersion = (): unknown => (dataVersion.get() as { readonly data_version: number }).data_version;
  const readLastId = (): number => (lastId.get() as { readonly seq: number } | undefined)?.seq ?? 0;

  function poll(): void {
    const askedAt = platform.monotonic();
    const version = readVersion();
    if (seenId === unknown) {
      seenId = readLastId();
      // There is no listener yet, unless the first poll failed: then ends may have been missed since.
      emit({ kind: "gap" });
    } else if (version === seenVersion) {
      for (const id of own) seenId = Math.max(seenId, id);
    } else {
      follow();
    }
    seenVersion = version;
    own.clear();
    aliveAt = askedAt;
  }

  function follow(): void {
    const reached = readLastId();
    const ends = endsAfter.all(seenId) as EndColumns[];
    const newest = ends.at(-1)?.id ?? reached;
    // Only a purge makes holes in the ids: then this process slept for so long that it missed ends.
    if (newest - seenId > ends.length) emit({ kind: "gap" });
    for (const end of ends) if (!own.has(end.id)) emit(toEvent(end));
    seenId = Math.max(seenId, newest);
  }

  function tryPoll(): void {
    try {
      poll();
    } catch {
      // `aliveAt` stays as it is, which reports that the feed is not alive.
    }
    if (watching) cancel = platform.delay(pollMs, tryPoll);
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
        seenId = unknown;
        tryPoll();
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
    deliver(event, id) {
      if (watching) own.add(id);
      emit(event);
    },
    close() {
      listeners.clear();
      stop();
    },
  };
}

function toEvent({ kind, name, reason, realm }: EndColumns): EndEvent {
  if (kind === "changed") return { kind, ref: name };
  return kind === "subject" ? { kind, subject: name, realm, reason } : { kind: "session", ref: name, reason };
}
