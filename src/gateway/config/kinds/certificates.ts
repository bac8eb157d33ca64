import { clientCertificate } from "../../../handlers/certificate/client-certificate.js";
import type { CertificateRule } from "../../../handlers/certificate/rules.js";
import { type ConfigPath, toPathText } from "../document.js";
import { faultOf, itemsOf, type ReadContext } from "../read-context.js";
import { choice, flag, list, object, path, type RawList, type Schema, text } from "../schema.js";
import { readPublicFile } from "../secrets.js";
import { roles } from "../shared-schemas.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface CertificatesConfig {
  /** The rules of `clientCertificate`, but with `pattern` as text until the handler is made. */
  readonly rules: readonly (Omit<CertificateRule, "pattern"> & { readonly pattern: string | undefined })[];
}

const keyHash: Schema<string> = {
  type: "string",
  pattern: "^[0-9a-f]{64}$",
  title: "the SHA-256 of a public key, 64 lower-case hexadecimal digits",
};

/** A rule as the file spells it. */
interface RawRule extends Omit<CertificateRule, "pattern" | "roles" | "keys"> {
  readonly pattern?: string;
  readonly roles?: RawList<string>;
  readonly keys?: RawList<string>;
}

const rule: Schema<RawRule> = object(
  {
    san: choice(["dns", "uri", "email"], undefined, "The subject alternative names of this kind are compared."),
    field: text(
      "the name or OID of a field, such as CN",
      "In place of `san`: this field of the subject's distinguished name is compared; runs of spaces count as one.",
    ),
    value: text("a name", "The name must be exactly this; for `dns` without regard to case."),
    pattern: text("a regular expression", "In place of `value`: the whole name must match this regular expression."),
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
    anyKey: flag("In place of `keys`: any key that the authority certifies for this name is accepted."),
  },
  [],
  "One rule: which certificates it accepts, and the subject that they stand for.",
);

type RawRules = RawList<RawRule>;

/** Makes the schema of a list of rules. */
export const certificateRules = (description: string): Schema<RawRules> => ({
  ...list(rule, "a list of rules", description),
  minItems: 1,
});

export const certificatesKind: HandlerKind<CertificatesConfig> = handlerKind({
  scheme: "ClientCertificate",
  opensNothing: true,
  needsCertificates: true,
  schema: certificateRules(
    "For `ClientCertificate`: callers by the client certificate that TLS has verified (`listen[].tls.clientCa`), on requests without an `Authorization` field. The first rule that fits decides.",
  ),
  read: (raw, path, context) => ({ rules: readCertificateRules(raw, path, context) }),
  rolesOf: ({ rules }) => rules.flatMap(({ roles = [] }) => roles),
  create: ({ rules }) => clientCertificate({ rules: toCertificateRules(rules) }),
});

export function readCertificateRules(
  raw: RawRules,
  path: ConfigPath,
  context: ReadContext,
): CertificatesConfig["rules"] {
  return raw.flatMap((one, index) => (one === undefined ? [] : [readRule(one, [...path, index], context)]));
}

export function toCertificateRules(rules: CertificatesConfig["rules"]): CertificateRule[] {
  return rules.map((rule) => ({
    ...rule,
    pattern: rule.pattern === undefined ? undefined : toPattern(rule.pattern),
  }));
}

function readRule(
  { pattern, roles, keys, issuer, ...same }: RawRule,
  path: ConfigPath,
  context: ReadContext,
): CertificatesConfig["rules"][number] {
  const at = (name: string): ConfigPath => [...path, name];
  if (pattern !== undefined && faultOf(() => toPattern(pattern)) !== undefined) {
    context.report(at("pattern"), `${toPathText(at("pattern"))} is no regular expression`);
  }
  const read = issuer === undefined ? undefined : readPublicFile(context.resolve(issuer));
  if (read !== undefined && "fault" in read) context.report(at("issuer"), `issuer: ${read.fault}`);
  return Object.freeze({
    ...same,
    pattern,
    roles: itemsOf(roles),
    keys: keys && itemsOf(keys),
    issuer: read !== undefined && "text" in read ? read.text : undefined,
  });
}

/** Compiles a pattern with the `u` flag, by which a lone bracket or a needless backslash is a fault. */
function toPattern(pattern: string): RegExp {
  return new RegExp(pattern, "u");
}
