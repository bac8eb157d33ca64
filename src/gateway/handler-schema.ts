import { list, mapOf, object, oneOf, path, type Schema, text } from "./schema.js";

export const schemeName: Schema = { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", title: "a scheme (RFC 9110 §5.6.2)" };
export const plainName: Schema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  title: "a name of letters, digits and . _ -",
};
const role: Schema = { type: "string", pattern: "^[\\w.@/-]+$", title: "a role: letters, digits and any of _ . @ / -" };
export const roles = (description: string): Schema => list(role, "a list of roles, such as [user]", description);

const secret: Schema = {
  type: ["string", "object"],
  title: `a secret: \${NAME} of the environment, or { file: PATH }`,
  description:
    `\`\${NAME}\` takes it from the environment, \`{ file: PATH }\` from a file that only its owner can read. ` +
    "It is kept as SHA-256 only.",
  minLength: 1,
  properties: { file: path("A file with the secret and nothing else; a newline at its end does not count.") },
  required: ["file"],
  additionalProperties: false,
};

export const handler: Schema = oneOf(
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
    keys: mapOf(
      {
        ...object(
          {
            key: secret,
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
    jwt: object(
      {
        issuer: text("the issuer: what `iss` must be", "`iss` must be exactly this."),
        audience: text("the audience: what `aud` must contain", "`aud` must be or contain this."),
        jwks: text(
          "the https URL of the issuer's keys",
          "Where the issuer publishes its keys. Default: the issuer's `/.well-known/jwks.json`.",
        ),
        algorithms: list(
          text("an algorithm, such as ES256", "An asymmetric algorithm."),
          "a list of algorithms, such as [ES256]",
          "What a token may be signed with. Default: every asymmetric algorithm.",
        ),
        rolesClaim: text(
          "the name of a claim",
          "The claim that holds the roles, a list of strings. Default: no roles.",
        ),
      },
      ["issuer", "audience"],
      "For `Bearer`: JSON Web Tokens of one issuer. It never sees Sallyport's own tokens.",
    ),
  },
  "What answers for this scheme.",
);
