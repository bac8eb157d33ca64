import { AuthError } from "../../base/errors.js";
import { isRoleName } from "../role-name.js";
import { argon2id } from "./hash.js";

export interface UserEntry {
  /** The name as written in the file: the subject of the identity. */
  readonly name: string;
  readonly hash: string;
  readonly roles: readonly string[];
  readonly disabled: boolean;
}

/**
 * Returns the spelling by which an account is looked up and counted: NFKC, lower case, no white space at the ends. So
 * `Bob`, `bob` and ` bob` are one account with one budget of attempts (Authelia CVE-2025-24806).
 */
export function canonicalUserName(name: string): string {
  return name.normalize("NFKC").toLowerCase().trim();
}

/** The longest name: that of a subject. */
const maxNameLength = 256;

/**
 * Reads a user file. A line is `name:hash:roles` or `name:hash:roles:disabled`; roles are separated by commas and may
 * be empty; empty lines and lines that begin with `#` are ignored.
 *
 * The format is lines, not JSON: a fault has a line number, a parser cannot silently keep the last of two duplicates,
 * and Basic allows no colon in a name, so that nothing needs quoting.
 *
 * @param source the path, for messages
 * @returns entries by canonical name
 * @throws {AuthError} `invalid_options` with source, line and remedy; never with a hash.
 */
export function parseUserFile(text: string, source: string): ReadonlyMap<string, UserEntry> {
  return parseLines(text, source, "ada:HASH:user, made by: sallyport hash-password --user ada --roles user", parseLine);
}

/**
 * Writes one line of a user file, without a line break.
 *
 * @throws {AuthError} `invalid_options` when the name or a role cannot stand in a user file
 */
export function toUserLine({ name, hash, roles, disabled }: UserEntry): string {
  const refuse = (fault: string): never => {
    throw new AuthError("invalid_options", fault);
  };
  if (name.includes(":"))
    refuse("a name must hold no colon, which separates the fields of a line, as it does in Basic");
  if (name.startsWith("#")) refuse("a name must not begin with #: such a line is a comment");
  const line = `${name}:${hash}:${roles.join(",")}${disabled ? ":disabled" : ""}`;
  requireName(name, refuse);
  parseLine(line, refuse);
  return line;
}

/** Returns the line of a user in the text of a user file, counted from 0; -1 when the user is not there. */
export function findUserLine(lines: readonly string[], name: string): number {
  const canonical = canonicalUserName(name);
  return lines.findIndex(
    (line) => !isNothing(line) && canonicalUserName(line.slice(0, Math.max(0, line.indexOf(":")))) === canonical,
  );
}

const isNothing = (line: string): boolean => line.trim() === "" || line.startsWith("#");

/** Throws the fault of the line that is being read. */
export type RefuseLine = (fault: string) => never;

/**
 * Reads a file with one user per line. Empty lines and lines that begin with `#` are ignored.
 *
 * @param example an example of a line, for the message when the file has none
 * @throws {AuthError} `invalid_options` with source, line and remedy.
 */
export function parseLines(
  text: string,
  source: string,
  example: string,
  parse: (line: string, refuse: RefuseLine) => UserEntry,
): ReadonlyMap<string, UserEntry> {
  const users = new Map<string, UserEntry>();
  const lines = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (isNothing(line)) continue;
    const refuse = (fault: string): never => {
      throw new AuthError("invalid_options", `${source}, line ${index + 1}: ${fault}`);
    };
    const entry = parse(line, refuse);
    requireName(entry.name, refuse);
    const canonical = canonicalUserName(entry.name);
    const twin = lines.get(canonical);
    if (twin !== undefined) refuse(`this user is in line ${twin} already (case and width do not count). Remove one`);
    users.set(canonical, entry);
    lines.set(canonical, index + 1);
  }
  if (users.size === 0) {
    throw new AuthError("invalid_options", `${source} holds no user. Add a line such as ${example}`);
  }
  return users;
}

function requireName(name: string, refuse: RefuseLine): void {
  if (name === "" || name !== name.trim() || name.length > maxNameLength || /[\p{Cc}\p{Surrogate}]/u.test(name)) {
    refuse(`the name must be 1 to ${maxNameLength} characters, without control characters or space at its ends`);
  }
}

function parseLine(line: string, refuse: RefuseLine): UserEntry {
  const [name = "", hash, roles, state, ...rest] = line.split(":");
  if (hash === undefined || roles === undefined || rest.length > 0)
    refuse("must be name:hash:roles or name:hash:roles:disabled");
  const fault = argon2id.fault(hash);
  if (fault !== undefined) refuse(fault);
  if (state !== undefined && state !== "disabled") refuse('what follows the roles can only be "disabled"');
  const list = roles === "" ? [] : roles.split(",");
  if (!list.every(isRoleName)) {
    refuse("roles are separated by single commas, each of letters, digits and any of _ . @ / -");
  }
  return Object.freeze({ name, hash, roles: Object.freeze(list), disabled: state === "disabled" });
}
