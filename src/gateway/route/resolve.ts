import type { Denial } from "../../model/decision.js";
import { type CanonicalTarget, type TargetSource, toCanonicalTarget } from "./canonical-target.js";
import { type Framing, type FramingSource, readFraming } from "./framing.js";
import { countForward } from "./max-forwards.js";
import { refusals } from "./outcome.js";
import type { Requirements } from "./permission.js";
import type { RouteConfig } from "./route-config.js";
import { matchRoute, type RouteTable } from "./routes.js";

/**
 * The parts of a request that name its target: method, target, header fields, framing. Requests of `node:http` and
 * `node:http2` fit as they are; so does a request in a file. A front that decides about a request that it does not
 * carry makes one without framing fields, and with the authority that its trusted proxy names as `Host`.
 */
export type RequestHead = TargetSource & FramingSource;

/** The resolved target of a request. `A` describes an answer of the gateway itself. */
export type Resolution<A> =
  /** `target`: `undefined` when the request has no single meaning. */
  | { readonly kind: "refused"; readonly denial: Denial; readonly target: CanonicalTarget | undefined }
  /** The gateway answers itself, before any route. */
  | { readonly kind: "own"; readonly target: CanonicalTarget; readonly answer: A }
  /** `requirements` are for `authenticate`; `denialOf` decides whether the caller may pass. */
  | {
      readonly kind: "route";
      readonly target: CanonicalTarget;
      readonly framing: Framing;
      /** The fields that go on, or `"last"` when the gateway answers a caller who may pass; see `countForward`. */
      readonly forwards: readonly string[] | "last";
      readonly route: RouteConfig;
      readonly requirements: Requirements;
    };

/**
 * Resolves the target of a request. It does not depend on the caller, and is synchronous.
 *
 * @param isUpgrade whether the request asks for a WebSocket, whose connection is handed over when it is permitted
 */
export type Resolve<A> = (head: RequestHead, isUpgrade: boolean) => Resolution<A>;

/**
 * Makes the resolver of requests.
 *
 * @param own the answers of the gateway itself, found before any route, by their exact canonical path
 */
export function createResolve<A>(
  routes: RouteTable,
  own: { readonly find: (path: string) => A | undefined },
): Resolve<A> {
  return function resolve(head, isUpgrade) {
    const target = toCanonicalTarget(head);
    const framing = readFraming(head);
    const forwards = countForward(head.method ?? "", head.rawHeaders);
    // Servers disagree about where a body in front of a WebSocket's frames ends.
    if (
      target === undefined ||
      framing === undefined ||
      forwards === undefined ||
      (isUpgrade && framing.kind !== "none")
    )
      return badRequest;
    const answer = own.find(target.path);
    if (answer !== undefined) return { kind: "own", target, answer };
    const match = matchRoute(routes, target, head.method ?? "");
    if (match === undefined) return { kind: "refused", denial: refusals.no_route, target };
    return { kind: "route", target, framing, forwards, route: match.route, requirements: match.requirements };
  };
}

const badRequest = Object.freeze({ kind: "refused", denial: refusals.bad_request, target: undefined } as const);
