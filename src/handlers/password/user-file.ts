import { requireArgument, requireOptions } from "../../base/options.js";
import { passwordFile, type UserFile, type UserFileOptions, userFileKinds } from "./file.js";
import { argon2id } from "./hash.js";
import { parseUserFile } from "./user-file-format.js";

/**
 * Reads users from a file of lines `name:hash:roles`, or `name:hash:roles:disabled`, with argon2id hashes as
 * `hashPassword` makes them. Names are compared without regard to case, width and space at the ends; the subject is the
 * name as written in the file.
 *
 * An edit takes effect a second after the last write, without a restart. If the file becomes unreadable or faulty, the last good
 * version stays in use, and `onWarning` is called.
 *
 * @throws {AuthError} `invalid_options` when the file cannot be read, may be written by every user of the machine, has
 *   a fault (with its line), or holds a weak hash. The message says what to do.
 */
export function userFile(path: string, options: UserFileOptions = {}): UserFile {
  requireArgument("userFile", "path", path, "string");
  requireOptions("userFile", options, userFileKinds);
  return passwordFile(path, {
    ...options,
    what: "user file",
    example: "ada:HASH:user, made by: sallyport hash-password --user ada --roles user",
    kinds: [argon2id],
    parse: (text) => parseUserFile(text, path),
  });
}
