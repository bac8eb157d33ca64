import { hotFile } from "../../base/hot-file.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import { createLimit, createPasswordCheck } from "./check.js";
import { type HashKind, kindOf } from "./hash.js";
import type { UserEntry } from "./user-file-format.js";

export interface PasswordFileOptions extends UserFileOptions {
  /** What it is, for messages. */
  readonly what: string;
  /** A line as it should be. */
  readonly example: string;
  /** The kinds of hash that `parse` lets through. */
  readonly kinds: readonly HashKind[];
  parse(text: string): ReadonlyMap<string, UserEntry>;
}

/**
 * Users and passwords from a file, whatever its format: read again when edited, a bounded number of hashes at a time, and
 * equal work for whoever asks.
 *
 * @throws {AuthError} `invalid_options`
 */
export function passwordFile(path: string, options: PasswordFileOptions): UserFile {
  const { platform = systemPlatform, concurrentHashes = 2, waitingHashes = 64, what, kinds } = options;
  const { onWarning = (message: string) => process.emitWarning(message, "SallyportWarning") } = options;
  const limited = createLimit(concurrentHashes, waitingHashes);
  const loaded = new Set<HashKind>();

  /** Native code that cannot be loaded should be known before somebody logs in; the log-in then says `unavailable`. */
  function preload(users: ReadonlyMap<string, UserEntry>): void {
    for (const { hash } of users.values()) {
      const kind = kindOf(kinds, hash);
      if (loaded.has(kind) || options.verifyHash !== undefined) continue;
      loaded.add(kind);
      kind
        .load()
        .catch(() =>
          onWarning(`${kind.library} cannot be loaded on this platform, so no ${kind.name} hash can be checked`),
        );
    }
  }

  const file = hotFile(path, {
    what,
    remedy: `Create it with a line such as ${options.example}`,
    danger: "log in as anyone",
    platform,
    onWarning,
    parse(text) {
      const users = options.parse(text);
      preload(users);
      return createPasswordCheck({ users, kinds, random: platform.random, verifyHash: options.verifyHash });
    },
  });

  return Object.freeze({
    async verify(user: string, password: string) {
      const found = await limited(() => file.read().check(user, password));
      return found ? { subject: found.name, roles: found.roles } : null;
    },
    find(user: string) {
      const found = file.read().find(user);
      return found ? { subject: found.name, roles: found.roles } : null;
    },
    epoch: file.epoch,
  });
}

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
