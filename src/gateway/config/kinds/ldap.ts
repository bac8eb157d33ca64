import { withSecret } from "../../../base/with-secret.js";
import { ldap } from "../../../handlers/ldap/ldap.js";
import type { LdapOptions } from "../../../handlers/ldap/options.js";
import { basic } from "../../../handlers/password/basic.js";
import { type ConfigPath, toPathText } from "../document.js";
import { inMs } from "../in-ms.js";
import { itemsOfEach, oneOrItems, type ReadContext } from "../read-context.js";
import { readSecret } from "../read-secret.js";
import { choice, count, duration, flag, object, path, type RawList, type RawOf, type Schema, text } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { rolesByGroup, secret } from "../shared-schemas.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface LdapConfig {
  readonly options: LdapOptions;
}

const dn = (description: string): Schema<string> =>
  text("a distinguished name, such as ou=people,dc=example,dc=org", description);

const urls: Schema<string | RawList<string>> = {
  type: ["string", "array"],
  minLength: 1,
  minItems: 1,
  items: text("a URL", "A server."),
  title: "ldaps://HOST or ldap://HOST, or a list of them",
  description:
    "The directory. `ldap://` is upgraded by StartTLS. Of a list the first server that can be reached is asked.",
};

const bind = object(
  { dn: dn("Its name."), password: secret("Its password.") },
  ["dn", "password"],
  "The account that searches. Default: the person's own account reads its own entry.",
);

const users = object(
  {
    base: dn("The entry below which people are searched."),
    filter: {
      ...text(
        "a filter with {user} in it",
        "With `base`: the filter that finds the person's entry. `{user}` is the name that was typed, escaped.",
      ),
      default: "(uid={user})",
    },
    dn: text("a distinguished name with {user} in it", "In place of `base`: the person's entry, without a search."),
  },
  [],
  "How a person's entry is found: by `base`, or by `dn`.",
);

const groups = object(
  {
    base: dn("Groups below this entry that name the person are searched. Default: `memberOf` of the person is read."),
    member: choice(
      ["member", "uniqueMember", "memberUid"],
      "member",
      "With `base`: the attribute in which a group names its members.",
    ),
    nested: flag("With `base`, Active Directory only: groups in groups count."),
    roles: rolesByGroup(
      { minLength: 1, title: "the distinguished name of a group" },
      "The roles that groups give, by their distinguished name. A group that is not here gives none.",
    ),
  },
  ["roles"],
  "Which groups give which roles. Default: no roles.",
);

const schema = object(
  {
    url: urls,
    ca: path("PEM file of the authorities that its certificate may come from. Default: those of Node."),
    startTls: {
      ...flag("Upgrade `ldap://` by StartTLS. Default: `true`; `false` for an address of this machine."),
      default: undefined,
    },
    insecure: flag("Let passwords cross the network in the clear: `ldap://` without StartTLS to another machine."),
    bind,
    users,
    subject: {
      ...text("an attribute", "The attribute that holds the subject: one value, which names one account for good."),
      default: "uid",
    },
    groups,
    decoyDn: dn("An unused account, whose password is checked when no entry has the name that was typed."),
    timeout: duration("5s", "How long one log-in may take, waiting included."),
    connectTimeout: duration("2s", "How long to wait for a connection before the next of several servers is tried."),
    maxConnections: count(8, "Log-ins at a time, each with a connection of its own."),
  },
  ["url", "users"],
  "For `Basic`: people of an LDAP directory or Active Directory. Needs the package `ldapts`.",
);

export const ldapKind: HandlerKind<LdapConfig> = handlerKind({
  scheme: "Basic",
  schema,
  toBeAsked: "give ldap.bind, an account that searches",
  read(raw, path, context) {
    const { url, users, groups, ca, bind, ...same } = inMs(schema, raw);
    if (url === undefined || users === undefined) return undefined;
    const account = bind && readBind(bind, [...path, "bind"], context);
    const authorities = ca === undefined ? undefined : readAuthorities(ca, [...path, "ca"], context);
    if ((bind && account === undefined) || (ca !== undefined && authorities === undefined)) return undefined;
    const options: LdapOptions = {
      ...same,
      url: oneOrItems(url),
      users: users as LdapOptions["users"],
      bind: account,
      ca: authorities,
      groups: groups && { ...groups, roles: itemsOfEach(groups.roles ?? {}) },
    };
    return { options: Object.freeze(options) };
  },
  rolesOf: ({ options }) => Object.values(options.groups?.roles ?? {}).flat(),
  dependsOn: ({ options }) => [{ kind: "directory", options }],
  create: ({ options }, _scheme, onWarning) => basic(ldap({ ...options, onWarning })),
});

function readBind({ dn, password }: RawOf<typeof bind>, path: ConfigPath, context: ReadContext): LdapOptions["bind"] {
  if (dn === undefined || password === undefined) return undefined;
  const secret = readSecret(password, [...path, "password"], context);
  return secret === undefined ? undefined : Object.freeze(withSecret({ dn }, { password: secret }));
}

function readAuthorities(ca: string, path: ConfigPath, context: ReadContext): string | undefined {
  const found = readPublicFile(context.resolve(ca));
  if ("text" in found) return found.text;
  context.report(path, `${toPathText(path)}: ${found.fault}`);
  return undefined;
}
