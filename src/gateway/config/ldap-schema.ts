import { count, duration, flag, mapOf, object, path, type Schema, text } from "./schema.js";

const dn = (description: string): Schema =>
  text("a distinguished name, such as ou=people,dc=example,dc=org", description);

/** `ldap` of a handler. */
export function ldapSchema(secret: (note: string) => Schema, roles: (description: string) => Schema): Schema {
  return object(
    {
      url: {
        type: ["string", "array"],
        minLength: 1,
        minItems: 1,
        items: text("a URL", "A server."),
        title: "ldaps://HOST or ldap://HOST, or a list of them",
        description:
          "The directory. `ldap://` is upgraded by StartTLS. Of a list the first that can be reached is asked.",
      },
      ca: path("PEM file of the authorities that its certificate may come from. Default: those of Node."),
      startTls: {
        ...flag("Upgrade `ldap://` by StartTLS. Default: `true`; `false` for an address of this machine."),
        default: undefined,
      },
      insecure: flag("Let passwords cross the network in the clear: `ldap://` without StartTLS to another machine."),
      bind: object(
        { dn: dn("Its name."), password: secret("Its password.") },
        ["dn", "password"],
        "The account that searches. Without one the account of the person reads its own entry.",
      ),
      users: object(
        {
          base: dn("Where people are looked for."),
          filter: {
            ...text(
              "a filter with {user} in it",
              "With `base`: which entry is the person's. `{user}` is what was typed, escaped.",
            ),
            default: "(uid={user})",
          },
          dn: text("a distinguished name with {user} in it", "In place of `base`: nothing is looked for."),
        },
        [],
        "Where people are: `base`, or `dn`.",
      ),
      subject: {
        ...text("an attribute", "The attribute that holds the subject: one value, which names one account for good."),
        default: "uid",
      },
      groups: object(
        {
          base: dn("Groups below it that name the person are looked for. Default: `memberOf` of the person is read."),
          member: {
            type: "string",
            enum: ["member", "uniqueMember", "memberUid"],
            title: "member, uniqueMember or memberUid",
            default: "member",
            description: "With `base`: the attribute in which a group names its members.",
          },
          nested: flag("With `base`, Active Directory only: groups in groups count."),
          roles: mapOf(
            roles("The roles that this group gives."),
            { minLength: 1, title: "the distinguished name of a group" },
            "an object with a list of roles for each group",
            "The roles that groups give, by their distinguished name. A group that is not here gives none.",
          ),
        },
        ["roles"],
        "Which groups give which roles. Default: no roles.",
      ),
      decoyDn: dn("An account that nobody uses: its password is checked where nobody has the name that was typed."),
      timeout: duration("5s", "All of one log-in, waiting included."),
      connectTimeout: duration("2s", "When the next of several servers is tried."),
      maxConnections: count(8, "Log-ins at a time, each with a connection of its own."),
    },
    ["url", "users"],
    "For `Basic`: people of an LDAP directory or Active Directory. Needs the package `ldapts`.",
  );
}
