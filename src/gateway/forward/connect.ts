import { connect as connectTcp, type IpcNetConnectOpts, isIP, type Socket, type TcpNetConnectOpts } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { UpstreamConnection } from "./exchange.js";
import { parseOrigin } from "./origin.js";

export interface ConnectOptions {
  /** As `parseOrigin` reads it. */
  readonly origin: string;
  /** For the look-up, the connection and the TLS handshake together, in milliseconds. */
  readonly timeoutMs: number;
  /** The protocols to offer by ALPN (RFC 7301), the preferred one first. Default: HTTP/1.1 alone. */
  readonly alpn?: readonly ("h2" | "http/1.1")[];
  /** The name to ask for by SNI and to look for in the certificate. Default: the origin's host. */
  readonly servername?: string | undefined;
  /**
   * Returns the certificates to trust, and the one to show: asked for each connection. With another context no session of the
   * one before is taken up. Default: what Node trusts, and none to show.
   */
  readonly tls?: (() => SecureContext) | undefined;
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
  const { protocol, host, port, socket: path } = parseOrigin(origin);
  const tcp = {
    host,
    port,
    autoSelectFamily: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: probeMs,
  } satisfies TcpNetConnectOpts;
  const to: TcpNetConnectOpts | IpcNetConnectOpts = path === undefined ? tcp : { path };
  const openTls = protocol === "https:" ? createOpenTls(options, tcp) : undefined;
  const openPlain = (reader: Reader | undefined) => {
    if (reader === undefined) return connectTcp(to);
    shared ??= Buffer.allocUnsafeSlow(readBytes);
    const buffer = shared;
    return connectTcp({ ...to, onread: { buffer, callback: (length) => reader(buffer, length) } });
  };

  return function connect(onOpen, reader) {
    const socket = openTls === undefined ? openPlain(reader) : openTls();
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

/** Opens TLS connections that take up the session of the one before. */
function createOpenTls(options: ConnectOptions, tcp: TcpNetConnectOpts & { host: string }): () => Socket {
  const { alpn = ["http/1.1"], servername = tcp.host, tls } = options;
  let session: Buffer | undefined;
  let sessionContext: SecureContext | undefined;
  return () => {
    const context = tls?.();
    // What a session takes up was checked by the context of its first handshake.
    if (context !== sessionContext) session = undefined;
    sessionContext = context;
    const socket = connectTls({
      ...tcp,
      ...(context === undefined ? {} : { secureContext: context }),
      ALPNProtocols: [...alpn],
      // RFC 6066 §3: an address is no name. The certificate is then checked against the address.
      ...(isIP(servername) === 0 ? { servername } : {}),
      ...(session === undefined ? {} : { session }),
    });
    return socket
      .on("session", (latest: Buffer) => {
        if (context === sessionContext) session = latest;
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
