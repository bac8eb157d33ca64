import { nextEpoch } from "./epoch.js";
import { AuthError } from "./errors.js";
import { grants } from "./file-rights.js";
import { fileState, toFileVersion } from "./file-version.js";
import { isDescriptorCode, toDescriptorText } from "./out-of-descriptors.js";
import type { Platform } from "./platform.js";
import { readRegularFile } from "./read-regular-file.js";
import { createSettling } from "./settling.js";
import { emitWarning } from "./warn.js";

export interface HotFileOptions<T> {
  /** The kind of file, for messages: `"user file"`. */
  readonly what: string;
  /** What the operator should do when the file does not exist: `"Create it with a line such as …"`. */
  readonly remedy: string;
  /** What an attacker who may write the file could do: `"log in as any user"`. */
  readonly danger: string;
  readonly platform: Platform;
  /**
   * How long the last good version is good after the file was found to be gone or unreadable, in milliseconds: then `read` throws
   * `unavailable`. A version with a fault in it does not count: the one before stays. Default: for as long as the process runs.
   */
  readonly staleMs?: number | undefined;
  /** Called, once per edit, with the reason why an edited file was refused. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** @throws {AuthError} when the text has a fault. The message must hold no secret. */
  parse(text: string): T;
}

/** The current content of a file. */
export interface HotFile<T> {
  /** @throws {AuthError} `unavailable` when the file could not be read for `staleMs` */
  read(): T;
  /** Another number after each edit that was accepted, unique in the process: see `nextEpoch`. */
  epoch(): number;
}

/** The time between two looks at the file. Each costs 5 µs, so it is not done for every call. */
const lookEveryMs = 1_000;

/**
 * Opens a file that is read again after an edit, when it has stayed as it is for a second: a file that is being written
 * is not read. When an edited file is unreadable or has a fault, the last good version stays in use, and `onWarning` is
 * called.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, is writable by every user of the machine, or has
 *   a fault
 */
export function hotFile<T>(path: string, options: HotFileOptions<T>): HotFile<T> {
  const { what, platform, staleMs = Number.POSITIVE_INFINITY, onWarning = emitWarning } = options;
  const first = requireSafe(readRegularFile(path), path, options);
  let content = options.parse(first.text);
  let { version } = first;
  let epoch = nextEpoch();
  let lookAt = platform.monotonic() + lookEveryMs;
  const settling = createSettling(platform);
  /** An edit could not be read because there was no file descriptor. */
  let waits = false;
  let unreadableSince: number | undefined;
  let isStaleTold = false;
  const untilStale = staleMs < Number.POSITIVE_INFINITY ? ` for ${Math.round(staleMs / 60_000)} min` : "";

  function requireFresh(): void {
    if (unreadableSince === undefined || platform.monotonic() - unreadableSince < staleMs) return;
    const message = `The ${what} ${path} could not be read${untilStale}: what is in it counts no more, and its callers get 503. Look whether it is there, and at its rights`;
    if (!isStaleTold) onWarning(message);
    isStaleTold = true;
    throw new AuthError("unavailable", message);
  }

  function refresh(): void {
    const now = platform.monotonic();
    if (now < lookAt) return;
    lookAt = now + lookEveryMs;
    let before = version;
    let isKnownFault = false;
    try {
      const current = fileState(path);
      isKnownFault = current.version === version;
      // What makes a file unreadable need not show in its state, such as a file server that is away.
      if (isKnownFault && unreadableSince === undefined) return;
      const leftMs = settling(current);
      if (leftMs > 0) {
        lookAt = now + Math.min(leftMs, lookEveryMs);
        return;
      }
      // Remembered before it is read, so that a faulty edit is reported once and not every second.
      before = version;
      version = current.version;
      const found = readRegularFile(path);
      if ("fault" in found) unreadableSince ??= now;
      const read = requireSafe(found, path, options);
      // Another write has begun since the look. The next look sees it.
      if (read.version !== version) return;
      const wasUnreadable = unreadableSince !== undefined;
      unreadableSince = undefined;
      isStaleTold = false;
      content = options.parse(read.text);
      epoch = nextEpoch();
      waits = false;
      if (wasUnreadable && untilStale !== "") onWarning(`The ${what} ${path} is read again`);
    } catch (error) {
      const passes = isPassing(error);
      // The edit is not lost: it is read when descriptors are free.
      if (passes) version = before;
      const isTold = isKnownFault || (passes && waits);
      waits = passes;
      if (isTold) return;
      const fault = error instanceof AuthError ? error.message : `The ${what} ${path} cannot be read`;
      onWarning(`${fault}. The last good version stays in use${unreadableSince === undefined ? "" : untilStale}`);
    }
  }

  return {
    read() {
      refresh();
      if (unreadableSince !== undefined) requireFresh();
      return content;
    },
    epoch() {
      refresh();
      return epoch;
    },
  };
}

type Description = Pick<HotFileOptions<unknown>, "what" | "remedy" | "danger">;

function requireSafe(
  read: ReturnType<typeof readRegularFile>,
  path: string,
  { what, remedy, danger }: Description,
): { text: string; version: string } {
  const refuse = (fault: string, options?: ErrorOptions): never => {
    throw new AuthError("invalid_options", `The ${what} ${path} ${fault}`, options);
  };
  if ("fault" in read) {
    if (read.code === undefined) return refuse("is not a file");
    return refuse(`cannot be read: ${toReason(read.code, remedy)}`, { cause: { code: read.code } });
  }
  if (grants(read.stats.mode, 0o002)) {
    refuse(`is writable by every user of this machine, so each of them can ${danger}. Run: chmod o-w ${path}`);
  }
  const text = decode(read.bytes) ?? refuse("is not UTF-8. Save it as UTF-8");
  return { text, version: toFileVersion(read.stats) };
}

function toReason(code: string, remedy: string): string {
  if (code === "ENOENT") return `it does not exist. ${remedy}`;
  return isDescriptorCode(code) ? toDescriptorText(code) : `${code}. Check its rights`;
}

/** Whether the file could not be read for a reason that is not its own, and passes. */
function isPassing(error: unknown): boolean {
  return error instanceof AuthError && isDescriptorCode((error.cause as { code?: unknown } | undefined)?.code);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
