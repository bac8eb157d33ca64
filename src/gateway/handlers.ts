import { basic } from "../handlers/basic.js";
import type { Handler } from "../handlers/handler.js";
import { htpasswdFile } from "../handlers/htpasswd-file.js";
import { jwt } from "../handlers/jwt.js";
import { preSharedKey } from "../handlers/pre-shared-key.js";
import { userFile } from "../handlers/user-file.js";
import type { Identity } from "../identity.js";
import type { HandlerConfig } from "./config.js";

/**
 * Makes the handler of one entry of `handlers`: a row for each kind.
 *
 * @param onWarning told when an edited user file was not taken.
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
    case "jwt": {
      const { issuer, audience, jwks, algorithms, rolesClaim } = config;
      return jwt<Identity>({
        issuer,
        audience,
        jwks,
        ...(algorithms && { algorithms }),
        toIdentity: ({ sub, iss, ...claims }) =>
          typeof sub === "string" && { subject: sub, issuer: iss ?? issuer, roles: toRoles(rolesClaim, claims) },
      });
    }
    default:
      return config satisfies never;
  }
}

/** Strings of a list. A claim of another form gives no role rather than a guessed one. */
function toRoles(name: string | undefined, claims: Readonly<Record<string, unknown>>): string[] {
  const value = name !== undefined && Object.hasOwn(claims, name) ? claims[name] : undefined;
  return Array.isArray(value) ? value.filter((role) => typeof role === "string") : [];
}
