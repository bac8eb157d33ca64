import { anonymous } from "../../handlers/anonymous.js";
import { apiKey } from "../../handlers/api-key/api-key.js";
import { apiKeyFile } from "../../handlers/api-key/file.js";
import { clientCertificate } from "../../handlers/certificate/client-certificate.js";
import { chain } from "../../handlers/chain.js";
import { type ExternalHandler, type ExternalOptions, external } from "../../handlers/external/external.js";
import type { Handler } from "../../handlers/handler.js";
import { ldap } from "../../handlers/ldap/ldap.js";
import { createClaimMapping } from "../../handlers/oidc/claim-mapping.js";
import { jwt } from "../../handlers/oidc/jwt.js";
import { oidc } from "../../handlers/oidc/oidc.js";
import { basic } from "../../handlers/password/basic.js";
import type { UserFile } from "../../handlers/password/file.js";
import { htpasswdFile } from "../../handlers/password/htpasswd-file.js";
import { userFile } from "../../handlers/password/user-file.js";
import { preSharedKey } from "../../handlers/pre-shared-key.js";
import { authorizedKeys } from "../../handlers/private-key/authorized-keys.js";
import { privateKey } from "../../handlers/private-key/private-key.js";
import type { Identity } from "../../model/identity.js";
import type { HandlerConfig } from "./config.js";
import { toPattern } from "./read-certificates.js";

/**
 * Makes the handler of one entry of `handlers`: a row for each kind.
 *
 * @param onWarning told when an edited user file was not taken, or a provider cannot be asked.
 * @throws {AuthError} `invalid_options`; never with a secret.
 */
export function createHandler(config: HandlerConfig, onWarning: (message: string) => void): Handler<Identity> {
  switch (config.kind) {
    case "users":
    case "htpasswd":
      return basic(createUserFile(config, onWarning));
    case "ldap":
      return basic(ldap(config.options));
    case "keys":
      return preSharedKey(config);
    case "chain":
      return chain(
        config.scheme,
        config.links.map((link) => createHandler(link, onWarning)),
      );
    case "certificates": {
      const rules = config.rules.map(({ pattern, ...rule }) => ({
        ...rule,
        pattern: pattern === undefined ? undefined : toPattern(pattern),
      }));
      return clientCertificate({ rules });
    }
    case "apiKeys":
      return apiKey({ scheme: config.scheme, keys: apiKeyFile(config.file, { onWarning }) });
    case "authorizedKeys": {
      const { file, rawChallenges, allowLegacyDsa } = config;
      return privateKey({ keys: authorizedKeys(file, { allowLegacyDsa, onWarning }), rawChallenges, allowLegacyDsa });
    }
    case "jwt": {
      const { issuer, audience, jwks, algorithms } = config;
      const mapClaims = createClaimMapping("jwt", issuer, config.claims);
      return jwt<Identity>({ issuer, audience, jwks, ...(algorithms && { algorithms }), toIdentity: mapClaims });
    }
    case "oidc":
      return oidc({ ...config, ...config.claims, onWarning });
    case "anonymous":
      return anonymous({ scheme: config.scheme, identity: config.identity });
    case "external":
      return createExternal(config.options, { onWarning });
    default:
      return config satisfies never;
  }
}

/** The handler of browser log-ins, with its pages. */
export function createExternal(
  options: ExternalOptions,
  own: Pick<ExternalOptions, "onWarning" | "platform">,
): ExternalHandler {
  // A spread passes over the secret.
  return external({ ...options, ...own, clientSecret: options.clientSecret });
}

/** The users of a `Basic` handler, who are also whom others may operate as. */
export function createUserFile(
  config: Extract<HandlerConfig, { kind: "users" | "htpasswd" }>,
  onWarning: (message: string) => void,
): UserFile {
  if (config.kind === "users") return userFile(config.file, { onWarning });
  return htpasswdFile(config.file, { roles: config.roles, onWarning });
}
