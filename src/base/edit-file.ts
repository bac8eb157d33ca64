import { closeSync, openSync, realpathSync, rmSync, statSync } from "node:fs";
import { AuthError } from "./errors.js";
import type { Platform } from "./platform.js";
import { readRegularFile } from "./read-regular-file.js";
import { replaceFile } from "./replace-file.js";

/**
 * Edits a text file in one step, so that no reader sees half of it, and under a lock, so that two commands do not lose an
 * edit. Mode, owner, group, a symbolic link and a byte order mark stay.
 *
 * @param change gets the text, or `undefined` when there is no file; returns the new text. What it throws leaves the file as
 *   it was; the same text does, too
 * @throws {AuthError} `invalid_options` when the file cannot be read or replaced, is not UTF-8, or is edited by another
 *   command
 */
export function editFile(path: string, platform: Platform, change: (text: string | undefined) => string): void {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const unlock = lock(`${isThere ? realpathSync(path) : path}.lock`);
  try {
    // Read under the lock: another command may have made or replaced the file before.
    const read = readRegularFile(path);
    if ("fault" in read && read.code !== "ENOENT") throw new AuthError("invalid_options", read.fault);
    const found = "fault" in read ? undefined : read;
    const whole = found && decodeText(found.bytes, path);
    const mark = whole?.startsWith("\uFEFF") ? "\uFEFF" : "";
    const before = whole?.slice(mark.length);
    const next = change(before);
    if (next !== before) replaceFile(path, found?.stats, mark + next, platform);
  } finally {
    unlock();
  }
}

/** What is not UTF-8 would be lost where the text is written back. */
function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new AuthError("invalid_options", `${path} is not UTF-8. Save it as UTF-8`);
  }
}

function lock(path: string): () => void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const remedy =
      code === "EEXIST" ? "another command edits the file now. If there is none, remove that file" : `${code}`;
    throw new AuthError("invalid_options", `cannot make ${path}: ${remedy}`);
  }
  return () => rmSync(path, { force: true });
}
