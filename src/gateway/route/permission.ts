import type { StepUp } from "../../model/decision.js";
import type { Caller } from "../../model/session.js";
import type { RouteConfig } from "./route-config.js";

/** What a route asks of `authenticate`. One that asks for a role, a scheme or a log-in asks for somebody. */
export function toRequirements({ anonymous, roles, schemes, stepUp }: RouteConfig): Requirements {
  return { anonymous: anonymous && roles.length === 0 && schemes.length === 0 && stepUp === undefined, stepUp };
}

interface Requirements {
  readonly anonymous: boolean;
  readonly stepUp: StepUp | undefined;
}

/** Does the route let this caller through? A session counts by the scheme that opened it. */
export function isPermitted(route: Pick<RouteConfig, "roles" | "schemes">, caller: Caller | undefined): boolean {
  const { roles, schemes } = route;
  if (roles.length > 0 && !caller?.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || (caller !== undefined && schemes.includes(caller.session?.scheme ?? caller.scheme));
}
