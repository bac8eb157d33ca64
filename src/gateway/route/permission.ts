import { clientAddress } from "../../credentials/source.js";
import { isSufficient } from "../../credentials/step-up.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial, SocketTicket, StepUp } from "../../model/decision.js";
import type { AuthRequest } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import { refusals } from "./outcome.js";
import type { RouteConfig } from "./route-config.js";

/** The requirements of a route, for `authenticate`. */
export interface Requirements {
  readonly anonymous: boolean;
  readonly stepUp: StepUp | undefined;
  /** Only for requests that ask for a WebSocket. */
  readonly socketTicket?: SocketTicket | undefined;
}

/** Returns the requirements of a route. One that asks anything of its caller allows no anonymous request. */
export function toRequirements(route: RouteConfig): Requirements {
  const { anonymous, stepUp } = route;
  return Object.freeze({ anonymous: anonymous && asksNothing(route) && stepUp === undefined, stepUp });
}

/** Returns the caller of a decision; `undefined` for an anonymous request and for a denied one. */
export function callerOf(decision: Decision): Caller | undefined {
  return decision.kind === "allowed" ? decision.caller : undefined;
}

/** The part of a route that says who may pass. */
type Permission = Pick<RouteConfig, "roles" | "scopes" | "schemes" | "claims" | "takesAddress" | "authorize">;

function asksNothing({ roles, scopes, schemes, claims, authorize }: Permission): boolean {
  return (
    claims === undefined && authorize === undefined && [roles, scopes, schemes].every(({ length }) => length === 0)
  );
}

/**
 * Returns the denial of a request that may not pass to the route's upstream, or `undefined` when it may.
 *
 * @param auth writes the challenge for a missing scope
 */
export function denialOf(
  route: Permission,
  decision: Decision,
  auth: Pick<Auth, "askForMore">,
  request: AuthRequest,
): Denial | undefined {
  if (decision.kind === "denied") return decision;
  const { takesAddress } = route;
  if (takesAddress !== undefined && !takesClient(route, clientAddress(request.peer, request.rawHeaders)))
    return refusals.not_permitted;
  const caller = callerOf(decision);
  if (caller !== undefined && route.scopes.length > 0) {
    const denial = auth.askForMore(caller, { scopes: route.scopes }, request);
    if (denial !== undefined) return denial;
  }
  return isPermitted(route, caller) ? undefined : refusals.not_permitted;
}

function takesClient({ takesAddress }: Permission, client: string | undefined): boolean {
  return takesAddress === undefined || (client !== undefined && takesAddress(client));
}

/**
 * Whether the caller of a stream that is open would still pass. How fresh the log-in is counts as of when the stream began:
 * a stream does not end because time has passed. The service of `authorize` was asked when it began, and is not asked again.
 *
 * @param beganAt when its request was let in, in milliseconds since 1970
 * @param client the address of the caller; `undefined`: not known
 */
export function mayGoOn(
  { route, requirements }: { readonly route: Permission; readonly requirements: Requirements },
  caller: Caller | undefined,
  beganAt: number,
  client: string | undefined,
): boolean {
  if (!takesClient(route, client)) return false;
  if (caller === undefined) return requirements.anonymous;
  const { scopes = [] } = caller;
  if (requirements.stepUp !== undefined && !isSufficient(caller, requirements.stepUp, beganAt)) return false;
  return route.scopes.every((scope) => scopes.includes(scope)) && isPermitted(route, caller);
}

/** Whether the route permits this caller. For a session the scheme that opened it counts. */
function isPermitted(route: Permission, caller: Caller | undefined): boolean {
  if (caller === undefined) return asksNothing(route);
  const { roles, schemes, claims } = route;
  if (claims !== undefined && !hasClaims(caller.identity, claims)) return false;
  if (roles.length > 0 && !caller.identity.roles?.some((role) => roles.includes(role))) return false;
  return schemes.length === 0 || schemes.includes(caller.session?.scheme ?? caller.scheme);
}

/** A member may be a text, a number, true or false, or a list of them. Others are no texts, and equal none. */
function hasClaims(identity: object, claims: ReadonlyMap<string, readonly string[]>): boolean {
  for (const [name, wanted] of claims) {
    const value: unknown = Object.hasOwn(identity, name) ? Reflect.get(identity, name) : undefined;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.some((one) => isPlain(one) && wanted.includes(String(one)))) return false;
  }
  return true;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
