import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Exchange, ForwardedRequest } from "../../../src/gateway/forward/exchange.js";
import type { Upstream } from "../../../src/gateway/forward/upstreams.js";
import { maxHeaderFields } from "../../../src/gateway/listen/connection-limits.js";
import type { ListenerHandlers } from "../../../src/gateway/listen/listeners.js";
import type { RequestOutcome } from "../../../src/gateway/route/outcome.js";
import type { RawRequest } from "../../../src/gateway/run/raw-request.js";

/** The other end of a connection, as TLS and TCP tell of it. */
export interface Connection {
  readonly from: string;
  readonly encrypted: boolean;
  readonly certificate: Uint8Array | undefined;
}

/** What a handler did with a request. */
export interface Handled {
  readonly outcome: RequestOutcome;
  /** Of a denial. */
  readonly status: number;
  /** What was given to an upstream. */
  readonly sent: (ForwardedRequest & { readonly to: string }) | undefined;
}

/** Runs handlers on requests without a network: what they would send to an upstream is caught. */
export interface InProcess {
  /** An upstream that answers each request at once, without a word. */
  upstreamOf(config: Upstream["config"]): Upstream;
  readonly onAnswered: (request: object, outcome: RequestOutcome) => void;
  handle(handlers: ListenerHandlers, request: RawRequest, connection: Connection): Promise<Handled>;
}

export function createInProcess(): InProcess {
  const waiting = new WeakMap<object, (outcome: RequestOutcome) => void>();
  let sent: Handled["sent"];
  return {
    onAnswered: (request, outcome) => waiting.get(request)?.(outcome),
    upstreamOf(config) {
      const send = (exchange: Exchange): void => {
        sent = { ...exchange.request, to: config.name };
        exchange.head(204, [], true);
      };
      const shares = { send, watch: () => () => {}, used: 0, places: 1, waiting: 0 };
      return { config, shares, breaker: { state: "closed" }, addresses: [] };
    },
    async handle(handlers, raw, connection) {
      sent = undefined;
      const socket = createSocket(connection);
      const { request, isWebSocket } = toNodeRequest(raw, socket);
      const response = new ServerResponse(request);
      const outcome = new Promise<RequestOutcome>((resolve) => waiting.set(request, resolve));
      const written = new Promise<string>((resolve) => socket.once("written", resolve));
      if (isWebSocket) handlers.upgrade(request, socket, Buffer.alloc(0));
      else {
        response.assignSocket(socket);
        handlers.request(request, response);
      }
      const told = await outcome;
      const status = told.kind === "refused" ? Number(/^HTTP\/1\.1 (\d{3}) /.exec(await written)?.[1]) : 0;
      const handled = { outcome: told, status, sent };
      socket.destroy();
      return handled;
    },
  };
}

function createSocket({ from, encrypted, certificate }: Connection): Socket {
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      socket.emit("written", String(chunk));
      done();
    },
  });
  return Object.assign(socket, {
    remoteAddress: from,
    bytesRead: 0,
    // As a listener's server says.
    server: { maxHeadersCount: maxHeaderFields },
    ...(encrypted && {
      encrypted: true,
      authorized: certificate !== undefined,
      getPeerCertificate: () => ({ raw: certificate }),
    }),
  }) as unknown as Socket;
}

/** As Node's parser and our listener hand it to a handler. */
function toNodeRequest(raw: RawRequest, socket: Socket): { request: IncomingMessage; isWebSocket: boolean } {
  const received = raw.rawHeaders.slice(0, 2 * maxHeaderFields);
  const headersOf = (rawHeaders: readonly string[]) => {
    const request = new IncomingMessage(socket);
    const { method, url, httpVersion } = raw;
    // What Node's parser calls: it keeps the fields as received, and merges those of one name.
    const parsed = request as unknown as { _addHeaderLines(lines: readonly string[], count: number): void };
    parsed._addHeaderLines(rawHeaders, rawHeaders.length);
    Object.assign(request, { method, url, httpVersion, complete: true });
    request.push(null);
    return request;
  };
  const request = headersOf(received);
  const { upgrade, connection = "" } = request.headers;
  const isOffered = upgrade !== undefined && /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection);
  if (!isOffered) return { request, isWebSocket: false };
  const isWebSocket = raw.method === "GET" && upgrade.trim().toLowerCase() === "websocket";
  if (isWebSocket) return { request, isWebSocket };
  // Served as the ordinary request that it also is.
  const names = received.filter((_, index) => index % 2 === 0);
  const kept = names.flatMap((name, index): string[] => {
    const lower = name.toLowerCase();
    const value = received[2 * index + 1] ?? "";
    if (lower === "upgrade" || lower === "http2-settings") return [];
    return [name, lower === "connection" ? value.replaceAll(/\s*(?:upgrade|http2-settings)\s*(?:,|$)/gi, "") : value];
  });
  return { request: headersOf(kept), isWebSocket };
}
