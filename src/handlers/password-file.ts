import { systemPlatform } from "../platform.js";
import { type HashKind, kindOf } from "./hash-kind.js";
import { hotFile } from "./hot-file.js";
import { createLimit, createPasswordCheck } from "./password-check.js";
import type { UserFile, UserFileOptions } from "./user-file.js";
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
