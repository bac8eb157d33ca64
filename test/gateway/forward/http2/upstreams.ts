import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import type { Connect, Forwarder } from "../../../../src/gateway/forward/exchange.js";
import { createHttp2Forwarder } from "../../../../src/gateway/forward/http2/forwarder.js";
import type { Http2ForwarderOptions } from "../../../../src/gateway/forward/http2/options.js";

export type OnStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void;

export interface RunningUpstream {
  readonly port: number;
  readonly address: string;
  /** Those that were opened, also when they are closed. */
  readonly sessions: ServerHttp2Session[];
  readonly sockets: Socket[];
}

/** An HTTP/2 server on a port of its own, which ends with the test. */
export async function startUpstream(
  t: TestContext,
  onStream: OnStream,
  options: ServerOptions | SecureServerOptions = {},
): Promise<RunningUpstream> {
  const server: Http2Server =
    "key" in options ? (createSecureServer(options) as unknown as Http2Server) : createServer(options);
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => undefined);
  });
  server.on("sessionError", () => undefined);
  server.on(
    "stream",
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => {
      stream.on("error", () => undefined);
      onStream(stream, headers, flags, rawHeaders);
    },
  );
  return { sessions, ...(await listen(t, server)) };
}

/** A server of bytes. */
export async function startTcp(t: TestContext, onSocket: (socket: Socket) => void): Promise<RunningUpstream> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  return { sessions: [], ...(await listen(t, server)) };
}

async function listen(t: TestContext, server: ReturnType<typeof createTcpServer>) {
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { port, address: `127.0.0.1:${port}`, sockets };
}

export function connectTo(port: number, ca?: Buffer): Connect {
  return (onOpen) => {
    const socket =
      ca === undefined
        ? connectTcp({ port, host: "127.0.0.1", noDelay: true })
        : connectTls({ port, host: "127.0.0.1", servername: "localhost", ca, ALPNProtocols: ["h2", "http/1.1"] });
    const onError = (error: NodeJS.ErrnoException) => onOpen(error);
    socket.once("error", onError);
    socket.once(ca === undefined ? "connect" : "secureConnect", () => {
      socket.off("error", onError);
      const isHttp2 = ca === undefined || ("alpnProtocol" in socket && socket.alpnProtocol === "h2");
      onOpen(undefined, { socket, protocol: isHttp2 ? "http2" : "http1" });
    });
    return () => {
      socket
        .off("error", onError)
        .on("error", () => undefined)
        .destroy();
    };
  };
}

/** A forwarder to an upstream, destroyed with the test. */
export function forwarderTo(
  t: TestContext,
  { port, address }: Pick<RunningUpstream, "port" | "address">,
  options: Partial<Http2ForwarderOptions> = {},
): Forwarder {
  const forwarder = createHttp2Forwarder({
    connect: connectTo(port),
    address,
    maxConnections: 4,
    connectTimeoutMs: 10_000,
    headersTimeoutMs: 60_000,
    bodyTimeoutMs: 60_000,
    maxHeadBytes: 65_536,
    ...options,
  });
  t.after(() => forwarder.destroy());
  return forwarder;
}

/** Answers with what came. */
export const echo: OnStream = (stream) => {
  stream.respond({ ":status": 200 });
  stream.pipe(stream);
};
