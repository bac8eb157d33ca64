import { chmodSync, chownSync, realpathSync, renameSync, rmSync, type Stats, statSync } from "node:fs";
import { writeDraft } from "./draft-file.js";
import { AuthError } from "./errors.js";
import type { Platform } from "./platform.js";

/**
 * Replaces the content of a file in one step, so that no reader sees half of it. Mode, owner and group stay: the process
 * that reads it may be of another user than the command that writes it. A symbolic link stays, too.
 *
 * @param before the file as it is; `undefined` when there is none, and then it is made with mode 0600
 * @throws {AuthError} `invalid_options`, with nothing changed, when this user may not keep the owner
 * @throws as `writeFileSync` and `renameSync` do; then nothing has changed, and no draft is left
 */
export function replaceFile(path: string, before: Stats | undefined, text: string, platform: Platform): void {
  const target = before === undefined ? path : realpathSync(path);
  const draft = writeDraft(target, text, platform);
  try {
    if (before !== undefined) keepRights(draft, before, target);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function keepRights(draft: string, { mode, uid, gid }: Stats, path: string): void {
  chmodSync(draft, mode & 0o777);
  const made = statSync(draft);
  if (made.uid === uid && made.gid === gid) return;
  try {
    chownSync(draft, uid, gid);
  } catch {
    // Only root may give a file away. The group of a file that no group may use does not matter.
    if (made.uid === uid && (mode & 0o070) === 0) return;
    throw new AuthError(
      "invalid_options",
      `${path} belongs to user ${uid} and group ${gid}, and would not any more: run this as that user, or as root`,
    );
  }
}
