import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Platform } from "../../base/platform.js";
import type { AddressConfig, ListenConfig } from "./listen-config.js";
import { createTls } from "./tls.js";

/**
 * The first bytes of every HTTP/2 connection (RFC 9113 §3.4). No HTTP/1 method has this name (RFC 9113 §11.5 reserves
 * it), so three bytes tell the protocols apart; `node:http2` checks the rest.
 */
const prefaceStart = Buffer.from("PRI");

/**
 * Waits for the first bytes of a plain connection, puts them back, and calls `choose` with their protocol. `choose` is
 * not called when the client leaves before. The sweep limits how long the client may be silent.
 */
export function chooseProtocol(socket: Socket, choose: (protocol: "http1" | "http2") => void): void {
  let head: Buffer = Buffer.alloc(0);

  function onReadable(): void {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const compared = Math.min(head.length, prefaceStart.length);
    const mayBePreface = prefaceStart.compare(head, 0, compared, 0, compared) === 0;
    if (mayBePreface && head.length < prefaceStart.length) return;
    socket.off("readable", onReadable);
    socket.off("end", onEnd);
    socket.unshift(head);
    choose(mayBePreface ? "http2" : "http1");
  }
  function onEnd(): void {
    socket.destroy();
  }

  socket.on("readable", onReadable);
  socket.on("end", onEnd);
}

export type Protocol = "http1" | "http2";

export interface Port {
  /** The address, with the port that was taken for 0. */
  readonly address: AddressConfig;
  /** Stops accepting connections. */
  close(): void;
  /** Destroys the connections that were not handed over: handshakes under way. */
  end(): void;
}

export interface PortParts {
  readonly headersTimeoutMs: number;
  readonly maxConnections: number;
  readonly certificateLookMs: number;
  readonly platform: Platform;
  readonly onFault: (what: string, error: unknown) => void;
  /**
   * Called with a new connection.
   *
   * @param deadlineMs the milliseconds from now within which it must send a request
   * @returns the function to call once its protocol is known
   */
  readonly onConnection: (socket: Socket, deadlineMs: number) => (protocol: Protocol) => void;
}

/** Listens on one address, plain or with TLS. Rejects when that fails. */
export async function openPort(config: ListenConfig, parts: PortParts): Promise<Port> {
  const { server, end } = config.tls === undefined ? openPlain(parts) : await openTls(config.tls, parts);
  server.maxConnections = parts.maxConnections;
  try {
    const address = await listen(server, config);
    return { address, end, close: () => server.close() };
  } catch (error) {
    end();
    throw error;
  }
}

interface Opened {
  readonly server: Server;
  end(): void;
}

function openPlain({ headersTimeoutMs, onConnection }: PortParts): Opened {
  // Half-open connections are allowed, as in Node's own HTTP/1 servers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    chooseProtocol(socket, onConnection(socket, headersTimeoutMs)),
  );
  return { server, end: () => undefined };
}

async function openTls(config: NonNullable<ListenConfig["tls"]>, parts: PortParts): Promise<Opened> {
  // Half of the time is for the handshake and half for the first request: Node does not tell which of the accepted
  // connections became the one that it hands over.
  const half = parts.headersTimeoutMs / 2;
  const { server, close } = await createTls(config, {
    ...parts,
    handshakeTimeoutMs: half,
    onConnection: (socket, protocol) => parts.onConnection(socket, half)(protocol),
  });
  return { server, end: close };
}

function listen(server: Server, { host, port }: AddressConfig): Promise<AddressConfig> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      // A failed accept (no file descriptor left): the next one may succeed.
      server.on("error", () => undefined);
      const taken = server.address() as AddressInfo;
      resolve({ host: taken.address, port: taken.port });
    });
  });
}
