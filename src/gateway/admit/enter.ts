import { type Awaitable, after, rescue } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import { clientAddress } from "../../credentials/source.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { AuthRequest } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import type { CanonicalTarget } from "../route/canonical-target.js";
import type { Framing } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import { callerOf } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import type { Authorizer } from "./authorizer.js";
import type { CallerCount, CallerCounts } from "./caller-counts.js";
import { countIn, countOut } from "./count-in.js";
import { writeQuestion } from "./question.js";
import { toUnknown } from "./verdict.js";

/** A request whose caller may use its route. */
export interface Entering {
  readonly asked: { readonly route: RouteConfig; readonly framing: Framing; readonly target: CanonicalTarget };
  /** Where it counts as under way. */
  count: CallerCount | undefined;
  /** Why it is refused, for operators. */
  detail: string | undefined;
}

/** Whether requests of a route are counted. */
export function countsRequests({ rate, limits }: RouteConfig): boolean {
  return rate !== undefined || limits?.maxConcurrent !== undefined;
}

/** Whether a route asks more of a request than who its caller is. */
export function asksMore({ rate, limits, authorize }: RouteConfig): boolean {
  return rate !== undefined || limits !== undefined || authorize !== undefined;
}

export interface EnterParts {
  /** The counts of a route whose requests are counted. */
  readonly countsOf: (route: RouteConfig) => CallerCounts;
  /** The service that decides about requests of a route with `authorize`; `undefined`: there is none, and none is let in. */
  readonly authorizerOf: (route: RouteConfig) => Authorizer | undefined;
  /** Whether the upstream of a route ignores the case of paths. */
  readonly foldsPaths: (route: RouteConfig) => boolean;
  readonly platform: Platform;
}

/**
 * Lets a request in that its route permits: within the limits of its body, of the requests of its caller that are under way,
 * and of its rate, and if the service of `authorize` says so. It is asked last: no caller has it asked more often than the rate
 * allows.
 *
 * @returns the denial; `undefined`: it is in. `leave` must be called in either case
 */
export type Enter = (entering: Entering, decision: Decision, data: AuthRequest) => Awaitable<Denial | undefined>;

export function createEnter({ countsOf, authorizerOf, foldsPaths, platform }: EnterParts): Enter {
  function count(
    entering: Entering,
    caller: Caller | undefined,
    { peer, rawHeaders }: AuthRequest,
  ): Denial | undefined {
    const { route } = entering.asked;
    const client = caller === undefined ? clientAddress(peer, rawHeaders) : undefined;
    const counted = countsOf(route).of(caller, client);
    const denial = countIn(counted, route, platform.monotonic());
    if (denial === undefined) entering.count = counted;
    return denial;
  }

  function authorize(
    entering: Entering,
    caller: Caller | undefined,
    { method, peer, rawHeaders }: AuthRequest,
  ): Awaitable<Denial | undefined> {
    const { route, target } = entering.asked;
    const authorizer = authorizerOf(route);
    // A route with `authorize` is for known callers.
    if (caller === undefined || authorizer === undefined) return refusals.authorizer_unavailable;
    const verdict = rescue(
      () => {
        const client = clientAddress(peer, rawHeaders);
        const question = writeQuestion({ method, target, route, caller, client, folds: foldsPaths(route) });
        if (question === undefined) return onlyUpstreamKnows;
        const who = JSON.stringify([caller.actor?.subject, caller.identity.subject]);
        return authorizer.ask(question, who, caller.session);
      },
      // Such as a claim that is no JSON.
      () => toUnknown("could not be asked: a claim cannot be written in JSON"),
    );
    return after(verdict, ({ denial, detail }) => {
      entering.detail = detail;
      return denial;
    });
  }

  return function enter(entering, decision, data) {
    const { route, framing } = entering.asked;
    const most = route.limits?.maxBodyBytes;
    if (most !== undefined && framing.kind === "length" && Number(framing.length) > most)
      return refusals.body_too_large;
    const caller = callerOf(decision);
    const denial = countsRequests(route) ? count(entering, caller, data) : undefined;
    return denial !== undefined || route.authorize === undefined ? denial : authorize(entering, caller, data);
  };
}

const onlyUpstreamKnows = {
  denial: refusals.not_permitted,
  detail: "authorize: only the upstream, which ignores case, can say what this path names",
};

/** Ends what `enter` began. A second call does nothing. */
export function leave(entering: Entering): void {
  if (entering.count !== undefined) countOut(entering.count);
  entering.count = undefined;
}
