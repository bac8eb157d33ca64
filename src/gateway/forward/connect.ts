import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { UpstreamConnection } from "./exchange.js";

export interface ConnectOptions {
  /** `http://`, `https://` or `h2c://` (HTTP/2 without TLS), host and port. */
  readonly origin: string;
  /** For the look-up, the connection and the TLS handshake together, in milliseconds. */
  readonly timeoutMs: number;
  /** The protocols to offer by ALPN (RFC 7301), the preferred one first. Default: HTTP/1.1 alone. */
  readonly alpn?: readonly ("h2" | "http/1.1")[];
  /** The name to ask for by SNI and to look for in the certificate. Default: the origin's host. */
  readonly servername?: string | undefined;
  /** Certificates to trust in place of those of the system, and the one to show. */
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key"> | undefined;
  readonly platform?: Platform;
}

/**
 * Takes what a socket has read.
 *
 * @param buffer one for all connections: used until the call returns, and not longer
 * @returns `false` to read nothing more until the socket's `resume` is called
 */
export type Reader = (buffer: Buffer, length: number) => boolean;

export interface ReadConnection extends UpstreamConnection {
  /** The reader gets what is read, and the socket has no `data`. */
  readonly usesReader: boolean;
}

/** A `Connect` that may be given a reader. It is used without TLS only. */
export type ReadingConnect = (
  onOpen: (error: NodeJS.ErrnoException | undefined, connection?: UpstreamConnection | ReadConnection) => void,
  reader?: Reader,
) => () => void;

/** As long as one read of Node's. */
const readBytes = 65_536;

/** After so long without a byte the kernel asks whether the peer is still there. */
const probeMs = 60_000;

let shared: Buffer | undefined;

/**
 * Makes the function that opens connections to an upstream. The name is looked up anew each time, both address families
 * are tried, and TLS sessions are used again. Errors keep the code of Node; `ETIMEDOUT` when `timeoutMs` is over.
 */
export function createConnect(options: ConnectOptions): ReadingConnect {
  const { origin, timeoutMs, platform = systemPlatform } = options;
  const { protocol, host, port } = parseOrigin(origin);
  const tcp = {
    host,
    port,
    autoSelectFamily: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: probeMs,
  } satisfies TcpNetConnectOpts;
  const openTls = protocol === "https:" ? createOpenTls(options, tcp) : undefined;
  const openTcp = (reader: Reader | undefined) => {
    if (reader === undefined) return connectTcp(tcp);
    shared ??= Buffer.allocUnsafeSlow(readBytes);
    const buffer = shared;
    return connectTcp({ ...tcp, onread: { buffer, callback: (length) => reader(buffer, length) } });
  };

  return function connect(onOpen, reader) {
    const socket = openTls === undefined ? openTcp(reader) : openTls();
    function settle(): void {
      cancelWait();
      socket.off(opened, onOpened).off("error", onFailed).off("close", onClosed);
    }
    function giveUp(): void {
      settle();
      // It may still fail, and nothing listens any more.
      socket.on("error", ignore).destroy();
    }
    function onFailed(error: NodeJS.ErrnoException): void {
      giveUp();
      onOpen(error);
    }
    function onClosed(): void {
      onFailed(withCode("ECONNRESET", "the connection was closed before it was open"));
    }
    function onOpened(): void {
      settle();
      const speaksHttp2 = protocol === "h2c:" || ("alpnProtocol" in socket && socket.alpnProtocol === "h2");
      onOpen(undefined, {
        socket,
        protocol: speaksHttp2 ? "http2" : "http1",
        usesReader: reader !== undefined && openTls === undefined,
      });
    }
    const opened = openTls === undefined ? "connect" : "secureConnect";
    const cancelWait = platform.delay(timeoutMs, () =>
      onFailed(withCode("ETIMEDOUT", `no connection within ${timeoutMs} ms`)),
    );
    socket.on(opened, onOpened).on("error", onFailed).on("close", onClosed);
    return giveUp;
  };
}

/** Host and port of an origin, for connecting: an IPv6 address is without its brackets. */
export function parseOrigin(origin: string): {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
} {
  // A URL of a scheme that the URL standard does not know is read by other rules.
  const isH2c = origin.startsWith("h2c:");
  const url = new URL(isH2c ? origin.replace("h2c:", "http:") : origin);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { protocol: isH2c ? "h2c:" : url.protocol, host, port };
}

/** Opens TLS connections that take up the session of the one before. */
function createOpenTls(options: ConnectOptions, tcp: TcpNetConnectOpts & { host: string }): () => Socket {
  const { alpn = ["http/1.1"], servername = tcp.host, tls = {} } = options;
  let session: Buffer | undefined;
  return () => {
    const socket = connectTls({
      ...tls,
      ...tcp,
      ALPNProtocols: [...alpn],
      // RFC 6066 §3: an address is no name. The certificate is then checked against the address.
      ...(isIP(servername) === 0 ? { servername } : {}),
      ...(session === undefined ? {} : { session }),
    });
    return socket
      .on("session", (latest: Buffer) => {
        session = latest;
      })
      .once("error", () => {
        // Also when it was the session that the upstream did not take.
        session = undefined;
      });
  };
}

function withCode(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

function ignore(): void {}
