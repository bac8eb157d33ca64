import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import { type FileState, jointState } from "../../base/file-version.js";
import { isDescriptorCode } from "../../base/out-of-descriptors.js";
import type { Platform } from "../../base/platform.js";
import { createSettling } from "../../base/settling.js";
import type { TlsConfig } from "./listen-config.js";

export interface TlsListener {
  readonly server: Server;
  /** Ends the watch and every open connection, also those in a handshake. */
  close(): void;
}

export interface TlsParts {
  readonly handshakeTimeoutMs: number;
  readonly certificateLookMs: number;
  readonly platform: Platform;
  readonly onFault: (what: string, error: unknown) => void;
  readonly onConnection: (socket: TLSSocket, protocol: "http1" | "http2") => void;
}

/**
 * Terminates TLS, and reports the protocol that was agreed by ALPN (RFC 7301). It replaces the `allowHTTP1` of
 * `node:http2`, so that HTTP/1 has the same server, with the same limits, with TLS and without.
 *
 * Changed certificate files apply to later handshakes, not to open connections. If changed files cannot be used, the
 * last good ones stay in force: there is never a listener without TLS.
 *
 * @throws rejects when the files cannot be used at the start
 */
export async function createTls(config: TlsConfig, parts: TlsParts): Promise<TlsListener> {
  const { platform, certificateLookMs, onFault, onConnection } = parts;
  const sockets = new Set<Socket>();
  let seen = stateOf(config).version;
  // Half-open connections are allowed, as without TLS: a WebSocket may end its directions one after the other.
  const server = createServer({
    ...(await readOptions(config)),
    handshakeTimeout: parts.handshakeTimeoutMs,
    allowHalfOpen: true,
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  // A client without ALPN speaks HTTP/1; one that offers only other protocols was refused in the handshake.
  server.on("secureConnection", (socket) => onConnection(socket, socket.alpnProtocol === "h2" ? "http2" : "http1"));
  server.on("tlsClientError", (_, socket) => socket.destroy());

  let closed = false;
  let waits = false;
  let cancel = platform.delay(certificateLookMs, look);
  const settling = createSettling(platform);
  function look(): void {
    reload()
      .then(
        () => {
          waits = false;
        },
        (error: NodeJS.ErrnoException) => {
          const isKnown = waits;
          waits = isDescriptorCode(error.code);
          // The files are read when descriptors are free.
          if (waits) seen = "";
          if (!isKnown) onFault("the certificate cannot be used; the last good one stays", error);
        },
      )
      .finally(() => {
        if (!closed) cancel = platform.delay(certificateLookMs, look);
      });
  }
  async function reload(): Promise<void> {
    const now = stateOf(config);
    // Tools of renewal replace three files one after another; half of that does not belong together.
    if (now.version === seen || settling(now) > 0) return;
    // Set before reading, so that a fault is reported once, until a file changes again.
    seen = now.version;
    const options = await readOptions(config);
    if (!closed) server.setSecureContext(options);
  }

  return {
    server,
    close() {
      closed = true;
      cancel();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Reads the certificate files.
 *
 * @throws rejects when a file cannot be read, or key and certificate do not belong together
 */
async function readOptions(config: TlsConfig): Promise<TlsOptions> {
  const { cert, key, clientCa, clientCertificate } = config;
  if (clientCertificate !== "none" && clientCa === undefined) {
    // Without it Node would accept a certificate from any public authority.
    throw new Error("client certificates are asked for, but no clientCa says whose count: name a file of CAs");
  }
  const options: TlsOptions = {
    cert: await readFile(cert),
    key: await readFile(key),
    ALPNProtocols: ["h2", "http/1.1"],
    // RFC 8996: 1.0 and 1.1 are not to be used.
    minVersion: "TLSv1.2",
    requestCert: clientCertificate !== "none",
    rejectUnauthorized: clientCertificate === "require",
    ...(clientCa === undefined ? {} : { ca: await readFile(clientCa) }),
  };
  createSecureContext(options);
  return options;
}

/** Returns the state of the files as one: it changes when one of them does, or is removed, which reading it reports. */
function stateOf({ cert, key, clientCa }: TlsConfig): FileState {
  return jointState([cert, key, clientCa].filter((file) => file !== undefined));
}
