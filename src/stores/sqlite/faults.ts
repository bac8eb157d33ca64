import { AuthError } from "../../base/errors.js";

/** What a result code of SQLite says, and what an operator does about it. See https://sqlite.org/rescode.html. */
interface Fault {
  readonly name: string;
  readonly what: string;
  readonly remedy: string;
}

const fault = (name: string, what: string, remedy: string): Fault => ({ name, what, remedy });

/** By primary result code: the low byte of a code. */
const faults: ReadonlyMap<number, Fault> = new Map([
  [3, fault("PERM", "the rights of the file forbid it", "let the user of this process read and write it")],
  [
    5,
    fault(
      "BUSY",
      "another process holds the write lock",
      "look for a backup, a sqlite3 shell or a stopped process that has the file open, and end it",
    ),
  ],
  [7, fault("NOMEM", "there is no memory left", "give this process more memory")],
  [
    8,
    fault(
      "READONLY",
      "this process may not write it",
      "let its user write the file, the -wal and the -shm beside it, and their folder, and mount the file system for writing",
    ),
  ],
  [10, fault("IOERR", "the disk failed", "look into the log of the kernel, and at the quota")],
  [
    11,
    fault(
      "CORRUPT",
      "the file is damaged",
      "stop all processes that use it, and restore a backup or begin with a new file",
    ),
  ],
  [13, fault("FULL", "the disk is full", "make room on it")],
  [
    14,
    fault(
      "CANTOPEN",
      "the file, the -wal or the -shm beside it cannot be opened",
      "look at the rights of the folder, and at the number of open files of this process",
    ),
  ],
  [23, fault("AUTH", "the system forbids it", "let the user of this process read and write it")],
  [
    26,
    fault(
      "NOTADB",
      "the file is no SQLite database",
      "stop all processes that use it, and restore a backup or begin with a new file",
    ),
  ],
]);

/** SQLITE_BUSY: another connection holds the lock. */
const busyCode = 5;

export function isBusy(error: unknown): boolean {
  const errcode = errcodeOf(error);
  // `all` of @photostructure/sqlite 1.2.1 leaves the code out; only then the text decides.
  if (errcode === 0) return error instanceof Error && error.message === "database is locked";
  return (errcode & 0xff) === busyCode;
}

/** Returns the result code of SQLite, extended where there is one; 0 for an error that has none. */
export function errcodeOf(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/**
 * Describes an error of SQLite for an operator: what is wrong, the name and number of the code, and what to do. SQLite's
 * own words stand where the code says too little; they name tables and columns and never a value.
 */
export function describeFault(error: unknown): string {
  const code = isBusy(error) && errcodeOf(error) === 0 ? busyCode : errcodeOf(error);
  const known = faults.get(code & 0xff);
  if (known !== undefined) {
    const extended = code > 0xff ? ` ${code}` : "";
    return `${known.what} (SQLITE_${known.name}${extended}); ${known.remedy}`;
  }
  const said = error instanceof Error ? error.message : typeof error;
  return code === 0 ? said : `${said} (SQLite error ${code})`;
}

/** Words an error of the database as the store's answer. An `AuthError` stays as it is. */
export function toDatabaseError(error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  return new AuthError("unavailable", `the session database cannot answer: ${describeFault(error)}`, { cause: error });
}
