import type { RecordKind } from "../../model/store.js";
import type { SqliteConnection } from "./connection.js";
import type { SqliteDatabase } from "./driver.js";
import type { RunSteps, Step } from "./steps.js";

const recordKinds: readonly RecordKind[] = ["account-budget", "source-budget"];

/** Entries of an index that are counted in the time in which one row is removed. */
const countFactor = 20;

type Place = readonly [checkAt: number, kind: string, id: string];

/** Where a walk over the records of a kind is. It goes on with the next purge. */
interface Walk {
  /** The last id that was counted; `undefined` when all are. */
  readonly counted: string | undefined;
  readonly count: number;
  /** The last record that was looked at for removal. */
  readonly place: Place;
  readonly isOver: boolean;
}

const newWalk: Walk = { counted: "", count: 0, place: [Number.MIN_SAFE_INTEGER, "", ""], isOver: false };

/**
 * Makes the part of a purge that removes the records of a kind beyond the most that are kept: those that expire first.
 *
 * Records are walked in the order of `check_at`, which is never later than `over_at`: one that was written since moves to
 * its place of today, and one that stands there is the next that expires. So no step sorts them all.
 */
export function createExcess(
  database: SqliteDatabase,
  connection: SqliteConnection,
  runSteps: RunSteps,
  most: number,
): (limit: number) => Promise<number> {
  const countSome = database.prepare(
    "select count(*) as count, max(id) as last from (select id from records where kind = ? and id > ? order by id limit ?)",
  );
  const next = database.prepare(`select check_at, kind, id, over_at from records
    where (check_at, kind, id) > (?, ?, ?) order by check_at, kind, id limit ?`);
  next.setReturnArrays(true);
  const remove = database.prepare("delete from records where kind = ? and id = ?");
  const postpone = database.prepare("update records set check_at = over_at where kind = ? and id = ?");
  const walks = new Map(recordKinds.map((kind) => [kind, newWalk]));
  const walkOf = (kind: RecordKind): Walk => walks.get(kind) ?? newWalk;

  async function count(kind: RecordKind, size: number): Promise<Step> {
    const walk = walkOf(kind);
    const some = size * countFactor;
    const found = (await connection.read(() => countSome.get(kind, walk.counted ?? "", some))) as {
      readonly count: number;
      readonly last: string | null;
    };
    const isLast = found.count < some;
    const counted = isLast ? undefined : (found.last ?? undefined);
    walks.set(kind, { ...walk, counted, count: walk.count + found.count });
    return { seen: isLast ? 0 : size, removed: 0 };
  }

  /** Returns how many were removed, and where the walk is when that is committed. */
  function removeSome(kind: RecordKind, size: number): { readonly removed: number; readonly walk: Walk } {
    const walk = walkOf(kind);
    const rows = next.all(...walk.place, size) as (readonly [...Place, overAt: number])[];
    let { place } = walk;
    let removed = 0;
    /** Where the first of those that moved stands now: beyond it the rows were read before it stood there. */
    let firstMoved = Number.POSITIVE_INFINITY;
    for (const [checkAt, rowKind, id, overAt] of rows) {
      if (walk.count - removed <= most || checkAt >= firstMoved) break;
      place = [checkAt, rowKind, id];
      if (rowKind !== kind) continue;
      if (overAt > checkAt) {
        postpone.run(kind, id);
        firstMoved = Math.min(firstMoved, overAt);
      } else {
        remove.run(kind, id);
        removed += 1;
      }
    }
    const left = walk.count - removed;
    return { removed, walk: { ...walk, count: left, place, isOver: left <= most || rows.length === 0 } };
  }

  return async (limit) => {
    let removed = 0;
    for (const kind of recordKinds) {
      if (removed >= limit) break;
      if (walkOf(kind).counted !== undefined) await runSteps(Number.POSITIVE_INFINITY, (size) => count(kind, size));
      if (walkOf(kind).counted !== undefined) continue; // too many to count in one purge
      removed += await runSteps(limit - removed, async (size) => {
        const done = await connection.write(false, () => removeSome(kind, size));
        walks.set(kind, done.walk);
        return { seen: done.walk.isOver ? 0 : size, removed: done.removed };
      });
      if (walkOf(kind).isOver) walks.set(kind, newWalk);
    }
    return removed;
  };
}
