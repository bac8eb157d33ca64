import { close, fdatasync, fstatSync, openSync, readSync, type Stats, stat, write } from "node:fs";
import { AuthError } from "../../base/errors.js";
import { grants } from "../../base/file-rights.js";
import type { Platform } from "../../base/platform.js";

/** How long it may take to notice that the file was moved away. */
const lookEveryMs = 1_000;

/**
 * Opens a file to append lines to, by one writer at a time. When the path names another file or none, because logs are
 * rotated, the path is opened again.
 *
 * @param fsync wait for the disk after each append
 * @throws {AuthError} `invalid_options` when the file cannot be opened, or every user of the machine may write it
 */
export function openAppendFile(path: string, fsync: boolean, platform: Platform): Appendable {
  let file = openFile(path);
  let lookedAt = platform.monotonic();
  let stale = false;

  /**
   * Opens the path again if needed. The new file is open before the old one is closed, so that no write under way loses
   * its descriptor.
   */
  async function follow(): Promise<void> {
    const isDue = platform.monotonic() - lookedAt >= lookEveryMs;
    if (!stale && !isDue) return;
    lookedAt = platform.monotonic();
    const named = await new Promise<Stats | undefined>((resolve) =>
      stat(path, (error, found) => resolve(error ? undefined : found)),
    );
    if (!stale && named !== undefined && named.ino === file.ino && named.dev === file.dev) return;
    stale = true; // until the new file is open: a record in no file must not count as written
    const before = file.descriptor;
    file = openFile(path);
    stale = false;
    await closeFile(before);
  }

  return {
    async append(text) {
      await follow();
      // An incomplete line, left by a full disk or a killed process, is ended first.
      const bytes = Buffer.from(file.torn ? `\n${text}` : text);
      file.torn = true;
      for (let at = 0; at < bytes.length; ) at += await writeSome(file.descriptor, bytes, at);
      file.torn = false;
      if (fsync) await sync(file.descriptor);
    },
    reopen() {
      stale = true;
    },
    close: () => closeFile(file.descriptor),
  };
}

interface OpenFile {
  readonly descriptor: number;
  readonly dev: number;
  readonly ino: number;
  /** The file does not end with a complete line. */
  torn: boolean;
}

function openFile(path: string): OpenFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, "a+", 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AuthError(
      "invalid_options",
      `The audit file ${path} cannot be opened (${code}). Check its folder and its rights`,
    );
  }
  const { dev, ino, size, mode } = fstatSync(descriptor);
  if (grants(mode, 0o002) && (mode & 0o170000) === 0o100000) {
    close(descriptor);
    throw new AuthError(
      "invalid_options",
      `The audit file ${path} is writable by all users of this machine. Run: chmod o-w ${path}`,
    );
  }
  const last = Buffer.alloc(1);
  const torn = size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  return { descriptor, dev, ino, torn };
}

function writeSome(descriptor: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, at, bytes.length - at, null, (error, written) =>
      error ? reject(error) : resolve(written),
    );
  });
}

function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error ? reject(error) : resolve())));
}

function closeFile(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => close(descriptor, (error) => (error ? reject(error) : resolve())));
}

/** A file or stream to which text is appended. */
export interface Appendable {
  append(text: string): Promise<void>;
  reopen(): void;
  close(): Promise<void>;
}
