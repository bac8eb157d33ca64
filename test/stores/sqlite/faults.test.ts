import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthError } from "../../../src/base/errors.js";
import { describeFault, toDatabaseError } from "../../../src/stores/sqlite/faults.js";

const errorOf = (errcode: number, message = "of SQLite") => Object.assign(new Error(message), { errcode });

test("what stops a database is said in words, with the code and what to do", () => {
  for (const [code, words] of [
    [13, /^the disk is full \(SQLITE_FULL\); make room on it$/],
    [5, /^another process holds the write lock \(SQLITE_BUSY\); look for a backup, .* and end it$/],
    [261, /^another process holds the write lock \(SQLITE_BUSY 261\); /],
    [8, /^this process may not write it \(SQLITE_READONLY\); let its user write the file, .* mount the file system/],
    [1032, /^this process may not write it \(SQLITE_READONLY 1032\); /],
    [10, /^the disk failed \(SQLITE_IOERR\); look into the log of the kernel/],
    [778, /^the disk failed \(SQLITE_IOERR 778\); /],
    [11, /^the file is damaged \(SQLITE_CORRUPT\); stop all processes that use it, and restore a backup/],
    [14, /^the file, the -wal or the -shm beside it cannot be opened \(SQLITE_CANTOPEN\); .* open files/],
    [26, /^the file is no SQLite database \(SQLITE_NOTADB\); /],
  ] as const) {
    assert.match(describeFault(errorOf(code)), words);
  }
});

test("a code without words of ours has those of SQLite, and an error without a code its own", () => {
  assert.equal(describeFault(errorOf(1, "no such column: realm")), "no such column: realm (SQLite error 1)");
  assert.equal(describeFault(new Error("database is not open")), "database is not open");
  assert.match(describeFault(new Error("database is locked")), /^another process holds the write lock \(SQLITE_BUSY\)/);
});

test("the store's answer is unavailable, with the cause; an answer of ours stays as it is", () => {
  const cause = errorOf(13);
  const error = toDatabaseError(cause);
  assert.deepEqual([error.code, error.cause], ["unavailable", cause]);
  assert.match(
    error.message,
    /^the session database cannot answer: the disk is full \(SQLITE_FULL\); make room on it$/,
  );
  const ours = new AuthError("unavailable", "ours");
  assert.equal(toDatabaseError(ours), ours);
});
