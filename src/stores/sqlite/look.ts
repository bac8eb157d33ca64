import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { loadDriver } from "./driver.js";
import { requireFile, requireOurs, toOpenError } from "./file.js";
import { schemaVersion, toLayout } from "./layout.js";
import { createAttempt } from "./retry.js";

/**
 * Looks whether a database can be opened and written, and changes nothing in it: no layout, no row.
 *
 * @param deadlineMs how long to try while another process holds the write lock
 * @returns the layout that it has, and the one that this version makes
 * @throws {AuthError} as `openDatabase` does with `create: false`, and `unavailable` when it cannot be written
 */
export async function lookAtDatabase(
  path: string,
  platform: Platform,
  deadlineMs: number,
): Promise<{ readonly layout: number; readonly latest: number }> {
  const { DatabaseSync } = loadDriver();
  requireFile(path, false);
  try {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      const pragma = (name: string): unknown =>
        Object.values(database.prepare(`pragma ${name}`).get() as Record<string, unknown>)[0];
      database.exec("pragma trusted_schema = off");
      return await createAttempt(
        platform,
        deadlineMs,
      )(() => {
        requireOurs(database, pragma, path);
        // Takes the write lock, for which the log beside the file must be writable, and gives it back.
        database.exec("begin immediate; rollback");
        return { layout: toLayout(Number(pragma("user_version"))).version, latest: schemaVersion };
      });
    } finally {
      database.close();
    }
  } catch (error) {
    throw error instanceof AuthError ? error : toOpenError(error, path);
  }
}
