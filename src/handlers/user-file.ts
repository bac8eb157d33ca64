import { closeSync, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import { AuthError } from "../errors.js";
import type { Identity } from "../identity.js";
import { type Platform, systemPlatform } from "../platform.js";
import { createLimit, createPasswordCheck, type PasswordCheck } from "./password-check.js";
import { loadArgon2, verifyHash } from "./password-hash.js";
import { parseUserFile } from "./user-file-format.js";

/** What `userFile` takes beside the path. */
export interface UserFileOptions {
  /** How many hashes run at a time. Default: 2 of the 4 threads that libuv has; the others serve files and names. */
  readonly concurrentHashes?: number;
  /** How many log-ins may wait for one; beyond, the answer is `unavailable`. Default: 64, about a second's worth. */
  readonly waitingHashes?: number;
  /** Told, once per edit, why an edited file was not taken. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform;
  /** For tests that count: how a hash is checked. Default: argon2. */
  readonly verifyHash?: (hash: string, password: string) => Promise<boolean>;
}

/** A user of the file, as routes see them. */
export interface UserFileIdentity extends Identity {
  readonly roles: readonly string[];
}

/** Users and their passwords, in the form that `basic` takes: `basic(userFile("./users.txt"))`. */
export interface UserFile {
  verify(user: string, password: string): Promise<UserFileIdentity | null>;
  /** Grows with each edit that was taken. */
  epoch(): number;
}

/** An edit is seen this much later at most. Looking costs 5 µs, so it is not done for every call. */
const lookEveryMs = 1_000;

/**
 * Users from a file of lines `name:hash:roles`, or `name:hash:roles:disabled`, with argon2id hashes as `hashPassword`
 * makes them. Names are compared without regard to case, width and space at the ends; the subject is the name as
 * written in the file.
 *
 * An edit takes effect within a second, without a restart. A file that got unreadable or faulty is not taken: the last
 * good one stays, and `onWarning` is told.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, is writable by everyone, has a fault (with its
 *   line), or holds a weak hash. The message says what to do.
 */
export function userFile(path: string, options: UserFileOptions = {}): UserFile {
  const { platform = systemPlatform, concurrentHashes = 2, waitingHashes = 64 } = options;
  const { onWarning = (message: string) => process.emitWarning(message, "SallyportWarning") } = options;
  const limited = createLimit(concurrentHashes, waitingHashes);
  const load = (): { check: PasswordCheck; version: string } => {
    const { text, version } = readUserFile(path);
    const users = parseUserFile(text, path);
    const check = createPasswordCheck({ users, random: platform.random, verifyHash: options.verifyHash ?? verifyHash });
    return { check, version };
  };
  let { check, version } = load();
  let epoch = 1;
  let lookedAt = platform.monotonic();

  function refresh(): void {
    if (platform.monotonic() - lookedAt < lookEveryMs) return;
    lookedAt = platform.monotonic();
    try {
      const current = versionOf(statSync(path, { throwIfNoEntry: false }));
      if (current === version) return;
      // Remembered before it is read, so that a faulty edit is reported once and not every second.
      version = current;
      ({ check, version } = load());
      epoch++;
    } catch (error) {
      const fault = error instanceof AuthError ? error.message : `The user file ${path} cannot be read`;
      onWarning(`${fault}. The last good version stays in use`);
    }
  }

  // Native code that cannot be loaded should be known before somebody logs in; the log-in then says `unavailable`.
  if (options.verifyHash === undefined) {
    loadArgon2().catch(() =>
      onWarning("@node-rs/argon2 cannot be loaded on this platform, so nobody can log in by password"),
    );
  }

  return Object.freeze({
    async verify(user: string, password: string) {
      refresh();
      const found = await limited(() => check.check(user, password));
      return found ? { subject: found.name, roles: found.roles } : null;
    },
    epoch() {
      refresh();
      return epoch;
    },
  });
}

/** One descriptor for rights and content: what was checked is what is read. */
function readUserFile(path: string): { text: string; version: string } {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    const remedy =
      code === "ENOENT"
        ? "it does not exist. Create it with a line such as ada:HASH:user"
        : `${code}. Check its rights`;
    throw new AuthError("invalid_options", `The user file ${path} cannot be read: ${remedy}`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new AuthError("invalid_options", `The user file ${path} is not a file`);
    // Windows has no such bit, and Node reports every file as writable there.
    if (process.platform !== "win32" && (stats.mode & 0o002) !== 0) {
      throw new AuthError(
        "invalid_options",
        `The user file ${path} is writable by everyone, so anyone on this machine can log in as anyone. Run: chmod o-w ${path}`,
      );
    }
    return { text: decode(readFileSync(descriptor), path), version: versionOf(stats) };
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new AuthError("invalid_options", `The user file ${path} is not UTF-8. Save it as UTF-8`);
  }
}

function versionOf(stats: Stats | undefined): string {
  return stats ? `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}` : "gone";
}
