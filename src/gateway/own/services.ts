import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import { authRoutes } from "../../services/auth/auth-service.js";
import type { AuthRoutesOptions } from "../../services/auth/ticket-methods.js";
import { enterpriseRoutes } from "../../services/enterprise/deephaven-enterprise.js";
import { createHealthRoutes, type Ready } from "../../services/health.js";
import { createReflectionRoutes } from "../../services/reflection.js";
import { parseTrustedProxies } from "../route/forwarded.js";
import type { EnterpriseConfig, ServicesConfig } from "./own-config.js";
import { ownServicesOf } from "./own-services.js";

export interface ServiceOptions extends AuthRoutesOptions {
  readonly platform: Platform;
  /** Reads the configuration again, for callers with a role of `reloadRoles`. Default: reloading is refused. */
  readonly reload?: (() => Awaitable<string>) | undefined;
  /** Default: the gateway is always ready. */
  readonly ready?: Ready | undefined;
  /** Aborted when the gateway stops, or goes on with another configuration. */
  readonly ending?: AbortSignal | undefined;
}

/** Stands for a check where none is made. */
export const alwaysReady: Ready = () => Promise.resolve(undefined);

/**
 * Makes the routes of the services that the gateway answers itself.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createServiceRoutes<I extends Identity>(
  auth: Auth<I>,
  config: ServicesConfig,
  options: ServiceOptions,
): ReturnType<typeof authRoutes> {
  const { servicesOf, ready = alwaysReady, ending, platform } = options;
  const services = ownServicesOf(config);
  const names = new Set(services.map(({ typeName }) => typeName));
  const all = [
    authRoutes(auth, { servicesOf }),
    ...(config.deephavenEnterprise ? [createEnterpriseRoutes(auth, config.deephavenEnterprise, options)] : []),
    ...(config.health ? [createHealthRoutes({ ready, names, ending, platform })] : []),
    ...(config.reflection ? [createReflectionRoutes(services)] : []),
  ];
  return (router) => {
    for (const routes of all) routes(router);
  };
}

function createEnterpriseRoutes<I extends Identity>(
  auth: Auth<I>,
  enterprise: EnterpriseConfig,
  { platform, reload }: Pick<ServiceOptions, "platform" | "reload">,
): ReturnType<typeof enterpriseRoutes> {
  const { verifyTokenFrom, reloadRoles: roles, ...options } = enterprise;
  return enterpriseRoutes(auth, {
    ...options,
    platform,
    verifyTokenFrom: typeof verifyTokenFrom === "string" ? verifyTokenFrom : parseTrustedProxies(verifyTokenFrom),
    reload: reload && roles.length > 0 ? { roles, run: reload } : undefined,
  });
}
