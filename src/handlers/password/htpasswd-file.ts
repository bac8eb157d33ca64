import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { bcrypt, bcryptRemedy } from "./bcrypt-hash.js";
import { passwordFile, type UserFile, type UserFileOptions, userFileKinds } from "./file.js";
import { argon2id, type HashKind } from "./hash.js";
import { parseLines, type RefuseLine, type UserEntry } from "./user-file-format.js";

/** Options of `htpasswdFile`. */
export interface HtpasswdFileOptions extends UserFileOptions {
  /**
   * The roles, which the file does not hold: one list for all of its users, or a function of the name as written there.
   * Default: none.
   */
  readonly roles?: readonly string[] | ((user: string) => readonly string[]);
}

const htpasswdFileKinds: OptionKinds<HtpasswdFileOptions> = { ...userFileKinds, roles: "strings|function" };

const kinds: readonly HashKind[] = [bcrypt, argon2id];

/** Other hashes in such files (Apache's `htpasswd`, `openssl passwd`, nginx), and why they are refused. */
const weak: readonly (readonly [prefix: RegExp, fault: string])[] = [
  [/^\$(apr)?1\$/, "the hash is MD5, which a graphics card guesses millions of times a second"],
  [/^\{(SHA|SSHA|SHA256|SHA512|SSHA256|SSHA512)\}/i, "the hash is one plain SHA, guessed billions of times a second"],
  [/^\{PLAIN\}/i, "the password is in the clear"],
  [/^\$(5|6)\$/, "the hash is SHA-crypt, which is not taken: it is fast on a graphics card"],
  [/^\$(y|gy|7)\$/, "the hash is yescrypt or scrypt, which is not taken"],
  [/^\$argon2/, "the hash is argon2, but not argon2id"],
  [/^[./A-Za-z0-9]{13}$/, "the hash is DES crypt, which reads 8 characters of a password and is guessed in hours"],
];

const unknown = "this is no hash that is known; a password in the clear looks like that";

/**
 * Reads users from an `htpasswd` file, lines of `name:hash`, for `basic(htpasswdFile("./.htpasswd"))`. Hashes are
 * bcrypt with a cost of 10 to 15 (`htpasswd -B -C 12`; its own default is 5), or argon2id as `hashPassword` makes them.
 * bcrypt needs the package `@node-rs/bcrypt`.
 *
 * Otherwise it behaves as `userFile`: names without regard to case, edits a second after the last write, equal work for every user
 * name. With bcrypt, a password of more than 72 bytes is refused, since bcrypt would cut it.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, may be written by every user of the machine, has
 *   a fault (with its line), or holds a weak hash. The message says what to do, and never shows a hash.
 */
export function htpasswdFile(path: string, options: HtpasswdFileOptions = {}): UserFile {
  requireArgument("htpasswdFile", "path", path, "string");
  requireOptions("htpasswdFile", options, htpasswdFileKinds);
  const { roles = [] } = options;
  const rolesOf = typeof roles === "function" ? roles : () => roles;
  const example = "ada:HASH, made by: htpasswd -B -C 12 FILE ada";
  return passwordFile(path, {
    ...options,
    what: "htpasswd file",
    example,
    kinds,
    parse: (text) => parseLines(withoutBlanks(text), path, example, (line, refuse) => parseLine(line, rolesOf, refuse)),
  });
}

/** Apache takes white space off both ends of a line, so that comments may be indented and hashes may have blanks behind. */
function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+(?=\r?$)/gm, "");
}

function parseLine(line: string, rolesOf: (user: string) => readonly string[], refuse: RefuseLine): UserEntry {
  const [name = "", hash = "", ...rest] = line.split(":");
  // Other readers skip further fields as a comment; a line of a user file that ends in ":disabled" would then let that
  // user in.
  if (rest.length > 0) refuse("must be name:hash and nothing else. For roles and disabled users, use a user file");
  const kind = kinds.find((each) => each.owns(hash));
  const fault = kind === undefined ? `${weakness(hash)}. ${bcryptRemedy}` : kind.fault(hash);
  if (fault !== undefined) refuse(fault);
  return Object.freeze({ name, hash, roles: Object.freeze([...rolesOf(name)]), disabled: false });
}

function weakness(hash: string): string {
  return weak.find(([prefix]) => prefix.test(hash))?.[1] ?? unknown;
}
