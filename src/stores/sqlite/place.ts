import { realpathSync, rmSync, statSync } from "node:fs";

/** The files beside a database in WAL mode, which belong to it as long as it is open. */
const sides = ["-wal", "-shm"] as const;

/** Which files stand at the path of a database, and beside it, when it was opened. */
export interface Place {
  /** Whether the file at the path is still the one that was opened. It costs one `stat`, some microseconds. */
  holds(): boolean;
  /** Whether a file beside the database that is at the path now is still that of the one that was opened. */
  hasOwnSides(): boolean;
  /** Whether the file is the one that was opened, also after its number was free for others to take. */
  isSame(): boolean;
  /** Whether the file itself is gone from where it was, or another one is there: not where a link was turned to another file. */
  taken(): "gone" | "replaced" | undefined;
  /**
   * Removes the files beside the path that belong to the database that was opened. Another database at the path would
   * take their pages for its own: <https://sqlite.org/howtocorrupt.html> §1.4.
   */
  removeSides(): void;
}

/**
 * Returns what tells one file from another: device and inode. No other file can get them while this one is open. `undefined`
 * when there is no file, or none that this process can see.
 */
export function fileId(path: string): string | undefined {
  return look(path)?.id;
}

function look(path: string): { readonly id: string; readonly bornAt: bigint } | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && { id: `${stats.dev}:${stats.ino}`, bornAt: stats.birthtimeNs };
  } catch {
    return undefined;
  }
}

/** Returns the path behind symbolic links: SQLite puts `-wal` and `-shm` beside the file, not beside a link to it. */
export function toRealPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Takes down the files of a database that is open. */
export function takePlace(path: string): Place {
  const file = look(path);
  const real = toRealPath(path);
  const own = sides.map((side) => ({ path: real + side, id: fileId(real + side) }));
  const isOwn = (side: (typeof own)[number]): boolean => side.id !== undefined && fileId(side.path) === side.id;
  return {
    holds: () => fileId(path) === file?.id,
    hasOwnSides: () => toRealPath(path) === real && own.some(isOwn),
    isSame() {
      const now = look(path);
      return now?.id === file?.id && now?.bornAt === file?.bornAt;
    },
    taken() {
      const now = fileId(real);
      return now === undefined ? "gone" : now === file?.id ? undefined : "replaced";
    },
    removeSides() {
      for (const side of own) if (isOwn(side)) tryToRemove(side.path);
    },
  };
}

/** What cannot be removed stands in the way of the next opening, whose refusal names it. */
function tryToRemove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder may not be written any more.
  }
}
