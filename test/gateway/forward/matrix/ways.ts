/** What an upstream speaks: without TLS, and by TLS with what its ALPN agrees to. */
export const upstreamKinds = ["http1", "h2c", "tls http1", "tls h2"] as const;
export type UpstreamKind = (typeof upstreamKinds)[number];

/** Where a caller connects to: both protocols are served on each, told apart by their first bytes or by ALPN. */
export const listenerKinds = ["plain", "tls"] as const;
export type ListenerKind = (typeof listenerKinds)[number];

/** A client of HTTP itself: of `node:http`, of `node:http2`. */
export const rawClients = ["http1", "http2"] as const;
export type RawClient = (typeof rawClients)[number];

/** A client of RPCs, with the version of HTTP: connect-es in its three protocols, and grpc-js. */
export const rpcClients = ["connect 1", "connect 2", "grpc-web 1", "grpc-web 2", "grpc 2", "grpc-js 2"] as const;
export type RpcClient = (typeof rpcClients)[number];

export function speaksHttp1(upstream: UpstreamKind): boolean {
  return upstream === "http1" || upstream === "tls http1";
}
