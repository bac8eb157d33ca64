import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { serveHttp, serveWebSocket, serveWebSocketStream } from "./serve-http.js";
import { talkRoutes } from "./serve-talk.js";
import { createStage, type Stage } from "./stage.js";
import type { UpstreamKind } from "./ways.js";

export interface MatrixUpstream {
  readonly origin: string;
  readonly stage: Stage;
  close(): void;
}

/** PEM. */
export interface KeyPair {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Node sends no head of more than 64 KiB by default; this one is to be refused by the gateway. */
const maxSendHeaderBlockLength = 4 << 20;

/** Starts an upstream that serves HTTP and RPCs, whatever it speaks. */
export async function startMatrixUpstream(kind: UpstreamKind, pair: KeyPair): Promise<MatrixUpstream> {
  const sockets = new Set<Socket>();
  const stage = createStage(() => {
    for (const socket of sockets) socket.destroy();
  });
  const rpcs = connectNodeAdapter({
    routes: talkRoutes(stage),
    fallback: (request, response) => serveHttp(stage, request as IncomingMessage, response as ServerResponse),
  });
  const handler: typeof rpcs = (request, response) => {
    // Hints come before the answer to an RPC too.
    if (request.headers["x-hint"] !== undefined) response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    rpcs(request, response);
  };
  const http2 = { settings: { enableConnectProtocol: true }, maxSendHeaderBlockLength };
  const create: Record<UpstreamKind, () => Server> = {
    http1: () => createHttp1Server(handler),
    h2c: () => createHttp2Server(http2, handler),
    "tls http1": () => createHttpsServer(pair, handler),
    // WebSockets come over HTTP/1.1.
    "tls h2": () => createSecureServer({ ...pair, ...http2, allowHTTP1: true }, handler),
  };
  const server = create[kind]();
  server.on("upgrade", serveWebSocket).on("connect", serveWebSocketStream);
  server.on("sessionError", () => {});
  server.on(kind.startsWith("tls") ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket.on("close", () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  const scheme = kind.startsWith("tls") ? "https" : kind === "h2c" ? "h2c" : "http";
  return {
    origin: `${scheme}://localhost:${port}`,
    stage,
    close() {
      server.close();
      stage.breakOff();
    },
  };
}
