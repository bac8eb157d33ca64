import type { Client, Entry } from "ldapts";
import { createBreaker, type Outside } from "../../base/breaker.js";
import { AuthError } from "../../base/errors.js";
import type { Identity } from "../../model/identity.js";
import { createLimit } from "../password/check.js";
import { maxPasswordLength } from "../password/prepare-password.js";
import { createConnections, reasonOf, serversOf } from "./connection.js";
import { fillTemplate, toComparableDn } from "./names.js";
import { type LdapOptions, type LdapSettings, resolveLdapOptions } from "./options.js";

/** The identity of a user of the directory. */
export interface LdapIdentity extends Identity {
  readonly roles: readonly string[];
  /** The distinguished name of the entry. */
  readonly dn: string;
  /** The values of the entry's `attributes` that were configured. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** A directory as options of `basic`: `basic(ldap({ … }))`. */
export interface LdapDirectory {
  verify(user: string, password: string): Promise<LdapIdentity | null>;
  /**
   * Reads the entry of an identity again, by the search account: only with `bind`. Returns `null` when the entry is
   * gone or disabled. A directory does not tell whether a password was changed.
   */
  recheck?(identity: LdapIdentity): Promise<LdapIdentity | null>;
  /** Returns whether the directory is asked now: see `Handler.outside`. */
  outside(): readonly Outside[];
}

const noSuchObject = 32;

/** The result codes of a bind for a wrong name or password, or a disabled account (RFC 4511 §A.1). */
const refusals: ReadonlySet<unknown> = new Set([
  19, // constraintViolation: too many wrong passwords, at some servers
  noSuchObject,
  34, // invalidDNSyntax: a template with the typed name in it
  48, // inappropriateAuthentication: an entry without a password
  49, // invalidCredentials, and every refusal of Active Directory
  53, // unwillingToPerform: a disabled account, at some servers
]);

/** ACCOUNTDISABLE of `userAccountControl` in Active Directory. */
const accountDisabled = 2;

/**
 * Checks passwords at an LDAP directory or Active Directory, by binding as the user. It needs the package `ldapts` (an
 * optional peer). The subject is the directory's value of `subject`, never the name that was typed.
 *
 * Every attempt runs the same operations, whether the name is unknown, the password wrong or the account disabled. An
 * empty password is refused before anything is sent: a directory answers it with success (RFC 4513 §5.1.2). If the
 * directory cannot be reached, or is wrongly configured, the caller gets 503, not 401. While it does not answer, callers get
 * that at once, and one log-in at a time, a second after the one before, finds out whether it does.
 *
 * @throws {AuthError} `invalid_options` when an option is missing or malformed, when passwords would cross the network
 *   in the clear, or when `ldapts` is not installed
 */
export function ldap(options: LdapOptions): LdapDirectory {
  const settings = resolveLdapOptions(options);
  requireLibrary();
  const library = import("ldapts");
  library.catch(() => {});
  const limited = createLimit(settings.maxConnections, settings.maxWaiting);
  const { platform, timeoutMs, onWarning } = settings;
  const name = serversOf(settings);
  const meanwhile =
    "log-ins by it get 503, and sessions go on until recheckStale is over; look at it, the network and ldap.url";
  const breaker = createBreaker({ what: `the directory ${name}`, meanwhile, platform, onWarning });
  const withConnection = createConnections(settings, library, breaker);

  async function ask<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const deadline = platform.monotonic() + timeoutMs;
    try {
      return await limited(() => withConnection(deadline, work));
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      throw new AuthError(error.code, `ldap: the directory ${name}: ${error.message}`, { cause: error.cause });
    }
  }

  const recheck = ({ dn }: LdapIdentity) => ask((client) => lookAgain(client, settings, dn));

  return Object.freeze({
    ...(settings.bind && { recheck }),
    outside: () => [{ kind: "directory" as const, name, state: breaker.state }],
    async verify(user: string, password: string) {
      if (!user || !password) return null;
      // No account has such a name or password, so this reveals nothing.
      if (user.length > maxPasswordLength || password.length > maxPasswordLength) return null;
      return ask((client) => logIn(client, settings, user, password));
    },
  });
}

function requireLibrary(): void {
  try {
    import.meta.resolve("ldapts");
  } catch {
    throw new AuthError("invalid_options", "ldap needs a package that is not installed; run: npm install ldapts@8");
  }
}

async function logIn(
  client: Client,
  settings: LdapSettings,
  user: string,
  password: string,
): Promise<LdapIdentity | null> {
  const { users } = settings;
  await bindAsSearcher(client, settings);
  const found = "dn" in users ? fillTemplate(users.dn, { user }) : await findDn(client, users, user);
  const dn = found ?? settings.decoyDn;
  const right = (await isRight(client, dn, password)) && found !== undefined;
  // Read in any case, so that the time is equal; a failure matters only if the password was right.
  const entry = await readEntry(client, settings, dn).catch((error: unknown) => {
    if (right) throw error;
    return undefined;
  });
  if (!right) return null;
  if (entry === undefined) throw unavailable("the entry of a person cannot be read; grant it to bind.dn");
  return isDisabled(entry) ? null : toIdentity(client, settings, entry);
}

async function lookAgain(client: Client, settings: LdapSettings, dn: string): Promise<LdapIdentity | null> {
  const entry = await readEntry(client, settings, dn);
  return entry === undefined || isDisabled(entry) ? null : toIdentity(client, settings, entry);
}

async function toIdentity(client: Client, settings: LdapSettings, entry: Person): Promise<LdapIdentity> {
  const roles = await rolesOf(client, settings, entry);
  return { subject: subjectOf(entry, settings), roles, dn: entry.dn, attributes: attributesOf(entry, settings) };
}

async function bindAsSearcher(client: Client, { bind }: LdapSettings): Promise<void> {
  if (bind) await during("the bind of bind.dn", client.bind(bind.dn, bind.password));
}

async function findDn(
  client: Client,
  { base, filter }: { readonly base: string; readonly filter: string },
  user: string,
): Promise<string | undefined> {
  const options = { filter: fillTemplate(filter, { user }), attributes: ["1.1"], sizeLimit: 2 };
  const { searchEntries } = await during("the search for a person", client.search(base, options));
  // Taking one of two would depend on the order in which the directory answers.
  if (searchEntries.length > 1) throw unavailable("two entries match users.filter; make it match one");
  return searchEntries[0]?.dn;
}

async function isRight(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password);
    return true;
  } catch (error) {
    if (refusals.has((error as { code?: unknown } | null)?.code)) return false;
    throw unavailable(`the bind of a person failed (${reasonOf(error)})`);
  }
}

/** An entry, with attribute names in lower case, since servers spell them differently. */
interface Person {
  readonly dn: string;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

async function readEntry(client: Client, settings: LdapSettings, dn: string): Promise<Person | undefined> {
  await bindAsSearcher(client, settings);
  const wanted = ["uid", "memberOf", "userAccountControl", "pwdAccountLockedTime"];
  const attributes = [...new Set([settings.subject, ...settings.attributes, ...wanted])];
  const search = client.search(dn, { scope: "base", attributes }).catch(unlessGone);
  const { searchEntries } = await during("the look at an entry", search);
  return searchEntries[0] && toPerson(searchEntries[0]);
}

/** noSuchObject (RFC 4511 §A.1) is an answer: there is no such entry any more. */
function unlessGone(error: unknown): { readonly searchEntries: readonly Entry[] } {
  if ((error as { code?: unknown } | null)?.code === noSuchObject) return { searchEntries: [] };
  throw error;
}

function toPerson({ dn, ...attributes }: Entry): Person {
  const values = Object.entries(attributes).map(([name, value]): [string, string[]] => [
    name.toLowerCase(),
    // Binary values, such as a picture, cannot be a subject, a role or an attribute for a route.
    [value].flat().filter((one) => typeof one === "string"),
  ]);
  return { dn, values: new Map(values) };
}

function valuesOf({ values }: Person, name: string): readonly string[] {
  return values.get(name.toLowerCase()) ?? [];
}

/**
 * Whether the account is disabled, also for a directory that would still accept the password, such as a mirror of
 * another.
 */
function isDisabled(entry: Person): boolean {
  const control = valuesOf(entry, "userAccountControl").some((flags) => (Number(flags) & accountDisabled) !== 0);
  return control || valuesOf(entry, "pwdAccountLockedTime").length > 0;
}

function subjectOf(entry: Person, { subject }: LdapSettings): string {
  const [only, ...more] = valuesOf(entry, subject);
  if (only === undefined || more.length > 0) {
    throw unavailable(`an entry has not exactly one value of ${subject}; choose another attribute for subject`);
  }
  return only;
}

function attributesOf(entry: Person, { attributes }: LdapSettings): Record<string, readonly string[]> {
  return Object.fromEntries(attributes.map((name) => [name, valuesOf(entry, name)]));
}

async function rolesOf(client: Client, { groups, roles }: LdapSettings, entry: Person): Promise<string[]> {
  if (groups === undefined) return [];
  const { base, filter } = groups;
  const names = base === undefined ? valuesOf(entry, "memberOf") : await groupsOf(client, base, filter, entry);
  return [...new Set(names.flatMap((name) => roles.get(toComparableDn(name) ?? "") ?? []))];
}

async function groupsOf(client: Client, base: string, template: string, entry: Person): Promise<string[]> {
  const filters = template.includes("{uid}")
    ? valuesOf(entry, "uid").map((uid) => fillTemplate(template, { uid }))
    : [fillTemplate(template, { dn: entry.dn })];
  if (filters.length === 0) return [];
  const options = { filter: `(|${filters.join("")})`, attributes: ["1.1"], paged: { pageSize: 500 } };
  const { searchEntries } = await during("the search for groups", client.search(base, options));
  return searchEntries.map(({ dn }) => dn);
}

async function during<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unavailable(`${what} failed (${reasonOf(error)})`);
  }
}

/** Worded to follow the name of the directory. */
const unavailable = (message: string): AuthError => new AuthError("unavailable", message);
