import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { Platform } from "./platform.js";

/**
 * Makes a random name beside `path` for a file that will replace it. A process id would not be unique, since two
 * containers that share a folder may have the same.
 */
export function toDraftPath(path: string, platform: Platform): string {
  return `${path}.${Buffer.from(platform.random(8)).toString("hex")}.tmp`;
}

/**
 * Writes a complete file beside `path` that only its owner may read. The file is flushed, since a renamed file whose
 * content has not reached the disk is empty after a power cut.
 *
 * @param finish called with the descriptor of the complete draft, before it is closed
 * @returns the draft's path: the caller renames or links it, and removes it if that fails
 * @throws as `writeFileSync` and `finish` do; then no draft is left
 */
export function writeDraft(
  path: string,
  text: string,
  platform: Platform,
  finish?: (descriptor: number) => void,
): string {
  const draft = toDraftPath(path, platform);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(draft, "wx", 0o600);
    writeFileSync(descriptor, text);
    finish?.(descriptor);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
  return draft;
}
