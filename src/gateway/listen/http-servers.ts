import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import { keepHandle } from "../../adapters/node/keep-handle.js";
import type { AwakeClock } from "./awake-clock.js";
import { connectionOf, remember } from "./connection.js";
import {
  idleTimeoutMs,
  maxConcurrentStreams,
  maxHeaderFields,
  maxSessionInvalidFrames,
  maxSessionRejectedStreams,
  readBeyondLimit,
  sweepMs,
  windowBytes,
} from "./connection-limits.js";
import type { LimitsConfig } from "./listen-config.js";
import { upgradeOptions } from "./without-upgrade.js";

/**
 * Makes a server that speaks HTTP/1 on connections that it gets by `emit("connection", socket)`; it does not listen
 * itself. Bytes that are no request are answered by Node's own 400, 408 or 431, and the connection ends.
 */
export function createHttp1(
  { headersTimeoutMs, maxHeaderBytes }: Pick<LimitsConfig, "headersTimeoutMs" | "maxHeaderBytes">,
  clock: AwakeClock,
): Server {
  const server = createServer({
    ...upgradeOptions,
    headersTimeout: headersTimeoutMs,
    // Node would check header time-outs every 30 s, whatever the time-out is.
    connectionsCheckingInterval: sweepMs,
    // A limit on the whole request would end every long upload; bodies have a minimum rate instead.
    requestTimeout: 0,
    keepAliveTimeout: idleTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
  });
  // Node reads this at every check, and measures with a clock that goes on while the process stands still.
  Object.defineProperty(server, "headersTimeout", { get: () => headersTimeoutMs + clock.lostMs() });
  server.maxHeadersCount = maxHeaderFields;
  // Node begins to check time-outs when a server starts to listen; this one never does.
  server.emit("listening");
  return server;
}

/**
 * Makes a server that speaks HTTP/2, as `createHttp1` does for HTTP/1. A header block beyond `maxHeaderBytes` reaches its
 * `stream` listener, which refuses it.
 */
export function createHttp2({ maxHeaderBytes }: Pick<LimitsConfig, "maxHeaderBytes">): Http2Server {
  const server = createHttp2Server({
    settings: {
      maxConcurrentStreams,
      maxHeaderListSize: readBeyondLimit * maxHeaderBytes,
      initialWindowSize: windowBytes,
      enablePush: false,
      // WebSockets over HTTP/2 (RFC 8441).
      enableConnectProtocol: true,
    },
    maxHeaderListPairs: maxHeaderFields,
    maxSessionInvalidFrames,
    maxSessionRejectedStreams,
  });
  // Malformed frames and header blocks (CVE-2025-59465): without a listener they end the process.
  server.on("sessionError", () => undefined);
  server.on("session", (session) => {
    session.on("error", () => undefined);
    keepHandle(session);
    const connection = connectionOf(session.socket);
    if (connection !== undefined) {
      connection.session = session;
      remember(session, connection);
    }
    if (!session.destroyed) session.setLocalWindowSize(windowBytes);
  });
  return server;
}
