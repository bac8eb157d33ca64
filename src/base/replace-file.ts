import { fchmodSync, fchownSync, fstatSync, lstatSync, realpathSync, renameSync, rmSync } from "node:fs";
import { writeDraft } from "./draft-file.js";
import { AuthError } from "./errors.js";
import type { FileOwnership } from "./file-rights.js";
import type { Platform } from "./platform.js";

/** The file that is to be replaced, as its descriptor said when it was read. */
export interface ReplacedFile extends FileOwnership {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
}

/**
 * Replaces the content of a file in one step, so that no reader sees half of it. Mode, owner and group stay: the process
 * that reads it may be of another user than the command that writes it. A symbolic link stays, too.
 *
 * Root may run this in a folder of a service, whose user can put links into it at any moment: so rights are given by the
 * descriptor of the draft, and only the file that was read is replaced.
 *
 * @param before the file that was read; `undefined` when there is none, and then it is made with mode 0600
 * @throws {AuthError} `invalid_options`, with nothing changed, when this user may not keep the owner, or the file is
 *   another one by now
 * @throws as `writeFileSync` and `renameSync` do; then nothing has changed, and no draft is left
 */
export function replaceFile(path: string, before: ReplacedFile | undefined, text: string, platform: Platform): void {
  const target = before === undefined ? path : realpathSync(path);
  if (before !== undefined) requireSame(lstatSync(target), before, path);
  const draft = writeDraft(target, text, platform, (descriptor) => {
    if (before !== undefined) keepRights(descriptor, before, target);
  });
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function requireSame(now: ReplacedFile, before: ReplacedFile, path: string): void {
  if (Number(now.dev) === Number(before.dev) && Number(now.ino) === Number(before.ino)) return;
  throw new AuthError("invalid_options", `${path} was replaced meanwhile; run this again`);
}

function keepRights(draft: number, before: FileOwnership, path: string): void {
  const [mode, uid, gid] = [before.mode, before.uid, before.gid].map(Number) as [number, number, number];
  fchmodSync(draft, mode & 0o777);
  const made = fstatSync(draft);
  if (made.uid === uid && made.gid === gid) return;
  try {
    fchownSync(draft, uid, gid);
  } catch {
    // Only root may give a file away. The group of a file that no group may use does not matter.
    if (made.uid === uid && (mode & 0o070) === 0) return;
    throw new AuthError(
      "invalid_options",
      `${path} belongs to user ${uid} and group ${gid}, and would not any more: run this as that user, or as root`,
    );
  }
}
