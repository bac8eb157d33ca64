import type { Decision, Denial, StepUp } from "../../model/decision.js";
import type { Caller } from "../../model/session.js";
import { refusals } from "./outcome.js";
import type { RouteConfig } from "./route-config.js";

/** The requirements of a route, for `authenticate`. */
export interface Requirements {
  readonly anonymous: boolean;
  readonly stepUp: StepUp | undefined;
}

/** Returns the requirements of a route. One that requires a role, a scheme or a log-in allows no anonymous request. */
export function toRequirements({ anonymous, roles, schemes, stepUp }: RouteConfig): Requirements {
  return Object.freeze({
    anonymous: anonymous && roles.length === 0 && schemes.length === 0 && stepUp === undefined,
    stepUp,
  });
}

/** Returns the caller of a decision; `undefined` for an anonymous request and for a denied one. */
export function callerOf(decision: Decision): Caller | undefined {
  return decision.kind === "allowed" ? decision.caller : undefined;
}

/** Returns the denial of a request that may not pass to the route's upstream, or `undefined` when it may. */
export function denialOf(route: Pick<RouteConfig, "roles" | "schemes">, decision: Decision): Denial | undefined {
  if (decision.kind === "denied") return decision;
  return isPermitted(route, callerOf(decision)) ? undefined : refusals.not_permitted;
}

/** Whether the route permits this caller. For a session the scheme that opened it counts. */
function isPermitted({ roles, schemes }: Pick<RouteConfig, "roles" | "schemes">, caller: Caller | undefined): boolean {
  if (roles.length > 0 && !caller?.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || (caller !== undefined && schemes.includes(caller.session?.scheme ?? caller.scheme));
}
