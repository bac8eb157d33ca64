import { certificateRules } from "./certificate-schema.js";
import { ldapSchema } from "./ldap-schema.js";
import { externalSchema, tokenSchemas } from "./oidc-schema.js";
import { flag, list, mapOf, object, oneOf, path, type Schema, text } from "./schema.js";

export const schemeName: Schema = { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", title: "a scheme (RFC 9110 §5.6.2)" };

export const plainName: Schema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  title: "a name of letters, digits and . _ -",
};

const role: Schema = { type: "string", pattern: "^[\\w.@/-]+$", title: "a role: letters, digits and any of _ . @ / -" };

export const roles = (description: string): Schema => list(role, "a list of roles, such as [user]", description);

const secret = (note: string): Schema => ({
  type: ["string", "object"],
  title: `a secret: \${NAME} of the environment, or { file: PATH }`,
  description: `${note} \`\${NAME}\` takes it from the environment, \`{ file: PATH }\` from a file that only its owner can read.`,
  minLength: 1,
  properties: { file: path("A file with the secret and nothing else; a newline at its end does not count.") },
  required: ["file"],
  additionalProperties: false,
});

const kinds: Schema = oneOf(
  {
    users: path(
      "For `Basic`: a file of lines `name:hash:roles`, with hashes from `sallyport hash-password`. An edit takes effect within a second.",
    ),
    htpasswd: object(
      {
        file: path(
          "A file of lines `name:hash`, with bcrypt (cost 10 to 15) or argon2id. An edit takes effect within a second.",
        ),
        roles: roles("Roles of everybody in it. Default: none."),
      },
      ["file"],
      "For `Basic`: an `htpasswd` file, as web servers read. bcrypt needs the package `@node-rs/bcrypt`.",
    ),
    ldap: ldapSchema(secret, roles),
    keys: mapOf(
      {
        ...object(
          {
            key: secret("Kept as SHA-256 only."),
            sha256: {
              type: "string",
              pattern: "^[0-9a-f]{64}$",
              title: "the SHA-256 of the key, 64 lower-case hexadecimal digits",
              description: 'In place of `key`: `printf %s "$KEY" | sha256sum`. Then this file holds no secret.',
            },
            roles: roles("Roles of whoever presents this key."),
          },
          [],
          "One key. Its name is the subject of the caller.",
        ),
      },
      plainName,
      "an object with a key for each name",
      "For any scheme but `Basic`: keys that programs were given in advance, `Authorization: <scheme> <key>`.",
    ),
    apiKeys: path(
      "For any scheme but `Basic`, usually `ApiKey` or `Bearer`: a file of API keys, made by `sallyport api-keys new`. An edit takes effect within a second. For `Bearer` it may stand beside `jwt` or `oidc`: the prefix `spk_` tells them apart.",
    ),
    authorizedKeys: object(
      {
        file: path(
          "A file of lines `user key`, with keys as OpenSSH, Deephaven or `sallyport keygen` write them. An edit takes effect within a second.",
        ),
        rawChallenges: flag(
          "Also take signatures over a bare nonce, as clients of Deephaven Enterprise make them. They are bound to nothing.",
        ),
        allowLegacyDsa: flag(
          "With `rawChallenges`: take DSA keys of old Deephaven installations. They are no longer safe.",
        ),
      },
      ["file"],
      "For `PublicKey`: log-in by a private key, through the RPCs `GetChallenge` and `LogIn`.",
    ),
    ...tokenSchemas(roles),
    external: externalSchema(secret, roles),
    anonymous: object(
      {
        subject: text("a subject, such as guest", "Who an anonymous caller is."),
        roles: roles("Roles of such a caller. Default: none."),
      },
      ["subject"],
      "Lets in whoever names this scheme: not the same as a route that welcomes calls without credentials.",
    ),
    certificates: certificateRules(roles),
  },
  "What answers for this scheme.",
);

/** Two, because of `apiKeys` beside `jwt` or `oidc`; which two is checked where they are read. */
export const handler: Schema = { ...kinds, maxProperties: 2 };
