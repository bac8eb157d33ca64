import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Protocol } from "../../adapters/node/choose-protocol.js";
import { continueAuth } from "../../adapters/node/continue.js";
import { resetStream } from "../../adapters/node/reset-stream.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { createAwakeClock } from "./awake-clock.js";
import { type Connection, connectionOf, createConnection } from "./connection.js";
import { sweepMs } from "./connection-limits.js";
import { createConnectionShares } from "./connection-shares.js";
import { type Drain, drain } from "./graceful-stop.js";
import { createHttp1, createHttp2 } from "./http-servers.js";
import type { AddressConfig, LimitsConfig, ListenConfig } from "./listen-config.js";
import { openPort, type Port } from "./open-port.js";
import { serveInTurn } from "./pipeline.js";
import { startSweep } from "./slow-clients.js";
import { StreamRequest } from "./stream-request.js";
import { trackRequest, trackStream } from "./track-request.js";
import { endsPipeline, serveWithoutUpgrade, wantsWebSocket } from "./without-upgrade.js";

/** The handlers of requests. All may be asynchronous; what they throw or reject with is reported to `onFault`. */
export interface ListenerHandlers {
  /** For HTTP/1. */
  request(request: IncomingMessage, response: ServerResponse): unknown;
  /** For HTTP/2. */
  stream(request: StreamRequest): unknown;
  /** For WebSocket only: a request for any other protocol is handled as the ordinary request that it also is. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): unknown;
  /** Whether this is the address of a trusted proxy, whose PROXY header counts. Default: none is. */
  trust?(address: string): boolean;
}

export interface ListenersOptions {
  readonly platform?: Platform;
  /** Called with a fault that no client caused: a handler failed, a certificate cannot be read. Default: ignored. */
  readonly onFault?: (what: string, error: unknown) => void;
  /**
   * Called with bytes that are no HTTP/1.1, which Node has answered itself with 400 or 431: they never become a request.
   * Default: ignored.
   */
  readonly onMalformed?: (bytes: MalformedBytes) => void;
  /**
   * How often certificate files are checked, in milliseconds. Default: 5,000. They are checked rather than watched,
   * since file system events miss what tools of certificate renewal do (rename, symbolic links, network volumes).
   */
  readonly certificateLookMs?: number;
}

/** Bytes that Node's parser refused. */
export interface MalformedBytes {
  /** The parser's, such as `HPE_INVALID_CONTENT_LENGTH`. */
  readonly code: string;
  /** The parser's words, which are constants and quote nothing of the bytes; `undefined`: none. */
  readonly words: string | undefined;
  readonly peer: string | undefined;
}

export interface Listeners {
  /** The addresses in the order of the configuration, with the ports that were taken for 0. */
  addresses(): readonly AddressConfig[];
  /**
   * Sends requests that begin after this call to `handlers`; those under way stay with the handlers they began with.
   */
  swap(handlers: ListenerHandlers): void;
  openConnections(): number;
  /** From now on answers tell HTTP/1 clients to close their connection. New connections are still accepted. */
  announceStop(): void;
  /**
   * Stops: no new connection is accepted.
   *
   * @param timeoutMs how long calls under way may take to finish. Called again with 0 it destroys what is left
   */
  stop(timeoutMs?: number): Promise<void>;
}

/**
 * Listens for HTTP/1 and HTTP/2 on every configured address. No client can end the process or hold a connection without
 * use, and a reload ends no connection.
 *
 * @throws rejects when the gateway cannot listen on an address, or cannot read a certificate; then it listens on none
 */
export async function createListeners(
  config: { readonly listen: readonly ListenConfig[]; readonly limits: LimitsConfig },
  handlers: ListenerHandlers,
  options: ListenersOptions = {},
): Promise<Listeners> {
  const { platform = systemPlatform, onFault = ignore, onMalformed = ignore, certificateLookMs = 5_000 } = options;
  const { headersTimeoutMs, stopTimeoutMs, maxConnections } = config.limits;
  const connections = new Set<Connection>();
  const clock = createAwakeClock(sweepMs, platform);
  const http1 = createHttp1(config.limits, clock);
  const http2 = createHttp2(config.limits);
  let current = handlers;
  let isStopping = false;
  let draining: Drain | undefined;
  let stopped: Promise<void> | undefined;

  const onRequest = serveInTurn((request, response) => {
    const connection = connectionOf(request.socket);
    if (connection !== undefined) trackRequest(connection, request, response);
    // A write to a client that has gone away is an error event, and without a listener the end of the process.
    request.on("error", ignore);
    response.on("error", ignore);
    // Those that came behind it, before the stop, are served as well.
    const isLast = isStopping && connection?.waiting === undefined;
    if (isLast || endsPipeline(request)) response.setHeader("connection", "close");
    attempt(
      () => current.request(request, response),
      (error) => {
        onFault("a request handler failed", error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500, faultHeaders).end(faultBody);
      },
    );
  });

  // The types of Node leave out the last argument.
  function onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...[, rawHeaders]: unknown[]): void {
    const request = new StreamRequest(stream, headers, rawHeaders as string[]);
    trackStream(request, clock);
    stream.on("error", ignore);
    if (headers.expect !== undefined && headers.expect !== "100-continue") {
      stream.respond({ ":status": 417 }, { endStream: true });
      return;
    }
    attempt(
      () => current.stream(request),
      (error) => {
        onFault("a request handler failed", error);
        if (stream.headersSent || stream.destroyed) resetStream(stream, constants.NGHTTP2_INTERNAL_ERROR);
        else {
          stream.respond({ ...faultHeaders, ":status": 500 });
          stream.end(faultBody);
        }
      },
    );
  }

  http1.on("request", onRequest);
  http2.on("stream", onStream);
  continueAuth(http1, onRequest);
  http1.on("upgrade", (request, socket, head) => {
    if (!wantsWebSocket(request)) {
      serveWithoutUpgrade(request, socket, head);
      return;
    }
    const connection = connectionOf(socket);
    if (connection !== undefined) {
      // Its answer would come before that of the request in front of it.
      if (connection.isBusy) {
        socket.destroy();
        return;
      }
      connection.protocol = "upgraded";
      connection.served = true;
      connection.deadline = Number.POSITIVE_INFINITY;
    }
    socket.on("error", ignore);
    attempt(
      () => current.upgrade(request, socket, head),
      (error) => {
        onFault("an upgrade handler failed", error);
        socket.destroy();
      },
    );
  });

  function onSocketError(this: Socket, { code = "", reason }: NodeJS.ErrnoException & { reason?: unknown }): void {
    // Those of llhttp, Node's parser.
    if (!code.startsWith("HPE_")) return;
    onMalformed({ code, words: typeof reason === "string" ? reason : undefined, peer: this.remoteAddress });
  }

  function onConnection(socket: Socket, deadlineMs: number): (protocol: Protocol) => void {
    if (!shares.admit(socket)) {
      socket.on("error", ignore).destroy();
      return ignore;
    }
    const connection = createConnection(socket, clock.now() + deadlineMs);
    connections.add(connection);
    socket.on("error", onSocketError);
    socket.on("close", () => connections.delete(connection));
    return (protocol) => {
      connection.protocol = protocol;
      // A client that closes its side has left an HTTP/2 connection; `node:http2` reckons with Node's default here.
      if (protocol === "http2") socket.allowHalfOpen = false;
      (protocol === "http1" ? http1 : http2).emit("connection", socket);
    };
  }

  const isTrusted = (address: string): boolean => current.trust?.(address) === true;
  const shares = createConnectionShares(maxConnections, isTrusted);
  const ports: Port[] = [];
  const parts = { headersTimeoutMs, maxConnections, certificateLookMs, platform, onFault, onConnection, isTrusted };
  try {
    for (const listen of config.listen) ports.push(await openPort(listen, parts));
  } catch (error) {
    closeAll();
    throw error;
  }
  const stopSweep = startSweep(connections, config.limits, platform, clock);

  function closeAll(): void {
    for (const port of ports) port.close();
    for (const port of ports) port.end();
    http1.close();
  }
  async function stop(timeoutMs: number): Promise<void> {
    isStopping = true;
    for (const port of ports) port.close();
    draining = drain(connections, http1, timeoutMs, platform, clock);
    await draining.done;
    stopSweep();
    closeAll();
  }

  return Object.freeze({
    addresses: () => ports.map(({ address }) => address),
    openConnections: () => connections.size,
    announceStop() {
      isStopping = true;
    },
    swap(next: ListenerHandlers) {
      current = next;
    },
    stop(timeoutMs = stopTimeoutMs) {
      if (stopped === undefined) stopped = stop(timeoutMs);
      else if (timeoutMs === 0) draining?.giveUp();
      return stopped;
    },
  });
}

function ignore(): void {}

function attempt(call: () => unknown, onError: (error: unknown) => void): void {
  try {
    const answer = call();
    if (answer instanceof Promise) answer.catch(onError);
  } catch (error) {
    onError(error);
  }
}

/** The answer to a request that a fault of the gateway met. It tells the client no more than that. */
const faultHeaders = Object.freeze({ "content-type": "application/json", "cache-control": "no-store" });
const faultBody = '{"code":"internal","message":"internal error"}\n';
