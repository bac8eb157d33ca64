import type { Caller } from "../sessions/session.js";
import type { RouteConfig } from "./config.js";

/** Does the route let this caller through? A session counts by the scheme that opened it. */
export function isPermitted(route: Pick<RouteConfig, "roles" | "schemes">, caller: Caller | undefined): boolean {
  const { roles, schemes } = route;
  if (roles.length > 0 && !caller?.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || (caller !== undefined && schemes.includes(caller.session?.scheme ?? caller.scheme));
}
