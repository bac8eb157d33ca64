import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, ServiceImpl } from "@connectrpc/connect";
import { markByMessage } from "../model/connect-context.js";

/**
 * The longest message, twice the longest `Authorization` header. Unauthenticated clients may send a log-in, and
 * Connect's own limit of 4 GiB would let a small gzip body fill the memory.
 */
const readMaxBytes = 16 * 1024;

/**
 * Adds a service to a router, with a limit on the size of messages.
 *
 * @param byMessage whether the method of this name authenticates by its message: `connectAuth` then requires no
 *   credentials
 */
export function addService<S extends DescService>(
  router: ConnectRouter,
  service: S,
  implementation: ServiceImpl<S>,
  byMessage: (method: string) => boolean,
): void {
  const start = router.handlers.length;
  router.service(service, implementation);
  // In connect 2.1, options of one service turn on protocols that the router turned off, so the enabled ones are
  // repeated.
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
