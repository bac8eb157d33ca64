import { list, object, path, type Schema, text } from "./schema.js";

const keyHash: Schema = {
  type: "string",
  pattern: "^[0-9a-f]{64}$",
  title: "the SHA-256 of a public key, 64 lower-case hexadecimal digits",
};

/** A rule of `certificates`. @param roles the schema of a list of roles. */
export const certificateRules = (roles: (description: string) => Schema): Schema => ({
  ...list(
    object(
      {
        san: {
          type: "string",
          enum: ["dns", "uri", "email"],
          title: "dns, uri or email",
          description: "Look at the subject alternative names of this kind.",
        },
        field: text(
          "the short name of a field, such as CN",
          "Or look at this field of the subject's distinguished name.",
        ),
        value: text("a name", "The name must be exactly this; for `dns` without regard to case."),
        pattern: text("a regular expression", "Or the name as a whole must fit this regular expression."),
        subject: text(
          "a subject, such as ada or $1",
          "The subject of the caller. Default: the name. With `pattern`, `$1` and `$<group>` stand for parts of it.",
        ),
        roles: roles("Roles of the caller. Default: none."),
        issuer: path(
          "PEM of the authorities of which one must have signed the certificate itself. Default: any of `clientCa`.",
        ),
        keys: list(
          keyHash,
          "a list of SHA-256 of public keys",
          "The public keys that this subject may have: `openssl x509 -in FILE -pubkey -noout | openssl pkey -pubin -outform der | sha256sum`. A certificate that was renewed with another key is refused.",
        ),
        anyKey: {
          type: "boolean",
          title: "true or false",
          default: false,
          description: "In place of `keys`: whatever key the authority certifies for this name is good.",
        },
      },
      [],
      "Whom a certificate stands for: of which name, and what must hold beside.",
    ),
    "a list of rules",
    "For `ClientCertificate`: callers by the client certificate that TLS has verified (`listen[].tls.clientCa`), on requests without an `Authorization` field. The first rule that fits decides.",
  ),
  minItems: 1,
});
