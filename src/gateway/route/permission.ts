import type { Decision, Denial, StepUp } from "../../model/decision.js";
import type { Caller } from "../../model/session.js";
import { refusals } from "./outcome.js";
import type { RouteConfig } from "./route-config.js";

/** What a route asks of `authenticate`. */
export interface Requirements {
  readonly anonymous: boolean;
  readonly stepUp: StepUp | undefined;
}

/** A route that asks for a role, a scheme or a log-in welcomes no anonymous request, whatever else it says. */
export function toRequirements({ anonymous, roles, schemes, stepUp }: RouteConfig): Requirements {
  return Object.freeze({
    anonymous: anonymous && roles.length === 0 && schemes.length === 0 && stepUp === undefined,
    stepUp,
  });
}

/** The caller of a decision; `undefined` for an anonymous request and for a denied one. */
export function callerOf(decision: Decision): Caller | undefined {
  return decision.kind === "allowed" ? decision.caller : undefined;
}

/** Why the request may not pass to the route's upstream, or `undefined` when it may. */
export function denialOf(route: Pick<RouteConfig, "roles" | "schemes">, decision: Decision): Denial | undefined {
  if (decision.kind === "denied") return decision;
  return isPermitted(route, callerOf(decision)) ? undefined : refusals.not_permitted;
}

/** Does the route let this caller through? A session counts by the scheme that opened it. */
function isPermitted({ roles, schemes }: Pick<RouteConfig, "roles" | "schemes">, caller: Caller | undefined): boolean {
  if (roles.length > 0 && !caller?.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || (caller !== undefined && schemes.includes(caller.session?.scheme ?? caller.scheme));
}
