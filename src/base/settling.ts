import type { FileState } from "./file-version.js";
import type { Platform } from "./platform.js";

/**
 * How long a changed file must have stayed as it is before its content is used, in milliseconds: the longest pause of an
 * editor or a copy between two writes of one file. A half of a file can be valid and mean something else, such as a
 * list of revoked users that breaks off. A writer that pauses for longer must replace the file by rename.
 */
export const settleMs = 1_000;

/** Returns how long a file must still stay as it is, in milliseconds; 0 when its content may be used. */
export type Settling = (state: FileState) => number;

/**
 * Makes the judge of one file, or of several as one state. A file counts as complete when it has not changed for
 * `settleMs`, by what was seen at the looks, or by the time of its last change: a file that is looked at once an hour
 * needs no second look.
 */
export function createSettling(platform: Platform): Settling {
  let seen: string | undefined;
  let seenAt = 0;
  return function leftMs({ version, changedAt }) {
    const now = platform.monotonic();
    if (version !== seen) {
      seen = version;
      seenAt = now;
    }
    return Math.max(0, settleMs - Math.max(now - seenAt, platform.now() - changedAt));
  };
}
