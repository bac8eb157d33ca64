import { type BigIntStats, statSync } from "node:fs";

/**
 * Returns a text that differs when the file at `path` has changed: it was written, replaced, moved away or given other
 * rights, or a link in its path was changed. It costs one `stat`, some microseconds.
 *
 * Size and times alone would miss a file that replaces another of the same size within a tick of the clock; the inode
 * tells the two apart.
 *
 * @returns `"gone"` for a file that is not there, and for one that cannot be looked at, such as in a folder that may not
 *   be entered: the attempt to read it says why.
 */
export function fileVersion(path: string): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? "gone" : toFileVersion(stats);
  } catch {
    return "gone";
  }
}

/** Returns the version of an open file, from its `stat`. */
export function toFileVersion({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}
