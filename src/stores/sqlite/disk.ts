import { close, closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { AuthError } from "../../base/errors.js";

/** Flushes the database to the disk. */
export interface Disk {
  /** Resolves when everything that is committed now would survive a power cut. */
  flush(): Promise<void>;
  close(): void;
}

/**
 * Opens the write-ahead log of a database to flush it. `synchronous = full` means: write to the log, then flush the
 * log. SQLite would flush on this thread, and a busy disk takes tens of milliseconds, in which no request is answered.
 * So the log is flushed here, on libuv's threads, once for all writers that wait. Checkpoints are safe: SQLite flushes
 * the log before, and the database after.
 *
 * SQLite holds its locks on the database and on `-shm`; a second descriptor of `-wal` can be closed without losing any.
 */
export function openDisk(path: string, flush: typeof fdatasync = fdatasync): Disk {
  // Opened for writing, since Windows flushes only such files.
  const log = openSync(`${path}-wal`, "r+");
  flushFolder(path);
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function start(): Promise<void> {
    const flushed = new Promise<void>((resolve, reject) => {
      flush(log, (error) => (error ? reject(toUnavailable(error)) : resolve()));
    });
    const done = (): void => {
      if (running === flushed) running = undefined;
    };
    running = flushed;
    flushed.then(done, done);
    return flushed;
  }

  function startNext(): Promise<void> {
    next = undefined;
    return start();
  }

  return {
    flush() {
      if (running === undefined) return start();
      // The flush under way may have begun before the last commit was written.
      next ??= running.then(startNext, startNext);
      return next;
    },
    close() {
      const closeLog = (): void => close(log);
      const last = next ?? running;
      if (last === undefined) closeSync(log);
      else last.then(closeLog, closeLog);
    },
  };
}

/**
 * Flushes the folder. The log was just made: without this, a power cut could remove the whole file with its content.
 */
function flushFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function toUnavailable(error: NodeJS.ErrnoException): AuthError {
  return new AuthError("unavailable", `the session database cannot be flushed to the disk (${error.code})`, {
    cause: error,
  });
}
