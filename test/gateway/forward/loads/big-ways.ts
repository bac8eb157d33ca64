import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as http1Request, type IncomingMessage } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import { createWebSocketStream, WebSocket, WebSocketServer } from "ws";
import { listen } from "../../../adapters/servers.js";
import type { GatewayProcess } from "./gateway-process.js";

/** What is sent at a time: a message of gRPC, with its head of five bytes, and one of a WebSocket. */
const message: Buffer = Buffer.alloc(64 * 1024, "0123456789abcdef");
message.writeUInt8(0, 0);
message.writeUInt32BE(message.length - 5, 1);

const messagesPerMegabyte = 1024 / 64;

/** Starts upstreams of HTTP/1.1 and h2c that send back what comes, as it comes. Returns their URLs. */
export async function startEchoes(t: TestContext): Promise<{ readonly http1: string; readonly h2c: string }> {
  const http1 = createServer((request, response) => {
    request.on("error", () => {});
    request.pipe(response);
  });
  const webSockets = new WebSocketServer({ noServer: true });
  http1.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) =>
    webSockets.handleUpgrade(request, socket, head, (each) => {
      const stream = createWebSocketStream(each).on("error", () => {});
      stream.pipe(stream);
    }),
  );
  const http2 = createHttp2Server();
  http2.on("stream", (stream: ServerHttp2Stream, { "content-type": type = "text/plain" }) => {
    stream.on("error", () => {});
    stream.respond({ "content-type": type }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  });
  const [first, second] = [await listen(http1), await listen(http2)];
  t.after(() => Promise.all([first.close(), second.close()]));
  return { http1: first.origin, h2c: second.origin.replace("http:", "h2c:") };
}

interface Way {
  readonly sink: Writable;
  readonly source: Promise<Readable>;
  close?(): void;
}

/** The ways in which bytes pass in both directions at once. */
export const ways: Readonly<Record<string, (gateway: GatewayProcess) => Promise<Way>>> = {
  async "HTTP/1"({ origin, bearer: authorization }) {
    const sink = http1Request(`${origin}/http1`, { method: "POST", headers: { authorization }, agent: false });
    return { sink, source: once(sink, "response").then(([response]) => response) };
  },
  "HTTP/2": async (gateway) => openStream(gateway, { ":path": "/h2c" }),
  "HTTP/2 to an upstream of HTTP/1.1": async (gateway) => openStream(gateway, { ":path": "/http1" }),
  "a stream of gRPC": async (gateway) =>
    openStream(gateway, { ":path": "/h2c", "content-type": "application/grpc", te: "trailers" }),
  async "a WebSocket"({ port, bearer: authorization }) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/http1`, { headers: { authorization } });
    await once(socket, "open");
    return fromDuplex(createWebSocketStream(socket));
  },
};

function openStream({ origin, bearer }: GatewayProcess, headers: Record<string, string>): Way {
  const session = connectHttp2(origin);
  const stream = session.request({ ":method": "POST", authorization: bearer, ...headers }, { endStream: false });
  return { ...fromDuplex(stream), close: () => session.destroy() };
}

function fromDuplex(duplex: Duplex): Way {
  return { sink: duplex, source: Promise.resolve(duplex) };
}

/** Sends so many megabytes, reads them back meanwhile, and compares both. */
export async function passBothWays({ sink, source, close }: Way, megabytes: number): Promise<void> {
  const [sent, received] = [createHash("sha256"), createHash("sha256")];
  const reading = source.then(async (readable) => {
    for await (const chunk of readable) received.update(chunk as Buffer);
  });
  for (let count = 0; count < megabytes * messagesPerMegabyte; count += 1) {
    sent.update(message);
    if (!sink.write(message)) await Promise.race([once(sink, "drain"), reading]);
  }
  sink.end();
  await reading;
  close?.();
  assert.equal(received.digest("hex"), sent.digest("hex"));
}
