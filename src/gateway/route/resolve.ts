import type { Denial } from "../../model/decision.js";
import { type CanonicalTarget, type TargetSource, toCanonicalTarget } from "./canonical-target.js";
import { type Framing, type FramingSource, readFraming } from "./framing.js";
import { refusals } from "./outcome.js";
import type { Requirements } from "./permission.js";
import type { RouteConfig } from "./route-config.js";
import { matchRoute, type RouteTable } from "./routes.js";

/**
 * A request as far as it says what is asked for: method, target, header fields, framing. Requests of `node:http` and
 * `node:http2` are one as they are; so is a request in a file. A front that is asked about a request which it does not
 * carry makes one without framing fields, and with the authority that its trusted proxy tells as `Host`.
 */
export type RequestHead = TargetSource & FramingSource;

/** What is asked for. `A` says what answers where no route does. */
export type Resolution<A> =
  /** `target`: `undefined` when the request has no single meaning. */
  | { readonly kind: "refused"; readonly denial: Denial; readonly target: CanonicalTarget | undefined }
  /** The gateway answers itself, whatever the routes say. */
  | { readonly kind: "own"; readonly target: CanonicalTarget; readonly answer: A }
  /** `requirements` are for `authenticate`; `denialOf` says whether the caller may pass. */
  | {
      readonly kind: "route";
      readonly target: CanonicalTarget;
      readonly framing: Framing;
      readonly route: RouteConfig;
      readonly requirements: Requirements;
    };

/**
 * Says what a request asks for. Nothing of it depends on the caller, and nothing is awaited.
 *
 * @param isUpgrade the request asks for a WebSocket, and its connection is handed over when it is let in
 */
export type Resolve<A> = (head: RequestHead, isUpgrade: boolean) => Resolution<A>;

/** @param own what the gateway answers itself: found before any route, by the canonical path, exactly */
export function createResolve<A>(
  routes: RouteTable,
  own: { readonly find: (path: string) => A | undefined },
): Resolve<A> {
  return function resolve(head, isUpgrade) {
    const target = toCanonicalTarget(head);
    const framing = readFraming(head);
    // A body in front of a WebSocket's frames: servers disagree about where it ends.
    if (target === undefined || framing === undefined || (isUpgrade && framing.kind !== "none")) return badRequest;
    const answer = own.find(target.path);
    if (answer !== undefined) return { kind: "own", target, answer };
    const match = matchRoute(routes, target, head.method ?? "");
    if (match === undefined) return { kind: "refused", denial: refusals.no_route, target };
    return { kind: "route", target, framing, route: match.route, requirements: match.requirements };
  };
}

const badRequest = Object.freeze({ kind: "refused", denial: refusals.bad_request, target: undefined } as const);
