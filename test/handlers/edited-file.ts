import type { Platform } from "../../src/base/platform.js";
import { createWorld } from "../world.js";

/** A file that a handler under test reads again, and the clock by which it looks. */
export interface EditedFile {
  readonly platform: Platform;
  /** Writes a new file, and returns its path. */
  create(text: string): string;
  /** Writes the newest file anew, and turns the clock until the edit must have been seen. */
  edit(text: string): void;
}

/** @param write writes a file, a new one without `path`, and returns its path */
export function createEditedFile(write: (text: string, path?: string) => string): EditedFile {
  const { platform, advance } = createWorld();
  let path = "";
  return {
    platform,
    create(text) {
      path = write(text);
      return path;
    },
    edit(text) {
      write(text, path);
      advance(4_000);
    },
  };
}
