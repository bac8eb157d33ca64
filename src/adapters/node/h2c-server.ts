import { createServer as createHttp1, type ServerOptions } from "node:http";
import { createServer as createHttp2, type ServerOptions as Http2Options, type ServerHttp2Session } from "node:http2";
import { createServer, type Server } from "node:net";
import { type OptionKinds, requireArgument, requireOptions } from "../../base/options.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { chooseProtocol } from "./choose-protocol.js";
import { continueAuth } from "./continue.js";
import { keepHandle } from "./keep-handle.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/** Options of `createH2cServer`. */
export interface H2cServerOptions {
  /** Options of `createServer` of `node:http`. Default: Node's. */
  readonly http1?: ServerOptions;
  /**
   * Options of `createServer` of `node:http2`. Default: Node's, with 100 streams per connection: Node allows 2^32 - 1,
   * and any client may open a log-in.
   */
  readonly http2?: Http2Options;
  /** The clock of the timer for a client that connects and sends nothing: it is cut off after a minute. Default: the machine's. */
  readonly platform?: Platform;
}

const serverKinds: OptionKinds<H2cServerOptions> = { http1: "object", http2: "object", platform: "object" };

/** As long as Node gives an HTTP/1 client for its headers. */
const silentMs = 60_000;

/**
 * Makes a server for cleartext HTTP/1.1 and HTTP/2 on one port: browsers and `curl` speak the one, gRPC the other, which
 * `node:http` does not serve. The first bytes of a connection tell which (h2c with prior knowledge, RFC 9113 §3.3).
 *
 * ```ts
 * createH2cServer(nodeAuth(auth, listener)).listen(3000);
 * createH2cServer(connectAuth(auth, connectNodeAdapter, { routes })).listen(3000);
 * ```
 *
 * A client that asks before it sends a body (`Expect: 100-continue`) is answered by the listener, as with `continueAuth`.
 * With TLS use `createSecureServer({ allowHTTP1: true, … }, listener)` of `node:http2`, which serves both.
 *
 * @param listener what `nodeAuth` or `connectAuth` returns, or any other listener for both versions
 * @returns a server to call `listen` on. Its `close` ends idle connections, and waits for requests under way
 */
export function createH2cServer<Request extends NodeRequest, Response extends NodeResponse>(
  listener: (request: Request, response: Response) => unknown,
  options: H2cServerOptions = {},
): Server {
  requireArgument("createH2cServer", "listener", listener, "function");
  requireOptions("createH2cServer", options, serverKinds);
  const { platform = systemPlatform } = options;
  const settings = { maxConcurrentStreams: 100, ...options.http2?.settings };
  const http1 = createHttp1({ ...options.http1 }, listener as unknown as Parameters<typeof createHttp1>[1]);
  const http2 = createHttp2({ ...options.http2, settings }, listener as unknown as Parameters<typeof createHttp2>[1]);
  continueAuth(http1, listener);
  continueAuth(http2, listener);
  // Node begins to check time-outs when a server starts to listen; this one never does.
  http1.emit("listening");
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    sessions.add(session);
    keepHandle(session);
    session.on("error", ignore);
    session.once("close", () => sessions.delete(session));
  });
  // Malformed frames (CVE-2025-59465): without a listener they end the process.
  http2.on("sessionError", ignore);

  // Half-open connections are allowed, as in Node's own HTTP/1 servers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", ignore);
    const cancel = platform.delay(silentMs, () => socket.destroy());
    socket.once("close", cancel);
    chooseProtocol(socket, (protocol) => {
      cancel();
      socket.off("close", cancel);
      // A client that closes its side has left an HTTP/2 connection.
      if (protocol === "http2") socket.allowHalfOpen = false;
      (protocol === "http1" ? http1 : http2).emit("connection", socket);
    });
  });
  const close = server.close.bind(server);
  server.close = (done) => {
    http1.close();
    for (const session of sessions) session.close();
    return close(done);
  };
  return server;
}

function ignore(): void {}
