import { AuthError } from "../../base/errors.js";
import { isOpenSshName } from "../../wire/open-ssh.js";
import { parseBareKey, parseOpenSshKey } from "../../wire/parse-public-key.js";
import { canonicalUserName } from "../password/user-file-format.js";
import { isRoleName } from "../role-name.js";
import { type PublicKey, refuseDsa, toPublicKey } from "./verify-signature.js";

/** A key of the file and its owner. */
export interface AuthorizedKey {
  /** The owner's name as written in the file: the subject of the identity. */
  readonly name: string;
  readonly roles: readonly string[];
  /** When the key expires, in milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** The keys of a file, looked up by owner and key together. */
export interface AuthorizedKeySet {
  find(user: string, key: Pick<PublicKey, "fingerprint">): AuthorizedKey | undefined;
  /** Returns the roles of all keys. */
  roles(): readonly string[];
}

/** Parameters of `parseAuthorizedKeys`. */
export interface AuthorizedKeysRules {
  /** The path, for messages. */
  readonly source: string;
  /** The owner of every key, for a file in OpenSSH's format, whose lines name no user. */
  readonly owner?: { readonly name: string; readonly roles: readonly string[] } | undefined;
  readonly allowLegacyDsa: boolean;
}

/**
 * OpenSSH's options that restrict a shell or forwarding, or lift a restriction. There is neither here, so they are
 * ignored.
 */
const shellOptions =
  /^(restrict|(no-)?(agent-forwarding|port-forwarding|pty|user-rc|x11-forwarding)|tunnel=.*|permit(open|listen)=.*)$/i;

/** What sshd(8) lets a line have more than once. */
const repeatable: ReadonlySet<string> = new Set(["permitopen", "permitlisten"]);

/**
 * Reads lines `user key`, or `user options key`; text after the key is a comment; empty lines and lines that begin with
 * `#` are ignored. A key is a line of OpenSSH, or base64 of SPKI, with Deephaven's `EC:` or without.
 *
 * @throws {AuthError} `invalid_options` with source, line and remedy; never with a part of a private key.
 */
export function parseAuthorizedKeys(text: string, rules: AuthorizedKeysRules): AuthorizedKeySet {
  const keys = new Map<string, AuthorizedKey & { readonly line: number }>();
  const names = new Map<string, { readonly name: string; readonly line: number }>();
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(content)) continue;
    const refuse = (fault: string): never => {
      throw new AuthError("invalid_options", `${rules.source}, line ${line}: ${fault}`);
    };
    const { key, ...entry } = parseLine(content.trim(), rules, refuse);
    const user = canonicalUserName(entry.name);
    const twin = names.get(user);
    if (twin !== undefined && twin.name !== entry.name) {
      refuse(`this user is spelled ${JSON.stringify(twin.name)} in line ${twin.line}; give all lines one spelling`);
    }
    names.set(user, { name: entry.name, line: twin?.line ?? line });
    const before = keys.get(keyName(user, key));
    if (before !== undefined) refuse(`this key is in line ${before.line} already. Remove one`);
    keys.set(keyName(user, key), Object.freeze({ ...entry, line }));
  }
  if (keys.size === 0) {
    throw new AuthError(
      "invalid_options",
      `${rules.source} holds no key. Add a line such as: ada ssh-ed25519 AAAA… (sallyport keygen prints one)`,
    );
  }
  return {
    find: (user, key) => keys.get(keyName(canonicalUserName(user), key)),
    roles: () => [...keys.values()].flatMap(({ roles }) => roles),
  };
}

/** Owner and key are one look-up, so that an unknown user and another user's key take the same time. */
const keyName = (user: string, { fingerprint }: Pick<PublicKey, "fingerprint">): string => `${fingerprint} ${user}`;

type RefuseLine = (fault: string) => never;

function parseLine(
  line: string,
  { owner, allowLegacyDsa }: AuthorizedKeysRules,
  refuse: RefuseLine,
): AuthorizedKey & { readonly key: PublicKey } {
  const [name = "", afterName = ""] = owner === undefined ? cut(line) : [owner.name, line];
  if (name.length > 256 || /[\p{Cc}\p{Surrogate}"]/u.test(name) || isOpenSshName(name) || name.includes("=")) {
    refuse("must begin with the name of a user, 1 to 256 characters without control characters, quotes or =");
  }
  const hasOptions = !isKeyStart(cut(afterName)[0]);
  const [options, afterOptions] = hasOptions ? cut(afterName) : ["", afterName];
  const [word, rest] = cut(afterOptions);
  // The message does not show the line: it may be one of a private key.
  if (word === "") refuse("has no key behind its first word; the line must be: user key, or user options key");
  const read = refuseDsa(
    isOpenSshName(word) ? parseOpenSshKey(word, cut(rest)[0]) : parseBareKey(word),
    allowLegacyDsa,
  );
  if ("fault" in read) return refuse(`the key ${read.fault}`);
  return { name, key: toPublicKey(read), ...parseOptions(options, owner?.roles ?? [], refuse) };
}

/** Splits off the first word, in which quoted text may hold spaces, and returns it and the rest. */
function cut(text: string): [word: string, rest: string] {
  const word = /^(?:"(?:[^"\\]|\\.)*"|[^\s"])*/.exec(text)?.[0] ?? "";
  return [word, text.slice(word.length).trimStart()];
}

/**
 * Whether a word begins a key, and so is no option: OpenSSH's name of an algorithm, or base64 as long as the shortest
 * key.
 */
function isKeyStart(word: string): boolean {
  return isOpenSshName(word) || /^[A-Za-z0-9+/=]{56,}$/.test(word);
}

function parseOptions(text: string, ownersRoles: readonly string[], refuse: RefuseLine): Omit<AuthorizedKey, "name"> {
  let roles = ownersRoles;
  let expiresAt: number | undefined;
  const seen = new Set<string>();
  for (const option of text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []) {
    const [, name = "", value] = /^([\w-]+)(?:="((?:[^"\\]|\\.)*)")?$/.exec(option) ?? [];
    const known = name.toLowerCase();
    // OpenSSH takes several of these, each of which names one more address.
    if (seen.has(known) && !repeatable.has(known)) refuse(`the option ${name} is there twice`);
    seen.add(known);
    if (known === "expiry-time") {
      expiresAt =
        parseExpiry(value ?? "") ?? refuse('expiry-time must be "YYYYMMDD" or "YYYYMMDDHHMM[SS]", with Z for UTC');
    } else if (known === "roles") {
      roles = Object.freeze((value ?? "").split(","));
      if (!roles.every(isRoleName)) {
        refuse('roles must be such as roles="admin,user", each of letters, digits and any of _ . @ / -');
      }
    } else if (known === "cert-authority") {
      refuse("cert-authority is not taken: certificates are not read. Give each key a line of its own");
    } else if (!shellOptions.test(option)) {
      // The message does not show a word longer than any option: it may be a part of a private key.
      const told = name === "" || name.length > 24 ? 'that is not name or name="value"' : `"${name}"`;
      // The option was meant to restrict the key, so ignoring it would be unsafe.
      refuse(`the option ${told} is not understood. Remove it, or the line`);
    }
  }
  return { roles, expiresAt };
}

/**
 * Parses `expiry-time` as OpenSSH does: in the time zone of this machine unless it ends in Z. Returns milliseconds
 * since 1970, or `undefined`.
 */
function parseExpiry(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const isUtc = match[7] === "Z";
  const parts = [year, month - 1, day, hour, minute, second] as const;
  const date = new Date(isUtc ? Date.UTC(...parts) : new Date(...parts).getTime());
  // `Date` would turn the 31st of February into a day in March.
  const back = isUtc ? date.getUTCDate() : date.getDate();
  return back === day && month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60
    ? date.getTime()
    : undefined;
}
