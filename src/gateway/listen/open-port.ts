import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { chooseProtocol, type Protocol } from "../../adapters/node/choose-protocol.js";
import { type RelayedClient, relayedClientOf, setRelayedClient } from "../../adapters/node/relayed-client.js";
import type { Platform } from "../../base/platform.js";
import { takeProxyHeader } from "./first-bytes.js";
import type { AddressConfig, ListenConfig, TlsConfig } from "./listen-config.js";
import { createTls } from "./tls.js";

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
  /** Whether this is the address of a trusted proxy, whose PROXY header counts. */
  readonly isTrusted: (address: string) => boolean;
}

/** Listens on one address, plain or with TLS. Rejects when that fails. */
export async function openPort(config: ListenConfig, parts: PortParts): Promise<Port> {
  const { tls } = config;
  const { server, end } = tls === undefined ? openPlain(config, parts) : await openTls({ ...config, tls }, parts);
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

function openPlain({ proxyProtocol }: ListenConfig, { headersTimeoutMs, onConnection, isTrusted }: PortParts): Opened {
  // Half-open connections are allowed, as in Node's own HTTP/1 servers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const begin = onConnection(socket, headersTimeoutMs);
    if (proxyProtocol) takeProxyHeader(socket, isTrusted, () => chooseProtocol(socket, begin));
    else chooseProtocol(socket, begin);
  });
  return { server, end: () => undefined };
}

async function openTls(
  { tls: config, proxyProtocol }: ListenConfig & { readonly tls: TlsConfig },
  parts: PortParts,
): Promise<Opened> {
  // One part of the time is for the handshake and one for the first request, and one for a PROXY header: Node does not
  // tell which of the accepted connections became the one that it hands over.
  const share = parts.headersTimeoutMs / (proxyProtocol ? 3 : 2);
  const relayed = createRelayed();
  const { server, close } = await createTls(config, {
    ...parts,
    handshakeTimeoutMs: share,
    onConnection(socket, protocol) {
      relayed.inherit(socket);
      parts.onConnection(socket, share)(protocol);
    },
  });
  if (!proxyProtocol) return { server, end: close };
  const { platform, isTrusted } = parts;
  const waiting = new Set<Socket>();
  const front = createServer({ noDelay: true }, (socket) => {
    waiting.add(socket);
    const cancel = platform.delay(share, () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => {
      cancel();
      waiting.delete(socket);
    });
    takeProxyHeader(socket, isTrusted, () => {
      cancel();
      waiting.delete(socket);
      relayed.add(socket);
      server.emit("connection", socket);
    });
  });
  return {
    server: front,
    end() {
      for (const socket of waiting) socket.destroy();
      close();
    },
  };
}

/** Finds the client that a PROXY header named for the connection below a TLS one, which Node does not hand over. */
function createRelayed(): { add(socket: Socket): void; inherit(secure: Socket): void } {
  const clients = new Map<string, RelayedClient>();
  return {
    add(socket) {
      const client = relayedClientOf(socket);
      if (client === undefined) return;
      const key = endsOf(socket);
      clients.set(key, client);
      socket.on("close", () => {
        if (clients.get(key) === client) clients.delete(key);
      });
    },
    inherit(secure) {
      const client = clients.get(endsOf(secure));
      if (client !== undefined) setRelayedClient(secure, client);
    },
  };
}

/** Both ends of a connection: no two open ones have the same. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join();
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
