import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import { requireAuth } from "../../engine/front.js";
import type { AuthenticateOptions, Decision } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { type RpcMethod, type RpcService, refuse } from "../../model/rpc-service.js";
import { hasLeft } from "../node/guard.js";
import { createRequestReader, type NodeRequest, type NodeResponse, type TrustProxy } from "../node/request.js";
import { writeDenial } from "../node/write-denial.js";
import type { GrpcWire } from "./answer.js";
import { converse } from "./conversation.js";

/** Options of `grpcAuth`. */
export interface GrpcAuthOptions {
  /** The trusted proxies, as for every adapter. Default: none. */
  readonly trustProxy?: TrustProxy;
  /** The clock of the timers for calls that do not arrive. Default: the machine's. */
  readonly platform?: Platform;
}

const grpcKinds: OptionKinds<GrpcAuthOptions> = { trustProxy: "any", platform: "object" };

/** A listener for `createServer`, which is also a middleware. */
export type GrpcAuthListener = (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => void;

interface Route<I extends Identity> {
  readonly method: RpcMethod<I> | undefined;
  readonly options: AuthenticateOptions;
  readonly toRawHeaders?: RpcService<I>["toRawHeaders"];
}

/**
 * Serves RPC services over gRPC (HTTP/2) and gRPC-Web, with authentication: the caller is decided when the headers are
 * in, and the token is in the headers of the response.
 *
 * ```ts
 * createServer(grpcAuth(auth, [...flightServices(auth), ...deephavenCoreServices(auth)]));   // node:http2
 * ```
 *
 * As a middleware it answers the procedures of these services and passes every other request to `next`, not
 * authenticated. As a listener it authenticates other requests too, and answers them with `unimplemented`.
 *
 * It does less than a Connect router, so that a log-in is cheap: see `docs/performance.md`.
 */
export function grpcAuth<I extends Identity>(
  auth: Auth<I>,
  services: readonly RpcService<I>[],
  options: GrpcAuthOptions = {},
): GrpcAuthListener {
  requireAuth("grpcAuth", auth);
  requireArgument("grpcAuth", "services", services, "list");
  requireOptions("grpcAuth", options, grpcKinds);
  const { platform = systemPlatform } = options;
  const { toAuthRequest } = createRequestReader(options.trustProxy, auth.front);
  const known = new Map<string, Route<I>>();
  const unknown = new Map<string, Route<I>>();
  const nowhere: Route<I> = { method: undefined, options: {} };
  for (const service of services) {
    for (const [name, method] of service.methods) known.set(`/${service.name}/${name}`, toRoute(service, method));
    unknown.set(service.name, toRoute(service, undefined));
  }

  return function grpcAuthListener(request, response, next) {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const route = known.get(path);
    if (route === undefined && next !== undefined) next();
    else enter(route ?? unknown.get(path.slice(1, path.lastIndexOf("/"))) ?? nowhere, request, response);
  };

  function enter(route: Route<I>, request: NodeRequest, response: NodeResponse): void {
    const wire = wireOf(request);
    if (wire === undefined) {
      writeDenial(request, response, notGrpc, platform);
      return;
    }
    const asReceived = toAuthRequest(request);
    const { toRawHeaders } = route;
    const data =
      toRawHeaders === undefined ? asReceived : { ...asReceived, rawHeaders: toRawHeaders(asReceived.rawHeaders) };
    const admit = (decision: Decision<I>): void => {
      if (decision.kind === "denied") {
        writeDenial(request, response, decision, platform);
        return;
      }
      const { caller, offer, headers } = decision.kind === "allowed" ? decision : nobody;
      const { method } = route;
      converse({ method, wire, request, response, data, caller, offer, headers, platform });
    };
    const decision = auth.authenticate(data, route.options);
    if (decision instanceof Promise) void decision.then((made) => hasLeft(request, response) || admit(made));
    else admit(decision);
  }
}

function toRoute<I extends Identity>(service: RpcService<I>, method: RpcMethod<I> | undefined): Route<I> {
  const { anonymous = false, opens = true } = method ?? {};
  const options = Object.freeze({ anonymous, ...(opens ? { open: service.rules } : { rotate: false, again: true }) });
  return { method, options, toRawHeaders: service.toRawHeaders };
}

const notGrpc = refuse("invalid_argument", "bad_request", "This procedure speaks gRPC over HTTP/2, and gRPC-Web.");

const nobody = { caller: undefined, offer: undefined, headers: undefined };

const contentType = /^application\/(grpc|grpc-web)(?:\+proto)?(?:;|$)/i;

function wireOf(request: NodeRequest): GrpcWire | undefined {
  const wire = contentType.exec(request.headers["content-type"] ?? "")?.[1]?.toLowerCase();
  if (request.method !== "POST") return undefined;
  if (wire === "grpc") return "stream" in request ? "grpc" : undefined;
  return wire === "grpc-web" ? wire : undefined;
}
