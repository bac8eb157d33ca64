import type { Platform } from "../../base/platform.js";
import { maxLoginMs } from "../../model/session.js";
import { maxRecords, type RecordKind } from "../../model/store.js";
import type { SqliteConnection } from "./connection.js";
import type { SqliteDatabase } from "./driver.js";

/**
 * The rows that one transaction touches, about 3 ms: other writers and this event loop continue between two of them.
 */
const batch = 500;

const recordKinds: readonly RecordKind[] = ["account-budget", "source-budget"];

/** Makes `purge` of the store contract. */
export function createPurge(
  database: SqliteDatabase,
  connection: SqliteConnection,
  platform: Platform,
  most: number = maxRecords,
): (limit: number) => Promise<number> {
  const postpone = database.prepare(`update sessions set check_at = removable_at where id in
    (select id from sessions where check_at <= ?1 and removable_at > ?1 order by check_at limit ?2)`);
  const removeSessions = database.prepare(`delete from sessions where id in
    (select id from sessions where check_at <= ?1 and removable_at <= ?1 order by check_at limit ?2)`);
  const removeProofs = database.prepare(`delete from proofs where (kind, id) in
    (select kind, id from proofs where over_at <= ?1 order by over_at limit ?2)`);
  const postponeRecords = database.prepare(`update records set check_at = over_at where (kind, id) in
    (select kind, id from records where check_at <= ?1 and over_at > ?1 order by check_at limit ?2)`);
  const removeRecords = database.prepare(`delete from records where (kind, id) in
    (select kind, id from records where check_at <= ?1 and over_at <= ?1 order by check_at limit ?2)`);
  const countRecords = database.prepare("select count(*) as count from records where kind = ?");
  const removeExcess = database.prepare(`delete from records where (kind, id) in
    (select kind, id from records where kind = ?1 order by over_at limit ?2)`);
  const forgetEnds = database.prepare(`delete from ends where id in
    (select id from ends where at < ?1 order by at limit ?2)`);

  const pause = (): Promise<void> => new Promise((resolve) => void platform.delay(1, resolve, true));
  const run = async (statement: typeof postpone, first: number | string, limit: number): Promise<number> => {
    let count = 0;
    for (;;) {
      const wanted = Math.min(batch, limit - count);
      const changes = await connection.writeOne(false, () => Number(statement.run(first, wanted).changes));
      count += changes;
      if (changes < wanted || count >= limit) return count;
      await pause();
    }
  };

  return async (limit) => {
    const now = platform.now();
    // A log-in that a mark covers takes at most `maxLoginMs`, so older marks are not needed.
    await run(forgetEnds, now - maxLoginMs, Number.POSITIVE_INFINITY);
    await run(postpone, now, Number.POSITIVE_INFINITY);
    await run(postponeRecords, now, Number.POSITIVE_INFINITY);
    let count = 0;
    for (const removal of [removeSessions, removeProofs, removeRecords])
      count += await run(removal, now, limit - count);
    for (const kind of recordKinds) {
      const { count: kept } = (await connection.read(() => countRecords.get(kind))) as { readonly count: number };
      count += await run(removeExcess, kind, Math.min(limit - count, Math.max(0, kept - most)));
    }
    return count;
  };
}
