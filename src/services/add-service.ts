import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, ServiceImpl } from "@connectrpc/connect";
import { markByMessage } from "../model/connect-context.js";

/**
 * Anybody may send a log-in, and Connect's own limit of 4 GiB would let a small gzip body fill the memory. Twice what an
 * `Authorization` header may hold.
 */
const readMaxBytes = 16 * 1024;

/**
 * Adds a service to a router, with small messages.
 *
 * @param byMessage whether the method of this name authenticates by its message: the door lets it through without
 *   credentials.
 */
export function addService<S extends DescService>(
  router: ConnectRouter,
  service: S,
  implementation: ServiceImpl<S>,
  byMessage: (method: string) => boolean,
): void {
  const start = router.handlers.length;
  router.service(service, implementation);
  // Options of one service turn on protocols that the router turned off (connect 2.1): say again which are on.
  const on = new Set(router.handlers.splice(start)[0]?.protocolNames);
  const options: ConnectRouterOptions = {
    readMaxBytes,
    connect: on.has("connect"),
    grpc: on.has("grpc"),
    grpcWeb: on.has("grpc-web"),
  };
  router.service(service, implementation, options);
  for (const handler of router.handlers.slice(start)) {
    if (byMessage(handler.method.name)) markByMessage(handler);
  }
}
