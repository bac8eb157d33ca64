import type { SecureContext } from "node:tls";
import type { Breaker } from "../../base/breaker.js";
import type { Platform } from "../../base/platform.js";
import { createConnect, type ReadingConnect } from "./connect.js";
import { isRpcStream } from "./content-type.js";
import type { Connect, ForwardedRequest, Forwarder } from "./exchange.js";
import { guardConnect } from "./guarded-connect.js";
import { createHttp1Forwarder } from "./http1/forwarder.js";
import { createHttp2Forwarder } from "./http2/forwarder.js";
import { createNegotiated } from "./negotiated.js";
import { parseOrigin } from "./origin.js";
import type { UpstreamConfig } from "./upstream-config.js";

export interface ForwarderParts {
  readonly platform: Platform;
  /** Of this upstream. */
  readonly breaker: Breaker;
  /** Aborted when the upstream is not used any more. */
  readonly closing: AbortSignal;
  /** What connections by TLS trust and show. Default: what Node trusts, and nothing. */
  readonly tls?: (() => SecureContext) | undefined;
}

/**
 * Makes the connections to an upstream, or to one of its addresses, by the scheme of its URL: `http:` is HTTP/1.1, `h2c:` is HTTP/2 without TLS, and
 * `https:` is what the upstream agrees to (ALPN), HTTP/2 first. Nothing is connected before the first request.
 */
export function createForwarder(
  config: UpstreamConfig,
  { platform, breaker, closing, tls }: ForwarderParts,
): Forwarder {
  const { origin, maxConnections, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs, maxHeaderBytes } = config;
  const { protocol, where } = parseOrigin(origin);
  const common = { maxConnections, headersTimeoutMs, bodyTimeoutMs, maxHeadBytes: maxHeaderBytes, platform };
  const servername = config.tls?.serverName;
  const connectBy = (...alpn: ("h2" | "http/1.1")[]) =>
    guardConnect(
      createConnect({ origin, timeoutMs: connectTimeoutMs, alpn, servername, tls, platform }),
      breaker,
      closing,
    );
  const createHttp1 = (connect: ReadingConnect) => createHttp1Forwarder({ ...common, where, connect });
  const createHttp2 = (connect: Connect) =>
    createHttp2Forwarder({ ...common, address: where, connect, connectTimeoutMs, isTimed });
  if (protocol === "http:") return createHttp1(connectBy("http/1.1"));
  if (protocol === "h2c:") return createHttp2(connectBy("h2"));
  return createNegotiated({
    createHttp1: (onFailed) => createHttp1(telling(connectBy("http/1.1"), onFailed)),
    ...{ createHttp2, ask: connectBy("h2", "http/1.1"), where },
  });
}

/** Tells of connections that cannot be opened. */
function telling(connect: ReadingConnect, onFailed: () => void): ReadingConnect {
  return (onOpen, reader) =>
    connect((error, connection) => {
      if (connection === undefined) onFailed();
      onOpen(error, connection);
    }, reader);
}

/** RPCs have time limits of their own, and their streams may be silent for hours. A dead connection is found by PING. */
function isTimed({ headers, isWebSocket }: ForwardedRequest): boolean {
  return isWebSocket || !isRpcStream(headers);
}
