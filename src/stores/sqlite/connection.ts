import { type Awaitable, after } from "../../base/awaitable.js";
import type { Disk } from "./disk.js";
import type { SqliteDatabase } from "./driver.js";
import type { Attempt } from "./retry.js";

/** Reads and writes of the database. A write returns when it is committed or, if `durable`, when it is on the disk. */
export interface SqliteConnection {
  read: Attempt;
  /** Runs one statement, which is atomic by itself. */
  writeOne<T>(durable: boolean, action: () => T): Awaitable<T>;
  /** Runs several statements in a transaction. `committed` is called as soon as other processes can see them. */
  write<T>(durable: boolean, action: () => T, committed?: (result: T) => void): Awaitable<T>;
}

/**
 * Makes the connection of a store.
 *
 * @param attempts one for each: that a read succeeds does not say that the write lock is free
 * @param disk `undefined` for a database in memory
 * @param requirePlace throws when the file is no longer at its path. It is asked after each write: what was written to a
 *   file that no process will open again was not done
 */
export function createSqliteConnection(
  database: SqliteDatabase,
  attempts: { readonly read: Attempt; readonly write: Attempt },
  disk: Disk | undefined,
  requirePlace: () => void = () => {},
): SqliteConnection {
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");

  function settle<T>(durable: boolean, answer: Awaitable<T>, committed?: (result: T) => void): Awaitable<T> {
    return after(answer, (result): Awaitable<T> => {
      committed?.(result);
      return durable && disk !== undefined ? disk.flush().then(() => placed(result)) : placed(result);
    });
  }

  function placed<T>(result: T): T {
    requirePlace();
    return result;
  }

  return {
    read: attempts.read,
    writeOne: (durable, action) => settle(durable, attempts.write(action)),
    write: (durable, action, committed) =>
      settle(
        durable,
        attempts.write(() => {
          begin.run();
          try {
            const result = action();
            commit.run();
            return result;
          } catch (error) {
            if (database.isTransaction) database.exec("rollback");
            throw error;
          }
        }),
        committed,
      ),
  };
}
