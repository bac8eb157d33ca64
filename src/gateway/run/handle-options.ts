import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { CorsOptions } from "../../adapters/node/cors-policy.js";
import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { Authorizer } from "../admit/authorizer.js";
import type { CallerCounts } from "../admit/caller-counts.js";
import type { Bridges } from "../forward/bridge/bridge.js";
import type { Upstreams } from "../forward/upstreams.js";
import type { StreamRequest } from "../listen/stream-request.js";
import type { OnAnswered } from "../observe/on-answered.js";
import type { BeginSpan } from "../observe/spans.js";
import type { ServicesConfig } from "../own/own-config.js";
import type { OwnServersOptions } from "../own/own-servers.js";
import type { TrustAddress } from "../route/forwarded.js";
import type { RouteConfig } from "../route/route-config.js";
import type { RouteTable } from "../route/routes.js";
import type { OpenStream } from "./open-streams.js";

export interface HandleOptions<I extends Identity = Identity> extends Omit<OwnServersOptions, "platform"> {
  readonly auth: Auth<I>;
  readonly routes: RouteTable;
  readonly upstreams: Pick<Upstreams, "get">;
  /** For the upstreams that have a credential. Default: none has. */
  readonly bridges?: Pick<Bridges, "get"> | undefined;
  /** For logs and metrics. */
  readonly onAnswered?: OnAnswered;
  /** Begins a span for each request. Default: there are no traces. */
  readonly beginSpan?: BeginSpan | undefined;
  readonly platform?: Platform;
  /** The most bytes of a header block of HTTP/2; Node sees to HTTP/1. Default: 16,384. */
  readonly maxHeaderBytes?: number;
  /** The pages of other origins that may call routes without `cors`, and the gateway's own services. Default: none. */
  readonly cors?: CorsOptions | undefined;
  /** Watches a stream; see `OpenStreams.hold`. Default: by the engine alone. */
  readonly hold?: (stream: OpenStream, end: () => void) => () => void;
  /** Finds the counts of a route. Default: each route of this handler has its own. */
  readonly countsOf?: (route: RouteConfig) => CallerCounts;
  /** Finds the service that decides about requests of a route with `authorize`. Default: none, and such a route lets none in. */
  readonly authorizerOf?: (route: RouteConfig) => Authorizer | undefined;
  /** Watches a WebSocket; see `OpenTunnels.add`. Default: none is told of a stop. */
  readonly holdOpen?: (goAway: () => void) => () => void;
  /** The services that the gateway answers itself beside `sallyport.v1.AuthService`. Default: none. */
  readonly services?: ServicesConfig;
}

/** The handlers that a listener calls. What they throw or reject with is a fault of the gateway. */
export interface RequestHandler {
  request(request: IncomingMessage, response: ServerResponse): Awaitable<void>;
  stream(request: StreamRequest): Awaitable<void>;
  /** For an HTTP/1 request that asks for a WebSocket, and for no other upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): Awaitable<void>;
  /** Whether this is the address of a trusted proxy. */
  readonly trust: TrustAddress;
}
