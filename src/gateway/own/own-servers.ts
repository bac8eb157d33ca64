import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../adapters/connect.js";
import { grpcAuth } from "../../adapters/grpc/grpc.js";
import { externalPages } from "../../adapters/node/external-pages.js";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import type { Auth } from "../../engine/auth.js";
import type { ExternalHandler } from "../../handlers/external/external.js";
import type { Identity } from "../../model/identity.js";
import type { RpcService } from "../../model/rpc-service.js";
import { type DeephavenCoreOptions, deephavenCoreServices } from "../../services/flight/deephaven-core.js";
import { flightServices } from "../../services/flight/flight.js";
import type { TrustAddress } from "../route/forwarded.js";
import { createHealthPage } from "./health-page.js";
import type { OwnServer } from "./own-answers.js";
import type { ServicesConfig } from "./own-config.js";
import { alwaysReady, createServiceRoutes, type ServiceOptions } from "./services.js";

export interface OwnServersOptions<I extends Identity = Identity> extends ServiceOptions {
  readonly trust: TrustAddress;
  /** Aborted when the gateway is about to stop. */
  readonly stopping?: AbortSignal | undefined;
  /** The handler of browser log-ins, whose pages are served. */
  readonly login?: ExternalHandler | undefined;
  /** Further services of gRPC. Default: none. */
  readonly wires?: readonly RpcService<I>[];
  /** The settings of the Deephaven server behind the gateway. Default: none. */
  readonly upstreamConstants?: DeephavenCoreOptions["upstreamConstants"];
}

/** The servers. Each answers only the paths for which `OwnAnswers` names it. */
export type OwnServers = Readonly<Record<OwnServer, (request: NodeRequest, response: NodeResponse) => void>>;

/**
 * Makes the servers of the gateway's own answers.
 *
 * @throws {AuthError} `invalid_options`
 */
export function createOwnServers<I extends Identity>(
  auth: Auth<I>,
  config: ServicesConfig,
  { trust: trustProxy, login, stopping: signal, upstreamConstants, wires = [], ...options }: OwnServersOptions<I>,
): OwnServers {
  const { platform } = options;
  return {
    connect: connectAuth(auth, connectNodeAdapter, {
      routes: createServiceRoutes(auth, config, options),
      trustProxy,
      platform,
    }),
    grpc: grpcAuth(auth, [...createWires(auth, config, { signal, platform, upstreamConstants }), ...wires], {
      ...{ trustProxy, platform },
    }),
    health: createHealthPage(options.ready ?? alwaysReady, platform),
    pages: login === undefined ? nowhere : externalPages(auth, login, { trustProxy, platform }),
  };
}

/** Stands for the pages where there are none: then no path leads here. */
function nowhere(_request: NodeRequest, response: NodeResponse): void {
  response.destroy();
}

/** Makes the services of older clients that are configured. */
export function createWires<I extends Identity>(
  auth: Auth<I>,
  config: ServicesConfig,
  options: Pick<DeephavenCoreOptions, "signal" | "platform" | "upstreamConstants">,
): readonly RpcService<I>[] {
  const { cookie: _ofCarriers, ...flight } = config.flight ?? { cookie: undefined };
  return [
    ...(config.flight === undefined ? [] : flightServices(auth, flight)),
    ...(config.deephavenCore === undefined ? [] : deephavenCoreServices(auth, { ...config.deephavenCore, ...options })),
  ];
}
