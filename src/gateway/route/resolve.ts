import { type CorsOptions, type CorsPolicy, createCorsPolicy } from "../../adapters/node/cors-policy.js";
import type { Denial } from "../../model/decision.js";
import { soleOf } from "../../model/raw-headers.js";
import { type Ambiguity, ambiguities, isAmbiguous } from "./ambiguity.js";
import { type CanonicalTarget, readTarget, type TargetSource } from "./canonical-target.js";
import { type Framing, type FramingSource, none, readFraming } from "./framing.js";
import { countForward } from "./max-forwards.js";
import { refusals } from "./outcome.js";
import type { Requirements } from "./permission.js";
import { rewritePath } from "./rewrite-path.js";
import type { RouteConfig } from "./route-config.js";
import { matchRoute, type RouteMatched, type RouteTable } from "./routes.js";

/**
 * The parts of a request that name its target: method, target, header fields, framing. Requests of `node:http` and
 * `node:http2` fit as they are; so does a request in a file. A front that decides about a request that it does not
 * carry makes one without framing fields, and with the authority that its trusted proxy names as `Host`.
 */
export type RequestHead = TargetSource & FramingSource & { readonly httpVersion?: string | undefined };

/** The resolved target of a request. `A` describes an answer of the gateway itself. */
export type Resolution<A> =
  /** `target`: `undefined` when the request has no single meaning. */
  | {
      readonly kind: "refused";
      readonly denial: Denial;
      /** What has no single meaning, in words for operators; `undefined` when there is no route. */
      readonly detail: string | undefined;
      readonly target: CanonicalTarget | undefined;
      readonly cors: CorsPolicy | undefined;
    }
  /** A browser asks what a page of another origin may send. It is answered before any caller is authenticated. */
  | { readonly kind: "preflight"; readonly target: CanonicalTarget; readonly cors: CorsPolicy }
  /** The gateway answers itself, before any route. */
  | {
      readonly kind: "own";
      readonly target: CanonicalTarget;
      readonly answer: A;
      readonly cors: CorsPolicy | undefined;
    }
  /** `requirements` are for `authenticate`; `denialOf` decides whether the caller may pass. */
  | {
      readonly kind: "route";
      readonly target: CanonicalTarget;
      readonly framing: Framing;
      /** The fields that go on, or `"last"` when the gateway answers a caller who may pass; see `countForward`. */
      readonly forwards: readonly string[] | "last";
      readonly route: RouteConfig;
      readonly requirements: Requirements;
      /** The pages of other origins that may read the answer; `undefined`: what the upstream says of that is passed on. */
      readonly cors: CorsPolicy | undefined;
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
 * @param own the answers of the gateway itself, found before any route, by their exact canonical path. `sameOrigin`: no page
 *   of another origin may read it; `hostless`: it is there for HTTP/1.0 without `Host`
 * @param cors for routes without their own, and for the gateway's own answers. Default: no page of another origin may call
 */
export function createResolve<A extends { readonly sameOrigin?: boolean; readonly hostless?: boolean }>(
  routes: RouteTable,
  own: { readonly find: (path: string) => A | undefined },
  cors?: CorsOptions | undefined,
): Resolve<A> {
  const common = cors && createCorsPolicy(cors);
  const badRequest = ({ detail }: Ambiguity) =>
    ({ kind: "refused", denial: refusals.bad_request, detail, target: undefined, cors: common }) as const;

  /** A balancer's check by HTTP/1.0 names no host (RFC 9112 §3.2 asks for one since HTTP/1.1). */
  function toHostless(head: RequestHead): CanonicalTarget | undefined {
    if (head.httpVersion !== "1.0") return undefined;
    const target = readTarget({
      ...{ method: head.method, url: head.url },
      rawHeaders: [...head.rawHeaders, "host", "localhost"],
    });
    return !isAmbiguous(target) && own.find(target.path)?.hostless === true ? target : undefined;
  }

  return function resolve(head, isUpgrade) {
    const read = readTarget(head, routes.takesAmbiguous);
    const target = read === ambiguities.noHost ? (toHostless(head) ?? read) : read;
    if (isAmbiguous(target)) return badRequest(target);
    // What comes on the stream of an extended CONNECT is no body (RFC 8441 §4).
    const framing = isUpgrade && head.stream !== undefined ? none : readFraming(head);
    if (isAmbiguous(framing)) return badRequest(framing);
    const forwards = countForward(head.method ?? "", head.rawHeaders);
    if (isAmbiguous(forwards)) return badRequest(forwards);
    // Servers disagree about where a body in front of a WebSocket's frames ends.
    if (isUpgrade && framing.kind !== "none") return badRequest(ambiguities.upgradeBody);
    const { readings } = target;
    // Of several readings, none may be what the gateway answers itself.
    if (readings !== undefined && [...readings].some((path) => own.find(path) !== undefined))
      return badRequest(ambiguityOf(head));
    const answer = own.find(target.path);
    const policyOf = (match: RouteMatched | undefined): CorsPolicy | undefined => {
      if (answer !== undefined) return answer.sameOrigin === true ? undefined : common;
      return match?.cors ?? common;
    };
    // A browser's has no body; one with a body goes the way of any request, on which a body is bounded.
    const wanted = framing.kind === "none" ? preflightMethodOf(head) : undefined;
    const allowed = wanted === undefined ? undefined : policyOf(matchRoute(routes, target, wanted));
    if (allowed !== undefined) return { kind: "preflight", target, cors: allowed };
    if (answer !== undefined) return { kind: "own", target, answer, cors: policyOf(undefined) };
    const match = matchRoute(routes, target, head.method ?? "");
    if (match === undefined) {
      if (readings !== undefined) return badRequest(ambiguityOf(head));
      return { kind: "refused", denial: refusals.no_route, detail: undefined, target, cors: common };
    }
    const { route, requirements } = match;
    if (readings !== undefined && leadsToHost(readings, route)) return badRequest(ambiguityOf(head));
    const policy = policyOf(match);
    const asked = isUpgrade ? withTicket(requirements, route, policy) : requirements;
    return { kind: "route", target, framing, forwards, route, requirements: asked, cors: policy };
  };
}

/** A page that may read the route's answers may open its WebSockets, by a ticket that it got. */
function withTicket(
  requirements: Requirements,
  { socketTicketFor: service }: RouteConfig,
  cors: CorsPolicy | undefined,
): Requirements {
  if (service === undefined) return requirements;
  const allowsOrigin = (origin: string): boolean => cors !== undefined && cors.answerFields(origin).length > 0;
  return { ...requirements, socketTicket: { service, allowsOrigin } };
}

/** Returns what makes a path have several readings. */
function ambiguityOf(head: RequestHead): Ambiguity {
  return readTarget(head) as Ambiguity;
}

/** Whether a path begins with two slashes once the prefix of a route is taken off: a parser of URLs would read a host. */
function leadsToHost(readings: ReadonlySet<string>, { rewrite }: RouteConfig): boolean {
  return rewrite !== undefined && [...readings].some((reading) => /^\/[\\/]/.test(rewritePath(reading, rewrite)));
}

/** Returns the method that a preflight asks for: it is the one by which its route is found. */
function preflightMethodOf({ method, rawHeaders }: RequestHead): string | undefined {
  if (method !== "OPTIONS" || typeof soleOf(rawHeaders, "origin") !== "string") return undefined;
  const asked = soleOf(rawHeaders, "access-control-request-method");
  return typeof asked === "string" ? asked : undefined;
}
