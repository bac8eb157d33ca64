import type { Platform } from "../../base/platform.js";
import type { EndEvent } from "../../model/store.js";
import { createCheckpointer } from "./checkpointer.js";
import { createSqliteConnection } from "./connection.js";
import { openDisk } from "./disk.js";
import type { SqliteDatabase } from "./driver.js";
import { createEndLog, type EndLog } from "./end-log.js";
import { openDatabase } from "./file.js";
import { createOperations, type SqliteOperations } from "./operations.js";
import { type Place, takePlace, toRealPath } from "./place.js";
import { createAttempt } from "./retry.js";

/** One opening of the database: it ends when the store closes, or when the file is no longer at its path. */
export interface Opening {
  readonly operations: SqliteOperations;
  readonly ends: EndLog;
  /** The files that are open; `undefined` for a database in memory. */
  readonly place: Place | undefined;
  close(): void;
  /** Closes a database whose file is no longer at its path, and leaves nothing there that another one would stumble over. */
  leave(): void;
}

export interface OpeningParts {
  readonly path: string;
  readonly platform: Platform;
  readonly busyMs: number;
  readonly maxRecords: number | undefined;
  readonly onWarning: (message: string) => void;
  /** Delivers an event to the watches of this process. */
  emit(event: EndEvent): void;
  /** Called after each write. Throws when the file is no longer at its path. */
  requirePlace(opening: Opening): void;
}

/** Opens the database. Throws as `openDatabase` does. */
export function openOnce(parts: OpeningParts, create: boolean, deadlineMs: number): Opening {
  const { path, platform, busyMs, maxRecords, onWarning } = parts;
  const database = openDatabase(path, { platform, deadlineMs, create, onWarning });
  try {
    return toOpening(parts, database, busyMs, maxRecords);
  } catch (error) {
    database.close();
    throw error;
  }
}

function toOpening(
  { path, platform, emit, requirePlace }: OpeningParts,
  database: SqliteDatabase,
  busyMs: number,
  maxRecords: number | undefined,
): Opening {
  const place = path === ":memory:" ? undefined : takePlace(path);
  const disk = place && openDisk(toRealPath(path));
  const checkpointer = place && createCheckpointer(database, path, platform);
  const ends = createEndLog(database);
  const attempts = { read: createAttempt(platform, busyMs), write: createAttempt(platform, busyMs) };
  const connection = createSqliteConnection(database, attempts, disk, () => requirePlace(opening));
  const deliver = (event: EndEvent, id: number): void => {
    ends.note(id);
    emit(event);
  };
  const opening: Opening = {
    operations: createOperations({
      ...{ database, connection, platform, deliver },
      purge: { most: maxRecords, checkpoint: checkpointer && (() => checkpointer.run()) },
    }),
    ends,
    place,
    close() {
      checkpointer?.close();
      disk?.close();
      database.close();
    },
    leave() {
      checkpointer?.close();
      const isLogEmpty = emptyLog(database);
      const taken = place?.taken();
      // At a path without a file the log is all that has the last writes, should the file come back.
      if (taken === "replaced" || (taken === "gone" && isLogEmpty)) place?.removeSides();
      opening.close();
    },
  };
  return opening;
}

/**
 * Moves the write-ahead log into the file, wherever that is now.
 *
 * @returns whether the log is empty: no process reads from it, and the disk has taken it
 */
function emptyLog(database: SqliteDatabase): boolean {
  try {
    const { busy } = database.prepare("pragma wal_checkpoint(truncate)").get() as { readonly busy: number };
    return busy === 0;
  } catch {
    return false;
  }
}
