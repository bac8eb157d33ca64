import { type BigIntStats, statSync } from "node:fs";

/** The state of a file at one look. */
export interface FileState {
  /** A text that differs when the file has changed. See `fileVersion`. */
  readonly version: string;
  /**
   * When the file was last written, replaced or given other rights, in milliseconds since 1970 by the clock of its file
   * system. `Infinity` when it is gone: no clock says since when.
   */
  readonly changedAt: number;
}

const gone: FileState = Object.freeze({ version: "gone", changedAt: Number.POSITIVE_INFINITY });

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
  return fileState(path).version;
}

/** Returns `fileVersion` and the time of the last change. */
export function fileState(path: string): FileState {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? gone : toFileState(stats);
  } catch {
    return gone;
  }
}

/** Returns the version of an open file, from its `stat`. */
export function toFileVersion({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

/**
 * Returns the state of an open file, from its `stat`. The time is that of the inode, which each write sets, and which no
 * tool that copies times can set back.
 */
export function toFileState(stats: BigIntStats): FileState {
  return { version: toFileVersion(stats), changedAt: Number(stats.ctimeNs / 1_000_000n) };
}

/** Returns the state of several files as one: it has changed when one of them has. */
export function jointState(paths: readonly string[]): FileState {
  const states = paths.map(fileState);
  return {
    version: states.map(({ version }) => version).join(),
    changedAt: Math.max(...states.map(({ changedAt }) => changedAt)),
  };
}
