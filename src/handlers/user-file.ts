import type { Identity } from "../identity.js";
import type { Platform } from "../platform.js";
import { passwordFile } from "./password-file.js";
import { argon2id } from "./password-hash.js";
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
  /** The user of this name, for `operateAs({ identify })`; `null` when there is none, or it is disabled. */
  find(user: string): UserFileIdentity | null;
  /** Grows with each edit that was taken. */
  epoch(): number;
}

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
  return passwordFile(path, {
    ...options,
    what: "user file",
    example: "ada:HASH:user, made by: sallyport hash-password --user ada --roles user",
    kinds: [argon2id],
    parse: (text) => parseUserFile(text, path),
  });
}
