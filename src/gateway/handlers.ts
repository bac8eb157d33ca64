import { apiKey } from "../handlers/api-key.js";
import { apiKeyFile } from "../handlers/api-key-file.js";
import { basic } from "../handlers/basic.js";
import { chain } from "../handlers/chain.js";
import { createClaimMapping } from "../handlers/claim-mapping.js";
import type { Handler } from "../handlers/handler.js";
import { htpasswdFile } from "../handlers/htpasswd-file.js";
import { jwt } from "../handlers/jwt.js";
import { oidc } from "../handlers/oidc.js";
import { preSharedKey } from "../handlers/pre-shared-key.js";
import { userFile } from "../handlers/user-file.js";
import type { Identity } from "../identity.js";
import type { HandlerConfig } from "./config.js";

/**
 * Makes the handler of one entry of `handlers`: a row for each kind.
 *
 * @param onWarning told when an edited user file was not taken, or a provider cannot be asked.
 * @throws {AuthError} `invalid_options`; never with a secret.
 */
export function createHandler(config: HandlerConfig, onWarning: (message: string) => void): Handler<Identity> {
  switch (config.kind) {
    case "users":
      return basic(userFile(config.file, { onWarning }));
    case "htpasswd":
      return basic(htpasswdFile(config.file, { roles: config.roles, onWarning }));
    case "keys":
      return preSharedKey(config);
    case "chain":
      return chain(
        config.scheme,
        config.links.map((link) => createHandler(link, onWarning)),
      );
    case "apiKeys":
      return apiKey({ scheme: config.scheme, keys: apiKeyFile(config.file, { onWarning }) });
    case "jwt": {
      const { issuer, audience, jwks, algorithms } = config;
      const mapClaims = createClaimMapping("jwt", issuer, config.claims);
      return jwt<Identity>({ issuer, audience, jwks, ...(algorithms && { algorithms }), toIdentity: mapClaims });
    }
    case "oidc":
      return oidc({ ...config, ...config.claims, onWarning });
    default:
      return config satisfies never;
  }
}
