import { type GrpcAuthListener, grpcAuth } from "../../adapters/grpc/grpc.js";
import type { TrustProxy } from "../../adapters/node/request.js";
import type { Platform } from "../../base/platform.js";
import type { Auth } from "../../engine/auth.js";
import type { Identity } from "../../model/identity.js";
import type { RpcService } from "../../model/rpc-service.js";
import { deephavenCoreServices } from "../../services/flight/deephaven-core.js";
import { flightServices } from "../../services/flight/flight.js";
import type { ServicesConfig } from "./own-config.js";

/** The wires of older clients, as far as they are configured. */
export interface Wires {
  /** Canonical paths, exact: what else a service has is a route's business. */
  readonly paths: ReadonlySet<string>;
  readonly serve: GrpcAuthListener;
}

export interface WiresOptions {
  readonly platform: Platform;
  readonly trustProxy: TrustProxy;
  /** Aborted when the gateway is about to stop. */
  readonly signal: AbortSignal | undefined;
}

export function createWires<I extends Identity>(
  auth: Auth<I>,
  config: ServicesConfig,
  { signal, ...options }: WiresOptions,
): Wires {
  const services: RpcService<I>[] = [];
  if (config.flight !== undefined) services.push(...flightServices(auth, config.flight));
  if (config.deephavenCore !== undefined) {
    services.push(...deephavenCoreServices(auth, { ...config.deephavenCore, signal, platform: options.platform }));
  }
  const paths = services.flatMap(({ name, methods }) => [...methods.keys()].map((method) => `/${name}/${method}`));
  return { paths: new Set(paths), serve: grpcAuth(auth, services, options) };
}
