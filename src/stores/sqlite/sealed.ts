import type { Platform } from "../../base/platform.js";
import type { SealedStore } from "../../model/sealed.js";
import type { SqliteConnection } from "./connection.js";
import type { SqliteDatabase } from "./driver.js";

const isLive = "ref = ? and revoked_at is null and over_at > ?";

/** Makes the operations on what fronts keep beside sessions. */
export function createSealed(
  database: SqliteDatabase,
  { read, writeOne }: SqliteConnection,
  platform: Platform,
): SealedStore {
  const load =
    database.prepare(`select coalesce(sealed.version, 0), content, coalesce(lease_until, 0), not (${isLive}) from sessions
    left join sealed on session = id and name = ? where ref = ?`);
  load.setReturnArrays(true);
  const add = database.prepare(`insert into sealed (session, name, version, content, lease_until)
    select id, ?, 1, ?, ? from sessions where ${isLive} on conflict (session, name) do nothing`);
  const swap = database.prepare(`update sealed set version = version + 1, content = ?, lease_until = ?
    where name = ? and version = ? and session = (select id from sessions where ${isLive})`);

  return {
    loadSealed: (ref, name) =>
      read(() => {
        const now = platform.now();
        const columns = load.get(ref, now, name, ref) as readonly [number, string | null, number, number] | undefined;
        return (
          columns && {
            version: columns[0],
            content: columns[1] ?? undefined,
            leaseMs: Math.max(0, columns[2] - now),
            isOver: columns[3] === 1,
          }
        );
      }),
    swapSealed: (ref, name, version, content, leaseMs) =>
      writeOne(false, () => {
        const now = platform.now();
        const text = content ?? null;
        const { changes } =
          version === 0
            ? add.run(name, text, now + leaseMs, ref, now)
            : swap.run(text, now + leaseMs, name, version, ref, now);
        return Number(changes) === 1;
      }),
  };
}
