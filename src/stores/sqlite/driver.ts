import { createRequire } from "node:module";
import { AuthError } from "../../base/errors.js";

/** The part of `node:sqlite` and `@photostructure/sqlite`, which have the same API, that the store uses. */
export interface SqliteDatabase {
  readonly isTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  close(): void;
}

export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
  /** Makes `get` and `all` return rows as arrays of columns, so that no object is built for each. */
  setReturnArrays(on: boolean): void;
}

export type SqliteValue = string | number | null;

interface Driver {
  readonly DatabaseSync: new (path: string, options: { readonly timeout: number }) => SqliteDatabase;
}

/**
 * The oldest safe SQLite. Before 3.51.3 two connections that write and checkpoint at once can corrupt a WAL database
 * (the WAL-reset bug).
 */
const oldestSafe = [3, 51, 3] as const;

const remedy = "run: npm install @photostructure/sqlite@1.2.1";

/**
 * Loads `node:sqlite` from Node 24 on, where it prints no warning, if its SQLite is safe; else
 * `@photostructure/sqlite`, whose binary is inside the package.
 *
 * @throws {AuthError} `invalid_options` with the package to install
 */
export function loadDriver(): Driver {
  const require = createRequire(import.meta.url);
  const builtIn = Number.parseInt(process.versions.node, 10) >= 24 ? "node:sqlite" : undefined;
  const refusals: string[] = [];
  for (const name of [builtIn, "@photostructure/sqlite"]) {
    if (name === undefined) continue;
    try {
      const driver = require(name) as Driver;
      const version = versionOf(driver);
      if (isSafe(version)) return driver;
      refusals.push(
        `${name} has SQLite ${version}, older than ${oldestSafe.join(".")}, which can corrupt a shared file`,
      );
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      refusals.push(code === "MODULE_NOT_FOUND" ? `${name} is not installed` : `${name} does not load (${code})`);
    }
  }
  throw new AuthError("invalid_options", `sqlite() has no usable driver: ${refusals.join("; ")}; ${remedy}`);
}

/** Whether a version of SQLite is at least 3.51.3. */
export function isSafe(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, least] of oldestSafe.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function versionOf(driver: Driver): string {
  const database = new driver.DatabaseSync(":memory:", { timeout: 0 });
  try {
    const row = database.prepare("select sqlite_version() as version").get() as { readonly version: string };
    return row.version;
  } finally {
    database.close();
  }
}
