import { clientCertificate } from "../../../handlers/certificate/client-certificate.js";
import type { ForwardedCertificateField } from "../../../handlers/certificate/forwarded-certificate.js";
import { choice, object } from "../schema.js";
import { type CertificatesConfig, certificateRules, readCertificateRules, toCertificateRules } from "./certificates.js";
import { type HandlerKind, handlerKind } from "./handler-kind.js";

export interface ForwardedCertificatesConfig extends CertificatesConfig {
  readonly field: ForwardedCertificateField;
}

export const forwardedCertificatesKind: HandlerKind<ForwardedCertificatesConfig> = handlerKind({
  scheme: "ClientCertificate",
  opensNothing: true,
  needsProxies: true,
  schema: object(
    {
      field: choice(
        ["Client-Cert", "X-Forwarded-Client-Cert"],
        undefined,
        "The field in which the proxy forwards it: that of RFC 9440, or Envoy's with `Cert`.",
      ),
      rules: certificateRules("The rules, as of `certificates`. The first one that fits decides."),
    },
    ["field", "rules"],
    "In place of `certificates`: the certificate that one of `trustedProxies` has verified and forwards counts, too. The proxy must remove the field of its clients.",
  ),
  read({ field, rules }, path, context) {
    if (field === undefined || rules === undefined) return undefined;
    return { field, rules: readCertificateRules(rules, [...path, "rules"], context) };
  },
  rolesOf: ({ rules }) => rules.flatMap(({ roles = [] }) => roles),
  create: ({ field, rules }) => clientCertificate({ rules: toCertificateRules(rules), forwarded: field }),
});
