import type { Platform } from "../../base/platform.js";
import { maxLoginMs } from "../../model/session.js";
import { maxRecords } from "../../model/store.js";
import type { SqliteConnection } from "./connection.js";
import type { SqliteDatabase, SqliteStatement } from "./driver.js";
import { createExcess } from "./excess.js";
import { createSteps, type Step } from "./steps.js";

export interface PurgeOptions {
  /** The most records of one kind that are kept. */
  readonly most?: number | undefined;
  /** Called between two steps, of which none runs until it resolves. */
  readonly checkpoint?: (() => Promise<void>) | undefined;
}

/**
 * Makes `purge` of the store contract. Each step looks at the rows whose `check_at` has come, the earliest first: those that
 * are over are removed, and those that were used since get their `check_at` of today. So no step walks over rows that
 * another one has to remove, however many there are.
 */
export function createPurge(
  database: SqliteDatabase,
  connection: SqliteConnection,
  platform: Platform,
  { most = maxRecords, checkpoint = async () => {} }: PurgeOptions = {},
): (limit: number) => Promise<number> {
  const runSteps = createSteps(platform, checkpoint);
  const removeExcess = createExcess(database, connection, runSteps, most);

  /** Removes the rows that `removal` finds for an instant. */
  const removing =
    (removal: SqliteStatement, instant: number) =>
    async (size: number): Promise<Step> => {
      const removed = await connection.writeOne(false, () => Number(removal.run(instant, size).changes));
      return { seen: removed, removed };
    };
  /** Postpones what was used since, and removes the rest. */
  const checking = (postponement: SqliteStatement, removal: SqliteStatement, now: number) => (size: number) =>
    Promise.resolve(
      connection.write(false, (): Step => {
        const postponed = Number(postponement.run(now, size).changes);
        const removed = postponed === size ? 0 : Number(removal.run(now, size - postponed).changes);
        return { seen: postponed + removed, removed };
      }),
    );

  const dueSessions = "select id from sessions where check_at <= ?1 order by check_at limit ?2";
  const dueRecords = "select kind, id from records where check_at <= ?1 order by check_at limit ?2";
  const postponeSessions = database.prepare(
    `update sessions set check_at = removable_at where id in (${dueSessions}) and removable_at > ?1`,
  );
  const removeSessions = database.prepare(`delete from sessions where id in (${dueSessions}) and removable_at <= ?1`);
  const postponeRecords = database.prepare(
    `update records set check_at = over_at where (kind, id) in (${dueRecords}) and over_at > ?1`,
  );
  const removeRecords = database.prepare(`delete from records where (kind, id) in (${dueRecords}) and over_at <= ?1`);
  const removeProofs = database.prepare(`delete from proofs where (kind, id) in
    (select kind, id from proofs where over_at <= ?1 order by over_at limit ?2)`);
  const forgetEnds = database.prepare(`delete from ends where id in
    (select id from ends where at < ?1 order by at limit ?2)`);

  return async (limit) => {
    const now = platform.now();
    // A log-in that a mark covers takes at most `maxLoginMs`, so older marks are not needed.
    await runSteps(Number.POSITIVE_INFINITY, removing(forgetEnds, now - maxLoginMs));
    let count = 0;
    for (const step of [
      checking(postponeSessions, removeSessions, now),
      removing(removeProofs, now),
      checking(postponeRecords, removeRecords, now),
    ]) {
      count += await runSteps(limit - count, step);
    }
    return count + (await removeExcess(limit - count));
  };
}
