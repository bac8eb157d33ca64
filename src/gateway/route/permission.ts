import { isSufficient } from "../../credentials/step-up.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial, StepUp } from "../../model/decision.js";
import type { Caller } from "../../model/session.js";
import { refusals } from "./outcome.js";
import type { RouteConfig } from "./route-config.js";

/** The requirements of a route, for `authenticate`. */
export interface Requirements {
  readonly anonymous: boolean;
  readonly stepUp: StepUp | undefined;
}

/** Returns the requirements of a route. One that asks anything of its caller allows no anonymous request. */
export function toRequirements({ anonymous, roles, scopes, schemes, stepUp }: RouteConfig): Requirements {
  const asksNothing = [roles, scopes, schemes].every(({ length }) => length === 0) && stepUp === undefined;
  return Object.freeze({ anonymous: anonymous && asksNothing, stepUp });
}

/** Returns the caller of a decision; `undefined` for an anonymous request and for a denied one. */
export function callerOf(decision: Decision): Caller | undefined {
  return decision.kind === "allowed" ? decision.caller : undefined;
}

/** The part of a route that says who may pass. */
type Permission = Pick<RouteConfig, "roles" | "scopes" | "schemes">;

/**
 * Returns the denial of a request that may not pass to the route's upstream, or `undefined` when it may.
 *
 * @param auth writes the challenge for a missing scope
 */
export function denialOf(
  route: Permission,
  decision: Decision,
  auth: Pick<Auth, "askForMore">,
  request: Parameters<Auth["askForMore"]>[2],
): Denial | undefined {
  if (decision.kind === "denied") return decision;
  const caller = callerOf(decision);
  if (caller !== undefined && route.scopes.length > 0) {
    const denial = auth.askForMore(caller, { scopes: route.scopes }, request);
    if (denial !== undefined) return denial;
  }
  return isPermitted(route, caller) ? undefined : refusals.not_permitted;
}

/**
 * Whether the caller of a stream that is open would still pass. How fresh the log-in is counts as of when the stream began:
 * a stream does not end because time has passed.
 *
 * @param beganAt when its request was let in, in milliseconds since 1970
 */
export function mayGoOn(
  { route, requirements }: { readonly route: Permission; readonly requirements: Requirements },
  caller: Caller | undefined,
  beganAt: number,
): boolean {
  if (caller === undefined) return requirements.anonymous;
  const { scopes = [] } = caller;
  if (requirements.stepUp !== undefined && !isSufficient(caller, requirements.stepUp, beganAt)) return false;
  return route.scopes.every((scope) => scopes.includes(scope)) && isPermitted(route, caller);
}

/** Whether the route permits this caller. For a session the scheme that opened it counts. */
function isPermitted({ roles, scopes, schemes }: Permission, caller: Caller | undefined): boolean {
  if (caller === undefined) return [roles, scopes, schemes].every(({ length }) => length === 0);
  if (roles.length > 0 && !caller.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || schemes.includes(caller.session?.scheme ?? caller.scheme);
}
