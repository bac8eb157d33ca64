import { rmSync, writeFileSync } from "node:fs";
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
 * @returns the draft's path: the caller renames or links it, and removes it if that fails
 * @throws as `writeFileSync` does; then no draft is left
 */
export function writeDraft(path: string, text: string, platform: Platform): string {
  const draft = toDraftPath(path, platform);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return draft;
}
