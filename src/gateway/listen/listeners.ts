import type { IncomingMessage } from "node:http";
import { constants } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Protocol } from "../../adapters/node/choose-protocol.js";
import { continueAuth } from "../../adapters/node/continue.js";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import { createAwakeClock } from "./awake-clock.js";
import { type Connection, connectionOf, createConnection } from "./connection.js";
import { sweepMs } from "./connection-limits.js";
import { drain } from "./graceful-stop.js";
import { createHttp1, createHttp2 } from "./http-servers.js";
import type { AddressConfig, LimitsConfig, ListenConfig } from "./listen-config.js";
import { openPort, type Port } from "./open-port.js";
import { startSweep } from "./slow-clients.js";
import { trackRequest } from "./track-request.js";
import { endsPipeline, serveWithoutUpgrade, wantsWebSocket } from "./without-upgrade.js";

/** The handlers of requests. Both may be asynchronous; what they throw or reject with is reported to `onFault`. */
export interface ListenerHandlers {
  request(request: NodeRequest, response: NodeResponse): unknown;
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
   * How often certificate files are checked, in milliseconds. Default: 5,000. They are checked rather than watched,
   * since file system events miss what tools of certificate renewal do (rename, symbolic links, network volumes).
   */
  readonly certificateLookMs?: number;
}

export interface Listeners {
  /** The addresses in the order of the configuration, with the ports that were taken for 0. */
  addresses(): readonly AddressConfig[];
  /**
   * Sends requests that begin after this call to `handlers`; those under way stay with the handlers they began with.
   */
  swap(handlers: ListenerHandlers): void;
  openConnections(): number;
  /** Whether a stop has begun: no new connection is accepted. For readiness. */
  stopping(): boolean;
  /** Stops. Calls under way may finish, for `limits.stopTimeoutMs` at most. May be called again. */
  stop(): Promise<void>;
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
  const { platform = systemPlatform, onFault = () => undefined, certificateLookMs = 5_000 } = options;
  const { headersTimeoutMs, stopTimeoutMs, maxConnections } = config.limits;
  const connections = new Set<Connection>();
  const clock = createAwakeClock(sweepMs, platform);
  const http1 = createHttp1(config.limits, clock);
  const http2 = createHttp2(config.limits);
  let current = handlers;
  let stopped: Promise<void> | undefined;

  function onRequest(request: NodeRequest, response: NodeResponse): void {
    trackRequest(request, response, clock);
    // A write to a client that has gone away is an error event, and without a listener the end of the process.
    request.on("error", ignore);
    response.on("error", ignore);
    if (!("stream" in request) && (stopped !== undefined || endsPipeline(request))) {
      response.setHeader("connection", "close");
    }
    attempt(
      () => current.request(request, response),
      (error) => {
        onFault("a request handler failed", error);
        fail(response);
      },
    );
  }

  http1.on("request", onRequest);
  http2.on("request", onRequest);
  continueAuth(http1, onRequest);
  continueAuth(http2, onRequest);
  http1.on("upgrade", (request, socket, head) => {
    if (!wantsWebSocket(request)) {
      serveWithoutUpgrade(request, socket, head);
      return;
    }
    const connection = connectionOf(socket);
    if (connection !== undefined) {
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

  function onConnection(socket: Socket, deadlineMs: number): (protocol: Protocol) => void {
    const connection = createConnection(socket, clock.now() + deadlineMs);
    connections.add(connection);
    socket.on("error", ignore);
    socket.on("close", () => connections.delete(connection));
    return (protocol) => {
      connection.protocol = protocol;
      // A client that closes its side has left an HTTP/2 connection; `node:http2` reckons with Node's default here.
      if (protocol === "http2") socket.allowHalfOpen = false;
      (protocol === "http1" ? http1 : http2).emit("connection", socket);
    };
  }

  const isTrusted = (address: string): boolean => current.trust?.(address) === true;
  const ports: Port[] = [];
  const parts = { headersTimeoutMs, maxConnections, certificateLookMs, platform, onFault, onConnection, isTrusted };
  try {
    for (const listen of config.listen) ports.push(await openPort(listen, parts));
  } catch (error) {
    closeAll();
    throw error;
  }
  const stopSweep = startSweep(connections, headersTimeoutMs, platform, clock);

  function closeAll(): void {
    for (const port of ports) port.close();
    for (const port of ports) port.end();
    http1.close();
  }
  async function stop(): Promise<void> {
    for (const port of ports) port.close();
    await drain(connections, http1, stopTimeoutMs, platform, clock);
    stopSweep();
    closeAll();
  }

  return Object.freeze({
    addresses: () => ports.map(({ address }) => address),
    openConnections: () => connections.size,
    stopping: () => stopped !== undefined,
    swap(next: ListenerHandlers) {
      current = next;
    },
    stop() {
      stopped ??= stop();
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

/** Answers 500. The response tells the client no more than that the fault is the server's. */
function fail(response: NodeResponse): void {
  if (!response.headersSent) {
    response.writeHead(500, { "content-type": "application/json", "cache-control": "no-store" });
    response.end('{"code":"internal","message":"internal error"}\n');
  } else if ("stream" in response) response.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}
