import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { finishHeaders } from "../../adapters/node/attach.js";
import { answerPreflight, type CorsOptions, finishCors } from "../../adapters/node/cors-policy.js";
import { endWhen } from "../../adapters/node/end-with-session.js";
import { hasLeft } from "../../adapters/node/guard.js";
import { createRequestReader, type NodeRequest, type NodeResponse } from "../../adapters/node/request.js";
import { writeDenial } from "../../adapters/node/write-denial.js";
import { ignoreFailure } from "../../base/awaitable.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Decision, Denial } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import { soleOf } from "../../model/raw-headers.js";
import type { AuthRequest } from "../../model/request.js";
import { proxy } from "../forward/proxy.js";
import { createUpgradeResponse, openTunnel, type UpgradeSocket } from "../forward/proxy-upgrade.js";
import { createToUpstreamRequest } from "../forward/upstream-request.js";
import type { Upstream, Upstreams } from "../forward/upstreams.js";
import { maxHeaderBytes } from "../listen/connection-limits.js";
import { allowSlowBody } from "../listen/slow-clients.js";
import { toCarriers } from "../own/carriers.js";
import { createOwnAnswers, type OwnAnswer } from "../own/own-answers.js";
import { noServices, type ServicesConfig } from "../own/own-config.js";
import { createOwnServers, type OwnServersOptions } from "../own/own-servers.js";
import type { TrustAddress } from "../route/forwarded.js";
import { type RequestOutcome, refusals } from "../route/outcome.js";
import { callerOf, denialOf } from "../route/permission.js";
import { createResolve, type Resolution } from "../route/resolve.js";
import type { RouteConfig } from "../route/route-config.js";
import type { RouteTable } from "../route/routes.js";
import type { OpenStream } from "./open-streams.js";

export type { RequestOutcome as Outcome } from "../route/outcome.js";

export interface HandleOptions<I extends Identity = Identity> extends Omit<OwnServersOptions, "platform"> {
  readonly auth: Auth<I>;
  readonly routes: RouteTable;
  readonly upstreams: Pick<Upstreams, "get">;
  /**
   * Called with the outcome of each request before its answer is written, and once more when its upstream fails. For
   * logs and metrics.
   */
  readonly onOutcome?: (request: NodeRequest, outcome: RequestOutcome) => void;
  readonly platform?: Platform;
  /** The most bytes of a header block of HTTP/2; Node sees to HTTP/1. Default: 16,384. */
  readonly maxHeaderBytes?: number;
  /** The pages of other origins that may call routes without `cors`, and the gateway's own services. Default: none. */
  readonly cors?: CorsOptions | undefined;
  /** Watches a stream; see `OpenStreams.hold`. Default: by the engine alone. */
  readonly hold?: (stream: OpenStream, end: () => void) => () => void;
  /** The services that the gateway answers itself beside `sallyport.v1.AuthService`. Default: none. */
  readonly services?: ServicesConfig;
}

/** The handlers that a listener calls. */
export interface RequestHandler {
  request(request: NodeRequest, response: NodeResponse): void;
  /** For an HTTP/1 request that asks for a WebSocket, and for no other upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void;
  /** Whether this is the address of a trusted proxy. */
  readonly trust: TrustAddress;
}

/** A request for which there is a route. */
interface Call {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly upgrade: UpgradeSocket | undefined;
  readonly asked: Extract<Resolution<OwnAnswer>, { kind: "route" }>;
}

/**
 * Makes the path of a request through the gateway, from its header block to the upstream:
 *
 * ```
 * resolve ─┬─ refused
 *          ├─ preflight: what a page of another origin may send
 *          ├─ own: a server of the gateway answers
 *          └─ route ─▶ authenticate ─▶ denialOf ─▶ toUpstreamRequest ─▶ proxy
 * ```
 *
 * `explainRequest` walks the same functions, and stops before `proxy`.
 */
export function createRequestHandler<I extends Identity>(options: HandleOptions<I>): RequestHandler {
  const { auth, upstreams, trust, onOutcome, login, services = noServices, platform = systemPlatform } = options;
  const { maxHeaderBytes: mostHeaderBytes = maxHeaderBytes } = options;
  const { hold = ({ caller }, end) => (caller === undefined ? () => {} : auth.front.hold(caller, end)) } = options;
  const resolve = createResolve(options.routes, createOwnAnswers({ services, pagesUrl: login?.url }), options.cors);
  const ownServers = createOwnServers(auth, services, { ...options, platform });
  const carriers = toCarriers(services);
  const ownCookie = carriers.cookie?.name;
  const toUpstreamRequest = createToUpstreamRequest({ trust, carriers });
  const { toAuthRequest, peerOf } = createRequestReader(trust);

  function handle(request: NodeRequest, response: NodeResponse, upgrade?: UpgradeSocket): void {
    // A stream that the caller resets emits an error, and without a listener that ends the process.
    request.on("error", ignore);
    response.on("error", ignore);
    if ("stream" in request && isTooLong(request.rawHeaders, mostHeaderBytes)) {
      refuse(request, response, refusals.headers_too_large);
      return;
    }
    const asked = resolve(request, upgrade !== undefined);
    const { kind, cors } = asked;
    // A page may open a WebSocket to any origin: CORS is not asked.
    if (cors !== undefined && kind !== "preflight" && upgrade === undefined)
      finishCors(response, cors, originOf(request));
    switch (asked.kind) {
      case "refused":
        refuse(request, response, asked.denial);
        break;
      case "preflight":
        report(request, { kind: "preflight" });
        answerPreflight(response, asked.cors, originOf(request));
        break;
      case "own":
        report(request, { kind: "service", path: asked.target.path });
        request.url = asked.target.path + asked.target.query;
        ownServers[asked.answer.server](request, response);
        break;
      case "route":
        decide({ request, response, upgrade, asked });
        break;
      default:
        asked satisfies never;
    }
  }

  function decide(call: Call): void {
    const { request, response, asked } = call;
    const data = toAuthRequest(request, asked.target.path);
    const decision = auth.authenticate(data, asked.requirements);
    if (decision instanceof Promise) {
      // A fault of the gateway ends this request's connection, as it does where nothing is awaited; never the process.
      void decision
        .then((made) => hasLeft(request, response) || admit(call, made, data))
        .catch(() => request.destroy());
    } else admit(call, decision, data);
  }

  function admit(call: Call, decision: Decision<I>, data: AuthRequest): void {
    const { request, response, asked } = call;
    const { route } = asked;
    if (decision.kind !== "denied") finishHeaders(response, decision.kind === "allowed" ? decision : undefined);
    const denial = denialOf(route, decision, auth, data);
    const upstream = upstreams.get(route.upstream);
    if (denial !== undefined) refuse(request, response, denial, route);
    else if (upstream === undefined) refuse(request, response, refusals.upstream_unavailable, route);
    else forward(call, decision, upstream);
  }

  function forward({ request, response, upgrade, asked }: Call, decision: Decision<I>, upstream: Upstream): void {
    const { target, framing, route, forwards: rawHeaders } = asked;
    if (rawHeaders === "last") {
      report(request, { kind: "service", path: target.path });
      answerLast(request, response);
      return;
    }
    const { httpVersion } = request;
    const caller = callerOf(decision);
    const encrypted = "encrypted" in request.socket;
    const peer = peerOf(request);
    const admitted = { rawHeaders, target, route, upstream: upstream.config, httpVersion, caller, peer, encrypted };
    const { path, headers } = toUpstreamRequest(admitted);
    report(request, { kind: "proxied", route, caller });
    if (caller !== undefined && isRpcStream(request)) allowSlowBody(request);
    const { bodyTimeoutMs: idleMs } = upstream.config;
    const holdStream = (end: () => void) => hold({ caller, asked: { ...target, method: request.method ?? "" } }, end);
    proxy({
      request,
      response,
      upstream,
      framing,
      ownCookie,
      platform,
      path,
      headers,
      onStreaming: () => endWhen(request, response, holdStream),
      onFailed: (reason, code) => report(request, { kind: "failed", route, reason, code }),
      ...(upgrade !== undefined && {
        onUpgrade: (fields, socket) =>
          openTunnel({ ...upgrade, headers: fields, upstream: socket, ownCookie, hold: holdStream, platform, idleMs }),
      }),
    });
  }

  function refuse(request: NodeRequest, response: NodeResponse, denial: Denial, route?: RouteConfig): void {
    report(request, { kind: "refused", denial, route });
    writeDenial(request, response, denial, platform);
  }

  function report(request: NodeRequest, outcome: RequestOutcome): void {
    if (onOutcome !== undefined) ignoreFailure(() => onOutcome(request, outcome));
  }

  return {
    trust,
    request: (request, response) => handle(request, response),
    upgrade(request, socket, head) {
      const response = createUpgradeResponse(request, socket);
      handle(request, response, { socket, head, response });
    },
  };
}

/** Whether a request may be open for hours while the caller is silent: gRPC of any kind, and streams of Connect. */
function isRpcStream({ headers }: NodeRequest): boolean {
  return /^application\/(?:grpc|connect\+)/i.test(headers["content-type"] ?? "");
}

/** Answers a request that asks for no hop beyond this one. */
function answerLast(request: NodeRequest, response: NodeResponse): void {
  request.resume();
  response.statusCode = 204;
  response.end();
}

/** Whether a header block is longer than this, counted as HTTP/1 would write it. */
function isTooLong(rawHeaders: readonly string[], maxBytes: number): boolean {
  let bytes = 2 * rawHeaders.length; // for each field ": " and a line end
  for (const part of rawHeaders) bytes += part.length;
  return bytes > maxBytes;
}

function originOf({ rawHeaders }: NodeRequest): string | undefined {
  const origin = soleOf(rawHeaders, "origin");
  return typeof origin === "string" ? origin : undefined;
}

function ignore(): void {}
