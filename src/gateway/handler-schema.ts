import { certificateRules } from "./certificate-schema.js";
import { ldapSchema } from "./ldap-schema.js";
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

const audience = text("the audience: what `aud` must contain", "`aud` must be or contain this.");
const algorithms = (fallback: string): Schema =>
  list(
    text("an algorithm, such as ES256", "An asymmetric algorithm."),
    "a list of algorithms, such as [ES256]",
    `What a token may be signed with. ${fallback}`,
  );

const claim = (description: string): Schema => ({
  type: ["string", "array"],
  minLength: 1,
  minItems: 1,
  items: text("the name of a claim", "A name."),
  title: "the name of a claim, such as groups or realm_access.roles, or a list of names",
  description,
});
const claims = {
  subjectClaim: claim("The claim that is the subject. Default: `sub`. With `email`, `email_verified` must be true."),
  rolesClaim: claim("The claim that holds roles or groups, a list of strings. Default: no roles."),
  groupRoles: mapOf(
    roles("The roles that this group gives."),
    { minLength: 1, title: "the name of a group" },
    "an object with a list of roles for each group",
    "The roles that groups of `rolesClaim` give; a group that is not here gives none. Default: each is a role of its name.",
  ),
};

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
    jwt: object(
      {
        issuer: text("the issuer: what `iss` must be", "`iss` must be exactly this."),
        audience,
        jwks: text(
          "the https URL of the issuer's keys",
          "Where the issuer publishes its keys. Default: the issuer's `/.well-known/jwks.json`.",
        ),
        algorithms: algorithms("Default: every asymmetric algorithm."),
        ...claims,
      },
      ["issuer", "audience"],
      "For `Bearer`: JSON Web Tokens of one issuer. It never sees Sallyport's own tokens.",
    ),
    oidc: object(
      {
        issuer: text(
          "the https URL of the provider, as it names itself",
          "The provider, to the last slash. Keys and algorithms come from its `/.well-known/openid-configuration`.",
        ),
        audience,
        algorithms: algorithms("Default: the asymmetric ones that the provider lists."),
        type: text("a type, such as at+jwt", "The `typ` that a token must have. Default: `JWT`, `at+jwt` or none."),
        opens: {
          type: "string",
          enum: ["nothing", "session"],
          title: "nothing or session",
          default: "nothing",
          description:
            "`session`: the token is a log-in, and the answer offers a session that ends with it at the latest.",
        },
        ...claims,
      },
      ["issuer", "audience"],
      "For `Bearer`: access tokens of an OpenID provider.",
    ),
    certificates: certificateRules(roles),
  },
  "What answers for this scheme.",
);

/** Two, because of `apiKeys` beside `jwt` or `oidc`; which two is checked where they are read. */
export const handler: Schema = { ...kinds, maxProperties: 2 };
