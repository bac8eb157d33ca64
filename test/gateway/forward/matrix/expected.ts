import { type RawClient, type RpcClient, speaksHttp1, type UpstreamKind } from "./ways.js";

type Expected<C> = string | ((client: C, upstream: UpstreamKind) => string);

/** What callers of HTTP see. */
const raw: Readonly<Record<string, Expected<RawClient>>> = {
  call: "200 plain",
  HEAD: "200, length 5",
  204: '204 "1"',
  304: '304 "1"',
  range: "206 bc, bytes 1-2/4",
  error: "500 sorry",
  trailers: "200 body, last",
  103: "200 hinted, hints: 1",
  "1 MB of fields of the answer": "502 upstream_failed",
  deadline: "504 upstream_timeout",
  "16 MB both ways": "200 the same, asked",
  "stream both ways": "200 1 2 3 ",
  SSE: "200 data: 1data: 2data: 3",
  "early answer": "413 much",
  "upload aborted": "200, upstream: cut",
  cancel: "200 half, cut, upstream: cut",
  "upstream killed": "200 half, cut",
  WebSocket: "pingpongbye",
  // Over HTTP/2 it is a flood of CONTINUATION frames: the connection ends.
  "1 MB of fields": (client) => (client === "http1" ? "431" : "no answer"),
};

const isGrpc = (client: RpcClient): boolean => client.startsWith("grpc") && !client.startsWith("grpc-web");
const isHttp1 = (client: RpcClient): boolean => client.endsWith(" 1");

/** What callers of RPCs see. */
const rpc: Readonly<Record<string, Expected<RpcClient>>> = {
  unary: "hello OK",
  "server stream": "1 2 3 OK",
  "client stream": "a+b+c OK",
  error: "FailedPrecondition: told, because",
  "error in a stream": "1 FailedPrecondition: told, because",
  trailers: "OK, header: asked, trailer: last",
  103: "hello OK",
  "1 MB of metadata of the answer": "Unavailable",
  "16 MB both ways": "the same OK",
  deadline: "DeadlineExceeded",
  "early answer": "ResourceExhausted",
  cancel: "1 Canceled, upstream: Canceled",
  // connect-node answers 505 over HTTP/1.1: Connect and gRPC-Web show it as it is, and for gRPC the gateway says what is wrong.
  "stream both ways": (client, upstream) => {
    if (!speaksHttp1(upstream)) return "1 2 3 OK";
    return isGrpc(client) ? "Unimplemented" : "Unknown";
  },
  "upload aborted": (_client, upstream) => `Canceled, upstream: ${speaksHttp1(upstream) ? "Aborted" : "Canceled"}`,
  "upstream killed": (client) => (isHttp1(client) ? "1 Aborted" : "1 Internal"),
  // Connect has no code for 431; the connection of HTTP/2 ends, of which each client makes what it will.
  "1 MB of metadata": (client) => {
    if (isHttp1(client)) return "Unknown";
    return client === "grpc-js 2" ? "ResourceExhausted" : "Internal";
  },
};

export const expectedOfRaw = (kind: string, client: RawClient, upstream: UpstreamKind): string =>
  resolve(raw, kind, client, upstream);

export const expectedOfRpc = (kind: string, client: RpcClient, upstream: UpstreamKind): string =>
  resolve(rpc, kind, client, upstream);

function resolve<C>(
  table: Readonly<Record<string, Expected<C>>>,
  kind: string,
  client: C,
  upstream: UpstreamKind,
): string {
  const expected = table[kind] ?? "no expectation";
  return typeof expected === "string" ? expected : expected(client, upstream);
}
