import type { Platform } from "../../base/platform.js";
import { clientAddress } from "../../credentials/source.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { AuthRequest } from "../../model/request.js";
import type { Framing } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { callerOf } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import type { CallerCount, CallerCounts } from "./caller-counts.js";
import { countIn, countOut } from "./count-in.js";

/** A request whose caller may use its route. */
export interface Entering {
  readonly asked: { readonly route: RouteConfig; readonly framing: Framing };
  /** Where it counts as under way. */
  count: CallerCount | undefined;
}

/** Whether a route asks more of a request than who its caller is. */
export function asksMore({ rate, limits }: RouteConfig): boolean {
  return rate !== undefined || limits !== undefined;
}

export interface EnterParts {
  /** The counts of a route that has a rate, or a limit of requests under way. */
  readonly countsOf: (route: RouteConfig) => CallerCounts;
  readonly platform: Platform;
}

/**
 * Lets a request in that its route permits: within the limits of its body, of the requests of its caller that are under way,
 * and of its rate.
 *
 * @returns the denial; `undefined`: it is in, until `leave`
 */
export type Enter = (entering: Entering, decision: Decision, data: AuthRequest) => Denial | undefined;

export function createEnter({ countsOf, platform }: EnterParts): Enter {
  return function enter(entering, decision, { peer, rawHeaders }) {
    const { route, framing } = entering.asked;
    const { rate, limits } = route;
    const most = limits?.maxBodyBytes;
    if (most !== undefined && framing.kind === "length" && Number(framing.length) > most)
      return refusals.body_too_large;
    if (rate === undefined && limits?.maxConcurrent === undefined) return undefined;
    const caller = callerOf(decision);
    const client = caller === undefined ? clientAddress(peer, rawHeaders) : undefined;
    const count = countsOf(route).of(caller, client);
    const denial = countIn(count, route, platform.monotonic());
    if (denial === undefined) entering.count = count;
    return denial;
  };
}

/** Ends what `enter` began. A second call does nothing. */
export function leave(entering: Entering): void {
  if (entering.count !== undefined) countOut(entering.count);
  entering.count = undefined;
}
