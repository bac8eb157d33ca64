import { close, closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { AuthError } from "../../base/errors.js";

/** Waits until everything that is committed now would survive a power cut. */
export interface Disk {
  flush(): Promise<void>;
  close(): void;
}

/**
 * `synchronous = full` is: write to the log, then flush the log. SQLite would do the second on this thread, and a busy
 * disk takes tens of milliseconds, in which no request is answered. So the log is flushed from here, on libuv's threads,
 * and once for all writers that wait. A checkpoint needs no care: SQLite flushes the log before, and the database after.
 *
 * SQLite keeps its locks on the database and on `-shm`; a second descriptor of `-wal` can be closed without losing any.
 */
export function openDisk(path: string, flush: typeof fdatasync = fdatasync): Disk {
  // Windows flushes only what may be written.
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
      // The one under way may have begun before the last commit was written.
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

/** The log was just made: without this a power cut could take the whole file, whatever was flushed into it. */
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
