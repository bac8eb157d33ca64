import { hotFile } from "../../base/hot-file.js";
import type { OptionKinds } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import type { Identity } from "../../model/identity.js";
import type { RecheckContext } from "../handler.js";
import { createLimit, createPasswordCheck } from "./check.js";
import { type HashKind, kindOf } from "./hash.js";
import { isPasswordMark, toPasswordMark } from "./password-mark.js";
import type { UserEntry } from "./user-file-format.js";

export interface PasswordFileOptions extends UserFileOptions {
  /** The name of this kind of file, for messages. */
  readonly what: string;
  /** An example of a line, for messages. */
  readonly example: string;
  /** The kinds of hash that `parse` accepts. */
  readonly kinds: readonly HashKind[];
  parse(text: string): ReadonlyMap<string, UserEntry>;
}

/**
 * Reads users and passwords from a file of any format. It reads the file again when it is edited, computes a bounded
 * number of hashes at a time, and does equal work for every user name.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, may be written by every user of the machine, or
 *   has a fault
 */
export function passwordFile(path: string, options: PasswordFileOptions): UserFile {
  const { platform = systemPlatform, concurrentHashes = 2, waitingHashes = 64, what, kinds } = options;
  const { onWarning = emitWarning } = options;
  const limited = createLimit(concurrentHashes, waitingHashes);
  const loaded = new Set<HashKind>();

  /**
   * Loads the native code before the first log-in, and warns if it cannot be loaded. Log-ins are then `unavailable`.
   */
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
    danger: "log in as any user",
    platform,
    onWarning,
    parse(text) {
      const users = options.parse(text);
      preload(users);
      return createPasswordCheck({ users, kinds, random: platform.random, verifyHash: options.verifyHash });
    },
  });

  /** The hash that let an identity in: the file may have changed since. */
  const hashes = new WeakMap<object, string>();

  return Object.freeze({
    async verify(user: string, password: string) {
      const found = await limited(() => file.read().check(user, password));
      if (found === undefined) return null;
      const identity = toIdentity(found);
      hashes.set(identity, found.hash);
      return identity;
    },
    viaOf(identity: UserFileIdentity, { derive }: Pick<RecheckContext, "derive">) {
      const hash = hashes.get(identity);
      return hash === undefined ? undefined : toPasswordMark(hash, derive);
    },
    recheck({ subject }: UserFileIdentity, { via, derive }: Pick<RecheckContext, "via" | "derive">) {
      const found = file.read().find(subject);
      if (found === undefined || (via !== undefined && !isPasswordMark(via, found.hash, derive))) return null;
      return toIdentity(found);
    },
    find(user: string) {
      const found = file.read().find(user);
      return found === undefined ? null : toIdentity(found);
    },
    epoch: file.epoch,
  });
}

const toIdentity = ({ name, roles }: UserEntry): UserFileIdentity => ({ subject: name, roles });

/** Options of `userFile`. */
export interface UserFileOptions {
  /**
   * How many hashes are computed at a time. Default: 2, of the 4 threads that libuv has; the others serve files and
   * names.
   */
  readonly concurrentHashes?: number;
  /**
   * How many log-ins may wait for a computation; further ones are `unavailable`. Default: 64, about a second's worth.
   */
  readonly waitingHashes?: number;
  /** Called once per edit that was refused, with the reason. Default: `process.emitWarning`. */
  readonly onWarning?: (message: string) => void;
  /** Clock and randomness. Default: the machine's. */
  readonly platform?: Platform;
  /** Replaces the check of a hash, for tests that count. Default: argon2. */
  readonly verifyHash?: (hash: string, password: string) => Promise<boolean>;
}

/** The names and kinds of `UserFileOptions`. */
export const userFileKinds: OptionKinds<UserFileOptions> = {
  concurrentHashes: "number",
  waitingHashes: "number",
  onWarning: "function",
  platform: "object",
  verifyHash: "function",
};

/** The identity of a user of the file. */
export interface UserFileIdentity extends Identity {
  readonly roles: readonly string[];
}

/** The users of a file and their passwords, as options of `basic`: `basic(userFile("./users.txt"))`. */
export interface UserFile {
  verify(user: string, password: string): Promise<UserFileIdentity | null>;
  /**
   * Returns the user of this name, for `operateAsRules({ identify })`; `null` when there is none or the user is disabled.
   */
  find(user: string): UserFileIdentity | null;
  /** Returns another number after each edit that was accepted. */
  epoch(): number;
  /**
   * Returns the user as in the file now; `null` when they are gone or disabled, or when the hash of their password is
   * another one than at the log-in. A new hash of the same password counts as another password: the file cannot tell.
   */
  recheck(identity: UserFileIdentity, context: Pick<RecheckContext, "via" | "derive">): UserFileIdentity | null;
  /** Returns a mark of the hash that let this identity in: an HMAC under the signing keys. */
  viaOf(identity: UserFileIdentity, context: Pick<RecheckContext, "derive">): string | undefined;
}
