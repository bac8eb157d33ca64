import { type BigIntStats, statSync } from "node:fs";
import type { Platform } from "../platform.js";

/** A person does not notice; two looks must agree, so an edit is taken after half a second. */
const lookEveryMs = 250;

/**
 * Calls back after the file has changed and then stayed as it is for one look, so that a half-written one is not read.
 *
 * It looks instead of being told: editors and orchestrators replace the file, a link to it or a directory above, which
 * each need another watch; a watch of the directory would wake for every write of a database beside it; and network file
 * systems tell nothing. A look costs some microseconds.
 *
 * @returns a function that stops it.
 */
export function watchFile(path: string, platform: Platform, onChange: () => void): () => void {
  let taken = versionOf(path);
  let seen = taken;
  let cancel = platform.delay(lookEveryMs, look);

  function look(): void {
    cancel = platform.delay(lookEveryMs, look);
    const now = versionOf(path);
    const isSettled = now === seen;
    seen = now;
    if (!isSettled || now === taken) return;
    taken = now;
    onChange();
  }

  return () => cancel();
}

function versionOf(path: string): string {
  let stats: BigIntStats | undefined;
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A directory above cannot be entered now: the same to us.
  }
  return stats === undefined ? "gone" : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}
