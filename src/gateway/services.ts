import type { Auth } from "../auth.js";
import type { Awaitable } from "../handlers/handler.js";
import type { Identity } from "../identity.js";
import type { Platform } from "../platform.js";
import { type AuthRoutesOptions, authRoutes } from "../services/auth-service.js";
import { enterpriseRoutes } from "../services/deephaven-enterprise.js";
import type { ServicesConfig } from "./config.js";
import { parseTrustedProxies } from "./forwarded.js";

export interface ServiceOptions extends AuthRoutesOptions {
  readonly platform: Platform;
  /** Reads the configuration again, for whoever may ask. Default: nobody may. */
  readonly reload?: (() => Awaitable<string>) | undefined;
}

/**
 * What the gateway answers itself.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createServiceRoutes<I extends Identity>(
  auth: Auth<I>,
  { deephavenEnterprise: enterprise }: ServicesConfig,
  { servicesOf, platform, reload }: ServiceOptions,
): ReturnType<typeof authRoutes> {
  const own = authRoutes(auth, { servicesOf });
  if (enterprise === undefined) return own;
  const { verifyTokenFrom, reloadRoles: roles, ...options } = enterprise;
  const others = enterpriseRoutes(auth, {
    ...options,
    platform,
    verifyTokenFrom: typeof verifyTokenFrom === "string" ? verifyTokenFrom : parseTrustedProxies(verifyTokenFrom),
    reload: reload && roles.length > 0 ? { roles, run: reload } : undefined,
  });
  return (router) => {
    own(router);
    others(router);
  };
}
