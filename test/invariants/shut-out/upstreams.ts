import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { WebSocketServer } from "ws";
import type { UpstreamConfig } from "../../../src/gateway/forward/upstream-config.js";

/** Services behind the gateways of a test: their streams go on until they are broken off. */
export interface StreamingUpstreams {
  /** `app` over HTTP/1.1, `grpc` over HTTP/2. */
  readonly configs: ReadonlyMap<string, UpstreamConfig>;
  /** Sends something on every stream that is open. */
  ping(): void;
  close(): void;
}

const common: Omit<UpstreamConfig, "name" | "origin"> = {
  ...{ identity: "headers", ignoresCase: false, via: true, maxConnections: 64, maxHeaderBytes: 65_536 },
  ...{ connectTimeoutMs: 10_000, headersTimeoutMs: 60_000, bodyTimeoutMs: 1_000_000_000 },
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

/** A gRPC message of `text`. */
const message = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);

export async function startUpstreams(): Promise<StreamingUpstreams> {
  const streams = new Set<(text: string) => void>();
  function open(send: (text: string) => void, over: { on(event: "close", callback: () => void): unknown }): void {
    streams.add(send);
    over.on("close", () => streams.delete(send));
    send("first");
  }
  const sockets = new WebSocketServer({ noServer: true });
  const http1 = createServer((request, response) => {
    if (request.url === "/sse") open((text) => response.write(`data: ${text}\n\n`), response);
    else response.end(request.headers["x-sallyport-roles"] ?? "");
  });
  http1.on("upgrade", (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (peer) => open((text) => peer.send(text), peer)),
  );
  const http2 = createHttp2Server();
  http2.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    open((text) => stream.write(message(text)), stream);
  });
  const origins = {
    app: `http://127.0.0.1:${await listen(http1)}`,
    grpc: `h2c://127.0.0.1:${await listen(http2)}`,
  };
  return {
    configs: new Map<string, UpstreamConfig>(
      Object.entries(origins).map(([name, origin]) => [name, { ...common, name, origin }]),
    ),
    ping() {
      for (const send of streams) send("ping");
    },
    close() {
      http1.close();
      http1.closeAllConnections();
      http2.close();
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}
