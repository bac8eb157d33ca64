import { editFile } from "../../base/edit-file.js";
import { AuthError } from "../../base/errors.js";
import type { Platform } from "../../base/platform.js";
import { closest } from "../../wire/closest.js";
import { canonicalUserName, findUserLine, parseUserFile, toUserLine, type UserEntry } from "./user-file-format.js";

/**
 * Finds a user in the text of a user file, by any spelling of the name.
 *
 * @throws {AuthError} `invalid_options` when the file has a fault, or no such user
 */
export function requireUser(text: string, path: string, name: string): UserEntry {
  const users = parseUserFile(text, path);
  const found = users.get(canonicalUserName(name));
  if (found !== undefined) return found;
  const near = closest(
    name,
    [...users.values()].map((user) => user.name),
  );
  const remedy = near === undefined ? "sallyport users ls names all" : `did you mean "${near}"?`;
  throw new AuthError("invalid_options", `no user "${name}" is in ${path}; ${remedy}`);
}

/**
 * Returns the text of a user file with one more user at its end. Comments and order stay.
 *
 * @throws {AuthError} `invalid_options` when the user is there already, in any spelling, the name or a role cannot be, or the
 *   file has a fault
 */
export function withUser(text: string, path: string, user: UserEntry): string {
  const lines = text.split(/\r?\n/);
  const at = findUserLine(lines, user.name);
  if (at >= 0) {
    const [known] = (lines[at] ?? "").split(":");
    throw new AuthError(
      "invalid_options",
      `"${known}" is in ${path} already, in line ${at + 1}; for another password: sallyport users passwd ${known}`,
    );
  }
  const end = text.includes("\r\n") ? "\r\n" : "\n";
  const next = `${text}${text === "" || text.endsWith("\n") ? "" : end}${toUserLine(user)}${end}`;
  parseUserFile(next, path);
  return next;
}

/**
 * Adds a user at the end of a user file, as `withUser` does.
 *
 * @param create make the file, with mode 0600, when there is none
 * @throws {AuthError} `invalid_options` as `withUser`, and when the file is not there or cannot be written
 */
export function addUser(path: string, user: UserEntry, create: boolean, platform: Platform): void {
  editFile(path, platform, (text) => {
    if (text === undefined && !create) throw new AuthError("invalid_options", `there is no file ${path}`);
    return withUser(text ?? "", path, user);
  });
}

/**
 * Changes the hash of a user, or whether the user is disabled. All else in the file stays.
 *
 * @returns the user as before and after; equal when nothing was changed
 * @throws {AuthError} `invalid_options` when there is no such user, or the file has a fault or cannot be written
 */
export function changeUser(
  path: string,
  name: string,
  change: Partial<Pick<UserEntry, "hash" | "disabled">>,
  platform: Platform,
): { readonly before: UserEntry; readonly after: UserEntry } {
  return editUser(path, name, platform, (user) => ({ ...user, ...change }));
}

/**
 * Removes a user from a user file. The last one stays: a file without a user is a fault, so that a running gateway would
 * go on with the file before, in which the user still is.
 *
 * @throws {AuthError} `invalid_options` when there is no such user, it is the only one, or the file has a fault or cannot be
 *   written
 */
export function removeUser(path: string, name: string, platform: Platform): UserEntry {
  return editUser(path, name, platform, () => undefined).before;
}

function editUser(
  path: string,
  name: string,
  platform: Platform,
  change: (user: UserEntry) => UserEntry | undefined,
): { before: UserEntry; after: UserEntry } {
  let result: { before: UserEntry; after: UserEntry } | undefined;
  editFile(path, platform, (text) => {
    if (text === undefined) throw new AuthError("invalid_options", `there is no file ${path}`);
    const before = requireUser(text, path, name);
    const after = change(before);
    result = { before, after: after ?? before };
    // Every other line stays to the byte: it is joined by the line break that it had.
    const lines = text.split("\n");
    const at = findUserLine(lines, name);
    if (after === undefined) {
      if (parseUserFile(text, path).size === 1) {
        throw new AuthError(
          "invalid_options",
          `"${before.name}" is the only user of ${path}, and a file without one is not taken; shut the account with: sallyport users disable ${before.name}`,
        );
      }
      return lines.toSpliced(at, 1).join("\n");
    }
    const end = lines[at]?.endsWith("\r") ? "\r" : "";
    return lines.with(at, `${toUserLine(after)}${end}`).join("\n");
  });
  return result as { before: UserEntry; after: UserEntry }; // editFile threw, or called back once
}
