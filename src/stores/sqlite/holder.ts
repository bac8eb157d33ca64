import { AuthError } from "../../base/errors.js";
import { fileVersion } from "../../base/file-version.js";
import type { Platform } from "../../base/platform.js";
import { toDatabaseError } from "./faults.js";
import type { Opening } from "./opening.js";
import { fileId } from "./place.js";

/** Holds the database open for as long as its file stands at its path, and opens what comes there afterwards. */
export interface Holder {
  /** Returns the open database. Throws `AuthError` `unavailable` when there is none. */
  current(): Opening;
  /** Returns the open database after a look at the path. Throws when the file has gone, or is another one. */
  requirePlace(opening?: Opening): Opening;
  /** Opens the database anew: its content was replaced. */
  reopen(): void;
  close(): void;
}

export interface HolderParts {
  readonly path: string;
  readonly platform: Platform;
  /** How often to look whether a database is at the path again, in milliseconds. */
  readonly pollMs: number;
  /** Opens the database at the start. */
  open(): Opening;
  /** Opens the database of a running process: it must exist, and the process does not stand still. */
  openAgain(): Opening;
  onLost(fault: AuthError): void;
  onFound(): void;
}

/**
 * Makes the holder. A file that was deleted, or that a backup was moved over, stays open in a process that has it open: the
 * process would go on with a database of its own, in which no other process ends a session.
 */
export function createHolder({ path, platform, pollMs, open, openAgain, onLost, onFound }: HolderParts): Holder {
  let opening: Opening | undefined = open();
  /** The last opening, while its file is not at the path. */
  let left: Opening | undefined;
  let fault = new AuthError("unavailable", "the session database is closed");
  let closed = false;
  let cancel = (): void => {};

  function lose(words: string): void {
    fault = new AuthError("unavailable", words);
    left = opening;
    opening = undefined;
    left?.leave();
    onLost(fault);
    let seen = fileVersion(path);
    const again = (): void => {
      const version = fileVersion(path);
      // A file that is still being copied changes from look to look.
      if (version === seen) tryAgain();
      seen = version;
      if (opening === undefined && !closed) cancel = platform.delay(pollMs, again);
    };
    cancel = platform.delay(pollMs, again);
  }

  function tryAgain(): void {
    const obstacle = openOrSay();
    if (obstacle !== undefined) {
      refuse(obstacle);
      return;
    }
    left = undefined;
    onFound();
  }

  /** Opens the database, or returns why that cannot be done. */
  function openOrSay(): string | undefined {
    if (fileId(path) === undefined) return `there is no database at ${path}; ${putOneThere}`;
    if (left?.place?.hasOwnSides() && !left.place.isSame()) {
      return `another database is at ${path}, and beside it are ${path}-wal and ${path}-shm of the one before; delete these two`;
    }
    try {
      opening = openAgain();
      return undefined;
    } catch (error) {
      return toDatabaseError(error).message;
    }
  }

  function refuse(words: string): void {
    if (fault.message === words) return;
    fault = new AuthError("unavailable", words);
    onLost(fault);
  }

  function current(): Opening {
    if (opening === undefined) throw fault;
    return opening;
  }

  return {
    current,
    requirePlace(asking) {
      const held = current();
      if (held.place?.holds() === false) {
        lose(
          fileId(path) === undefined
            ? `the session database is gone from ${path}; ${putOneThere}`
            : `another file was put at ${path}; it is opened in a moment`,
        );
      }
      // What a write of before has changed is in the file that has gone.
      if (opening === undefined || (asking !== undefined && asking !== opening)) throw fault;
      return opening;
    },
    reopen() {
      opening?.close();
      opening = undefined;
      try {
        opening = openAgain();
        onFound();
      } catch (error) {
        lose(toDatabaseError(error).message);
      }
    },
    close() {
      closed = true;
      cancel();
      // Nothing of a database that has gone may stay where the next process opens another one.
      if (opening?.place?.holds() === false) opening.leave();
      else opening?.close();
      opening = undefined;
      fault = new AuthError("unavailable", "the session database is closed");
    },
  };
}

const putOneThere = "put it back, or restore a backup, or restart the server to begin with an empty one";
