import { closeSync, openSync, statSync } from "node:fs";
import { AuthError } from "../../base/errors.js";
import { grants } from "../../base/file-rights.js";
import type { Platform } from "../../base/platform.js";
import { loadDriver, type SqliteDatabase } from "./driver.js";
import { describeFault, errcodeOf, isBusy } from "./faults.js";
import { migrations, oldestVersion, schemaVersion, toLayout } from "./layout.js";
import { attemptBlocking } from "./retry.js";
import { applicationId, schema } from "./schema.js";

const privateMode = 0o600;

const othersMayWrite = 0o022;

const notADatabase = 26;

/** The size to which SQLite truncates a write-ahead log that has grown because of a long reader. */
const keptLogBytes = 16 * 1024 * 1024;

export interface OpenOptions {
  readonly platform: Platform;
  /** How long to try while other processes keep the database locked. The process stands still meanwhile. */
  readonly deadlineMs: number;
  /** Make the database if it is missing. */
  readonly create: boolean;
  /** Called when the file had an older layout. */
  readonly onWarning: (message: string) => void;
}

/**
 * Opens the database, and makes it with mode 0600 if it is missing; SQLite gives `-wal` and `-shm` the same mode.
 *
 * @throws {AuthError} `invalid_options` for a file that is not a database of Sallyport, has a newer schema, or may be
 *   written by other users, and for one that is missing or empty where none is to be made; `unavailable` when other
 *   processes keep it locked for longer than `deadlineMs`
 */
export function openDatabase(path: string, { platform, deadlineMs, create, onWarning }: OpenOptions): SqliteDatabase {
  const { DatabaseSync } = loadDriver();
  if (path !== ":memory:") {
    if (create) makeFile(path);
    requireFile(path, create);
  }
  let database: SqliteDatabase | undefined;
  try {
    const opened = new DatabaseSync(path, { timeout: 0 });
    database = opened;
    const before = attemptBlocking(() => prepareDatabase(opened, path), platform, deadlineMs);
    if (before !== undefined) {
      onWarning(
        `the session database ${path} was changed from layout ${before} to ${schemaVersion}; processes of the version before go on, ` +
          (before < oldestVersion ? "and cannot open it when they start again" : "also when they start again"),
      );
    }
    return opened;
  } catch (error) {
    database?.close();
    throw toOpenError(error, path);
  }
}

function makeFile(path: string): void {
  try {
    // An existing file is not opened here: closing any descriptor of a database drops all locks that this process has
    // on it.
    closeSync(openSync(path, "wx", privateMode));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") throw new AuthError("invalid_options", `the folder of ${path} does not exist; create it`);
    if (code !== "EEXIST") throw new AuthError("invalid_options", `${path} cannot be created (${code})`);
  }
}

export function requireFile(path: string, mayBeEmpty: boolean): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new AuthError(
      "invalid_options",
      `there is no database at ${path}; give the path of the one that the server uses, which makes it when it starts`,
    );
  }
  if (!stats.isFile()) {
    throw new AuthError("invalid_options", `${path} is not a file; give the path of one, such as ./sessions.db`);
  }
  if (stats.size === 0 && !mayBeEmpty) {
    throw new AuthError("invalid_options", `the file ${path} is empty; put the database there, or delete the file`);
  }
  const { mode } = stats;
  // A user who may write the file could make themselves a session. Windows has no such mode bits.
  if (grants(mode, othersMayWrite)) {
    throw new AuthError("invalid_options", `${path} may be written by other users; run: chmod 600 ${path}`);
  }
}

/** Returns the layout that the file had, if it was an older one. */
function prepareDatabase(database: SqliteDatabase, path: string): number | undefined {
  const pragma = (name: string): unknown =>
    Object.values(database.prepare(`pragma ${name}`).get() as Record<string, unknown>)[0];
  database.exec("pragma busy_timeout = 0; pragma trusted_schema = off");
  // In one transaction, since another process may be making the tables now.
  transact(database, "begin", () => requireOurs(database, pragma, path));
  const journal = pragma("journal_mode = wal");
  if (journal !== "wal" && path !== ":memory:") {
    throw new AuthError("invalid_options", `${path} is on a file system without shared memory; put it on a local disk`);
  }
  database.exec(`pragma journal_size_limit = ${keptLogBytes}; pragma synchronous = normal`);
  if (toLayout(Number(pragma("user_version"))).version >= schemaVersion) return undefined;
  let before = 0;
  transact(database, "begin immediate", () => {
    // Read again, since another process may have made or migrated the tables meanwhile.
    before = toLayout(Number(pragma("user_version"))).version;
    if (before === 0) database.exec(schema);
    for (let version = before; migrations.has(version); version++) database.exec(migrations.get(version) ?? "");
  });
  return before === 0 || before >= schemaVersion ? undefined : before;
}

function transact(database: SqliteDatabase, begin: string, action: () => void): void {
  database.exec(begin);
  try {
    action();
    database.exec("commit");
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

export function requireOurs(database: SqliteDatabase, pragma: (name: string) => unknown, path: string): void {
  const id = pragma("application_id");
  const isEmpty = database.prepare("select name from sqlite_schema limit 1").get() === undefined;
  if (id !== applicationId && !(id === 0 && isEmpty)) {
    throw new AuthError("invalid_options", `${path} is a database of another program; give another path`);
  }
  const { version, oldest } = toLayout(Number(pragma("user_version")));
  if (oldest > schemaVersion) {
    throw new AuthError(
      "invalid_options",
      `${path} has layout ${version} of a newer version of sallyport, and this one knows ${schemaVersion}; update sallyport, ` +
        "or restore a backup of before the update, or begin with an empty file",
    );
  }
}

export function toOpenError(error: unknown, path: string): AuthError {
  if (error instanceof AuthError) return error;
  if (isBusy(error)) return new AuthError("unavailable", `other processes kept ${path} locked`, { cause: error });
  const what =
    errcodeOf(error) === notADatabase ? "is not a SQLite database" : `cannot be opened: ${describeFault(error)}`;
  return new AuthError("invalid_options", `${path} ${what}`, { cause: error });
}
