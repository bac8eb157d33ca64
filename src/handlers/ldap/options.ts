import { X509Certificate } from "node:crypto";
import { AuthError } from "../../base/errors.js";
import { isLoopback } from "../../base/ip-address.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { emitWarning } from "../../base/warn.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import { toComparableDn } from "./names.js";

/** Options of `ldap`. In templates `{user}` stands for the name that the user typed, escaped. */
export interface LdapOptions {
  /**
   * The directory: `ldaps://host`, or `ldap://host`, which is then upgraded by StartTLS. Of several, the next is tried
   * when one cannot be reached. Default ports: 636 and 389.
   */
  readonly url: string | readonly string[];
  /** The authorities that may have issued the directory's certificate, in PEM. Default: those of Node. */
  readonly ca?: string | readonly string[] | undefined;
  /** Upgrade `ldap://` by StartTLS. Default: `true`; `false` for a loopback address. */
  readonly startTls?: boolean | undefined;
  /**
   * Allow passwords to cross the network in the clear: `ldap://` without StartTLS to another machine. Default: `false`.
   */
  readonly insecure?: boolean | undefined;
  /**
   * The account that searches and reads entries. Default: none; the search is anonymous, and the user's own account
   * reads the entry.
   */
  readonly bind?: { readonly dn: string; readonly password: string } | undefined;
  /**
   * Where the users are. With `base`, the handler searches for the one entry below it that matches `filter` (default
   * `(uid={user})`), and checks the password of that entry. With `dn`, such as
   * `uid={user},ou=people,dc=example,dc=org`, it does not search.
   */
  readonly users: { readonly base: string; readonly filter?: string | undefined } | { readonly dn: string };
  /**
   * The attribute that holds the subject: it must have one value, which never names another account later. Default:
   * `uid`.
   */
  readonly subject?: string | undefined;
  /** Further attributes of the entry for the identity, such as `mail`. Default: none. */
  readonly attributes?: readonly string[] | undefined;
  /** The groups that give roles. Default: no roles. */
  readonly groups?: LdapGroups | undefined;
  /**
   * An unused account, without rights and exempt from lock-out. For an unknown user name the handler checks the
   * password at this account, so that the time does not reveal which users exist. Default: a name that does not exist,
   * which suffices if the directory checks passwords in microseconds.
   */
  readonly decoyDn?: string | undefined;
  /**
   * How long one log-in may take, waiting included, in milliseconds. Default: 5,000, below the deadline of handlers.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * After how long the next of several servers is tried, in milliseconds. Default: 2,000, so that two can be tried
   * within `timeoutMs`.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** The most log-ins at a time, each with its own connection. Default: 8. */
  readonly maxConnections?: number | undefined;
  /** The most log-ins that wait for a connection; further ones are `unavailable` (503). Default: 64. */
  readonly maxWaiting?: number | undefined;
  /**
   * Called when the directory does not answer any more, with why and what to do, and when it does again. Default:
   * `process.emitWarning`.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** The clock, timers and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

const groupsKinds: OptionKinds<LdapGroups> = { base: "string", member: "any", nested: "boolean", roles: "object!" };

const ldapKinds: OptionKinds<LdapOptions> = {
  url: "string|list!",
  ca: "string|list",
  startTls: "boolean",
  insecure: "boolean",
  bind: { dn: "string", password: "string" },
  users: { base: "string", filter: "string", dn: "string" },
  subject: "string",
  attributes: "strings",
  groups: groupsKinds,
  decoyDn: "string",
  timeoutMs: "number",
  connectTimeoutMs: "number",
  maxConnections: "number",
  maxWaiting: "number",
  onWarning: "function",
  platform: "object",
};

/** How to find a user's groups, and the roles that they give. */
export interface LdapGroups {
  /** Search below this entry for groups that name the user. Default: read the user's `memberOf`. */
  readonly base?: string | undefined;
  /**
   * With `base`: the attribute in which a group names its members. `memberUid` holds a `uid`, the others a DN. Default:
   * `member`.
   */
  readonly member?: "member" | "uniqueMember" | "memberUid" | undefined;
  /**
   * With `base`, Active Directory only: include groups that contain the user's groups (matching rule
   * 1.2.840.113556.1.4.1941). Default: `false`.
   */
  readonly nested?: boolean | undefined;
  /** The roles by the DN of the group. Other groups give none. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

export interface LdapServer {
  readonly host: string;
  readonly port: number;
  readonly transport: "ldaps" | "startTls" | "plain";
}

/** The options with every default filled in. */
export interface LdapSettings {
  readonly servers: readonly LdapServer[];
  readonly ca: readonly string[] | undefined;
  readonly bind: { readonly dn: string; readonly password: string } | undefined;
  readonly users: { readonly base: string; readonly filter: string } | { readonly dn: string };
  /** The account whose password is checked for an unknown user name. */
  readonly decoyDn: string;
  readonly subject: string;
  readonly attributes: readonly string[];
  readonly groups: { readonly base: string | undefined; readonly filter: string } | undefined;
  /** The roles by comparable DN. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxWaiting: number;
  readonly onWarning: (message: string) => void;
  readonly platform: Platform;
}

/**
 * Fills in the defaults and checks the options.
 *
 * @throws {AuthError} `invalid_options`; the message says what to do and holds no password
 */
export function resolveLdapOptions(options: LdapOptions): LdapSettings {
  requireOptions("ldap", options, ldapKinds);
  const platform = options.platform ?? systemPlatform;
  const bind = options.bind && Object.freeze({ dn: options.bind.dn, password: options.bind.password });
  if (bind && (!bind.dn || !bind.password)) {
    refuse("bind needs dn and password: with an empty one a directory lets any client search anonymously");
  }
  const users = resolveUsers(options);
  return Object.freeze({
    servers: Object.freeze([options.url].flat().map((url) => toServer(url, options))),
    ca: options.ca === undefined ? undefined : [options.ca].flat().map(requireCertificate),
    bind,
    users,
    decoyDn: resolveDecoy(options.decoyDn, "base" in users ? users.base : users.dn, platform),
    subject: requireAttribute("subject", options.subject ?? "uid"),
    attributes: (options.attributes ?? []).map((name) => requireAttribute("attributes", name)),
    groups: options.groups && resolveGroups(options.groups),
    roles: new Map(Object.entries(options.groups?.roles ?? {}).map(([dn, roles]) => [requireDn(dn), [...roles]])),
    timeoutMs: requireWholeNumber("ldap: timeoutMs", options.timeoutMs ?? 5_000, 1),
    connectTimeoutMs: requireWholeNumber("ldap: connectTimeoutMs", options.connectTimeoutMs ?? 2_000, 1),
    maxConnections: requireWholeNumber("ldap: maxConnections", options.maxConnections ?? 8, 1),
    maxWaiting: requireWholeNumber("ldap: maxWaiting", options.maxWaiting ?? 64, 1),
    onWarning: options.onWarning ?? emitWarning,
    platform,
  });
}

function toServer(text: string, { startTls, insecure = false }: LdapOptions): LdapServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["ldap:", "ldaps:"].includes(url.protocol) || url.hostname === "") {
    refuse("url must be ldaps://host or ldap://host");
  }
  if (!["", "/"].includes(url.pathname) || url.search !== "" || url.hash !== "" || url.username !== "") {
    refuse("url holds a host and a port; write the base into users.base, and the account into bind");
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "ldaps:";
  const port = url.port === "" ? (secure ? 636 : 389) : Number(url.port);
  if (secure) return Object.freeze({ host, port, transport: "ldaps" });
  const plainly = isLoopback(host) || insecure;
  if (startTls ?? !plainly) return Object.freeze({ host, port, transport: "startTls" });
  if (!plainly) {
    refuse(`url ldap://${host} without StartTLS shows passwords to the network; use ldaps://, or set insecure: true`);
  }
  return Object.freeze({ host, port, transport: "plain" });
}

function resolveUsers({ users }: LdapOptions): LdapSettings["users"] {
  if (users !== undefined && "dn" in users) {
    if ("base" in users) refuse("users must have either dn, which needs no search, or base");
    if (!users.dn.includes("{user}") || toComparableDn(users.dn.replaceAll("{user}", "x")) === undefined) {
      refuse("users.dn must be a distinguished name with {user} in it, such as uid={user},ou=people,dc=example,dc=org");
    }
    return Object.freeze({ dn: users.dn });
  }
  const { base, filter = "(uid={user})" } = users ?? {};
  if (base === undefined || toComparableDn(base) === undefined) {
    refuse("users needs base, such as ou=people,dc=example,dc=org, or dn");
  }
  if (!filter.includes("{user}") || !/^\(.*\)$/.test(filter)) refuse("users.filter must be (…) with {user} in it");
  return Object.freeze({ base, filter });
}

/** Checks `decoyDn`. Default: a random name, which no account can have. */
function resolveDecoy(dn: string | undefined, base: string, platform: Platform): string {
  if (dn === undefined) return `cn=${Buffer.from(platform.random(16)).toString("hex")},${base}`;
  requireDn(dn);
  return dn;
}

function resolveGroups({ base, member = "member", nested = false }: LdapGroups): NonNullable<LdapSettings["groups"]> {
  if (base !== undefined && toComparableDn(base) === undefined) refuse("groups.base must be a distinguished name");
  if (nested && (base === undefined || member !== "member")) {
    refuse("groups.nested needs groups.base: memberOf names only the groups that hold the user directly");
  }
  if (member === "memberUid") return Object.freeze({ base, filter: "(memberUid={uid})" });
  return Object.freeze({ base, filter: `(${member}${nested ? ":1.2.840.113556.1.4.1941:" : ""}={dn})` });
}

/** Returns the comparable form of a distinguished name, or throws. */
function requireDn(dn: string): string {
  return (
    toComparableDn(dn) ??
    refuse(
      `${JSON.stringify(dn)} is no distinguished name; write all of it, such as cn=admins,ou=groups,dc=example,dc=org`,
    )
  );
}

/** Checks a certificate at start, since TLS ignores one that it cannot read, and then no directory is trusted. */
function requireCertificate(pem: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    return refuse("ca must be the text of a certificate in PEM, -----BEGIN CERTIFICATE-----");
  }
}

function requireAttribute(option: string, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) refuse(`${option} must name attributes, such as uid or mail`);
  return name;
}

function refuse(message: string): never {
  throw new AuthError("invalid_options", `ldap: ${message}`);
}
