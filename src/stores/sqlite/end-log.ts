import type { EndEvent } from "../../model/store.js";
import type { SqliteDatabase } from "./driver.js";

/** The table `ends` as one connection reads it: what other processes have ended since the last look. */
export interface EndLog {
  /** Forgets what was read: the next look begins at the end of the table. */
  restart(): void;
  /** Notes the row of an end that this process has just committed and delivered. */
  note(id: number): void;
  /**
   * Emits what was written since the last look.
   *
   * @returns whether the ids have gone back: another content was put into the file, such as by `.restore` of a SQLite shell
   */
  look(emit: (event: EndEvent) => void): boolean;
}

const unknown = -1;

interface EndColumns {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly reason: string;
  readonly realm: string | null;
}

export function createEndLog(database: SqliteDatabase): EndLog {
  const dataVersion = database.prepare("pragma data_version");
  const lastId = database.prepare("select seq from sqlite_sequence where name = 'ends'");
  const endsAfter = database.prepare("select id, kind, name, reason, realm from ends where id > ? order by id");
  /** The ids of our own ends that no look has reached yet, and that were delivered already. */
  const own = new Set<number>();
  let seenVersion: unknown;
  let seenId = unknown;

  /** Reads a number that changes when another connection has written, at the cost of a read of shared memory. */
  const readVersion = (): unknown => (dataVersion.get() as { readonly data_version: number }).data_version;
  const readLastId = (): number => (lastId.get() as { readonly seq: number } | undefined)?.seq ?? 0;

  function follow(emit: (event: EndEvent) => void): boolean {
    const reached = readLastId();
    if (reached < seenId) return true;
    const ends = endsAfter.all(seenId) as EndColumns[];
    const newest = ends.at(-1)?.id ?? reached;
    // Only a purge makes holes in the ids: then this process slept for so long that it missed ends.
    if (newest - seenId > ends.length) emit({ kind: "gap" });
    for (const end of ends) if (!own.has(end.id)) emit(toEvent(end));
    seenId = Math.max(seenId, newest);
    return false;
  }

  return {
    restart() {
      seenId = unknown;
      own.clear();
    },
    note(id) {
      if (seenId !== unknown) own.add(id);
    },
    look(emit) {
      const version = readVersion();
      let wentBack = false;
      if (seenId === unknown) {
        seenId = readLastId();
        // There is no listener yet, unless the first look failed or the file is another one: then ends may have been missed.
        emit({ kind: "gap" });
      } else if (version === seenVersion) {
        for (const id of own) seenId = Math.max(seenId, id);
      } else {
        wentBack = follow(emit);
      }
      seenVersion = version;
      own.clear();
      return wentBack;
    },
  };
}

function toEvent({ kind, name, reason, realm }: EndColumns): EndEvent {
  if (kind === "changed") return { kind, ref: name };
  return kind === "subject" ? { kind, subject: name, realm, reason } : { kind: "session", ref: name, reason };
}
