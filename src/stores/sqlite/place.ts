import { rmSync, statSync } from "node:fs";

/** The files beside a database in WAL mode, which belong to it as long as it is open. */
const sides = ["-wal", "-shm"] as const;

/** Which files stand at the path of a database, and beside it, when it was opened. */
export interface Place {
  /** Whether the file at the path is still the one that was opened. It costs one `stat`, some microseconds. */
  holds(): boolean;
  /** Whether a file beside the path is still that of the database that was opened. */
  hasOwnSides(): boolean;
  /** Whether the file is the one that was opened, also after its number was free for others to take. */
  isSame(): boolean;
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

/** Takes down the files of a database that is open. */
export function takePlace(path: string): Place {
  const file = look(path);
  const own = sides.map((side) => ({ path: path + side, id: fileId(path + side) }));
  const isOwn = (side: (typeof own)[number]): boolean => side.id !== undefined && fileId(side.path) === side.id;
  return {
    holds: () => fileId(path) === file?.id,
    hasOwnSides: () => own.some(isOwn),
    isSame() {
      const now = look(path);
      return now?.id === file?.id && now?.bornAt === file?.bornAt;
    },
    removeSides() {
      for (const side of own) if (isOwn(side)) rmSync(side.path, { force: true });
    },
  };
}
