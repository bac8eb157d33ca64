import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../adapters/connect.js";
import { finishHeaders } from "../../adapters/node/attach.js";
import { endWithSession } from "../../adapters/node/end-with-session.js";
import { hasLeft } from "../../adapters/node/guard.js";
import { createRequestReader, type NodeRequest, type NodeResponse } from "../../adapters/node/request.js";
import { writeDenial } from "../../adapters/node/write-denial.js";
import { ignoreFailure } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { toIdentityHeaders } from "../forward/identity-headers.js";
import { toUpstreamHeaders } from "../forward/managed-headers.js";
import { proxy } from "../forward/proxy.js";
import { createUpgradeResponse, openTunnel, type UpgradeSocket } from "../forward/proxy-upgrade.js";
import type { Upstreams } from "../forward/upstreams.js";
import { allowSlowBody } from "../listen/slow-clients.js";
import type { ServicesConfig } from "../own/own-config.js";
import { createIsProcedure } from "../own/rpc.js";
import { createServiceRoutes, type ServiceOptions } from "../own/services.js";
import { createWires } from "../own/wires.js";
import { type CanonicalTarget, toCanonicalTarget } from "../route/canonical-target.js";
import { type TrustAddress, toForwardedHeaders } from "../route/forwarded.js";
import { type Framing, readFraming } from "../route/framing.js";
import { type RequestOutcome, refusals } from "../route/outcome.js";
import { isPermitted, toRequirements } from "../route/permission.js";
import type { RouteConfig } from "../route/route-config.js";
import { matchRoute, type RouteTable } from "../route/routes.js";
import { toCarriers } from "./state-auth.js";

export type { RequestOutcome as Outcome } from "../route/outcome.js";

export interface HandleOptions<I extends Identity = Identity> extends Omit<ServiceOptions, "platform"> {
  readonly auth: Auth<I>;
  readonly routes: RouteTable;
  readonly upstreams: Pick<Upstreams, "get">;
  /** From `parseTrustedProxies`. */
  readonly trust: TrustAddress;
  /**
   * Hears of each request what became of it, before anything is written, and once more when an upstream fails it. For
   * logs and metrics.
   */
  readonly onOutcome?: (request: NodeRequest, outcome: RequestOutcome) => void;
  readonly platform?: Platform;
  /** Aborted when the gateway is about to stop. */
  readonly stopping?: AbortSignal | undefined;
  /** Our own pages, by canonical path. */
  readonly pages?: Pages | undefined;
  /** What the gateway answers itself beside `sallyport.v1.AuthService`. Default: nothing. */
  readonly services?: ServicesConfig;
}

export interface Pages {
  readonly paths: ReadonlySet<string>;
  serve(request: NodeRequest, response: NodeResponse): void;
}

/** What a listener calls. */
export interface RequestHandler {
  request(request: NodeRequest, response: NodeResponse): void;
  /** For an HTTP/1 request that asks for a WebSocket, and for no other upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void;
}

/** The path of a request through the gateway, from its header block to the upstream. */
export function createRequestHandler<I extends Identity>(options: HandleOptions<I>): RequestHandler {
  const { auth, routes, upstreams, trust, onOutcome, platform = systemPlatform } = options;
  const { pages, services = noServices } = options;
  const isProcedure = createIsProcedure(services);
  const carriers = toCarriers(services);
  const wires = createWires(auth, services, { platform, trustProxy: trust, signal: options.stopping });
  const { toAuthRequest, peerOf } = createRequestReader(trust);
  const serve = connectAuth(auth, connectNodeAdapter, {
    routes: createServiceRoutes(auth, services, { ...options, platform }),
    trustProxy: trust,
    platform,
  });

  function refuse(request: NodeRequest, response: NodeResponse, denial: Denial, route?: RouteConfig): void {
    tell(request, { kind: "refused", denial, route });
    writeDenial(request, response, denial, platform);
  }

  function tell(request: NodeRequest, outcome: RequestOutcome): void {
    if (onOutcome !== undefined) ignoreFailure(() => onOutcome(request, outcome));
  }

  function handle(request: NodeRequest, response: NodeResponse, upgrade?: UpgradeSocket): void {
    // A stream that a caller resets is an error event; one that nobody hears ends the process.
    request.on("error", ignore);
    response.on("error", ignore);
    const target = toCanonicalTarget(request);
    const framing = readFraming(request);
    if (target === undefined || framing === undefined || (upgrade !== undefined && framing.kind !== "none")) {
      refuse(request, response, refusals.bad_request);
      return;
    }
    const own = isProcedure(target.path) ? serve : [wires, pages].find((one) => one?.paths.has(target.path))?.serve;
    if (own !== undefined) {
      tell(request, { kind: "service", path: target.path });
      request.url = target.path + target.query;
      own(request, response);
      return;
    }
    const route = matchRoute(routes, target, request.method ?? "");
    if (route === undefined) {
      refuse(request, response, refusals.no_route);
      return;
    }

    const decision = auth.authenticate(toAuthRequest(request, target.path), toRequirements(route));
    const go = (made: Decision<I>) => pass({ request, response, target, framing, route, upgrade }, made);
    if (decision instanceof Promise) {
      // A fault of ours costs this request its connection, as it does where nothing is awaited; never the process.
      void decision.then((made) => hasLeft(request, response) || go(made)).catch(() => request.destroy());
    } else go(decision);
  }

  function pass(call: Call, decision: Decision<I>): void {
    const { request, response, target, framing, route, upgrade } = call;
    if (decision.kind === "denied") {
      refuse(request, response, decision, route);
      return;
    }
    const caller = decision.kind === "allowed" ? decision.caller : undefined;
    finishHeaders(response, decision.kind === "allowed" ? decision : undefined);
    if (!isPermitted(route, caller)) {
      refuse(request, response, refusals.not_permitted, route);
      return;
    }
    const upstream = upstreams.get(route.upstream);
    if (upstream === undefined) {
      refuse(request, response, refusals.upstream_unavailable, route);
      return;
    }

    const encrypted = "encrypted" in request.socket;
    const ours = [
      "host",
      target.authority,
      ...toForwardedHeaders(request.rawHeaders, peerOf(request), trust, { authority: target.authority, encrypted }),
      ...(upstream.config.identity === "headers" ? toIdentityHeaders(caller) : []),
    ];
    const headers = toUpstreamHeaders(request.rawHeaders, {
      forwardAuthorization: route.forwardAuthorization,
      carriers,
      ours,
    });
    tell(request, { kind: "proxied", route, caller });
    if (caller !== undefined && isRpcStream(request)) allowSlowBody(request);
    const session = caller?.session;
    proxy({
      request,
      response,
      upstream,
      framing,
      platform,
      path: target.path + target.query,
      headers,
      onStreaming: () => endWithSession(session, request, response),
      onFailed: (reason) => tell(request, { kind: "failed", route, reason }),
      ...(upgrade !== undefined && {
        onUpgrade: (fields, socket) =>
          openTunnel({
            ...upgrade,
            headers: fields,
            upstream: socket,
            session,
            platform,
            idleMs: upstream.config.bodyTimeoutMs,
          }),
      }),
    });
  }

  return {
    request: (request, response) => handle(request, response),
    upgrade(request, socket, head) {
      const response = createUpgradeResponse(request, socket);
      handle(request, response, { socket, head, response });
    },
  };
}

const noServices: ServicesConfig = { flight: undefined, deephavenCore: undefined, deephavenEnterprise: undefined };

interface Call {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly target: CanonicalTarget;
  readonly framing: Framing;
  readonly route: RouteConfig;
  readonly upgrade: UpgradeSocket | undefined;
}

/** May be open for hours while the caller says nothing: gRPC of any kind, and streams of Connect. */
function isRpcStream({ headers }: NodeRequest): boolean {
  return /^application\/(?:grpc|connect\+)/i.test(headers["content-type"] ?? "");
}

function ignore(): void {}
