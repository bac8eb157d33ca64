import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import { authRoutes } from "../../services/auth/auth-service.js";
import type { AuthRoutesOptions } from "../../services/auth/ticket-methods.js";
import { enterpriseRoutes } from "../../services/enterprise/deephaven-enterprise.js";
import { parseTrustedProxies } from "../route/forwarded.js";
import type { ServicesConfig } from "./own-config.js";

export interface ServiceOptions extends AuthRoutesOptions {
  readonly platform: Platform;
  /** Reads the configuration again, for callers with a role of `reloadRoles`. Default: reloading is refused. */
  readonly reload?: (() => Awaitable<string>) | undefined;
}

/**
 * Makes the routes of the services that the gateway answers itself.
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
