import { createServer, type Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
} from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import type { TestContext } from "node:test";
import { type Platform, systemPlatform } from "../../../../src/base/platform.js";
import type { UpstreamConfig } from "../../../../src/gateway/forward/upstream-config.js";
import type { ProbeContext } from "../../../../src/gateway/run/probe/finding.js";

export { createHttp2Server, createSecureServer, createServer, createTcpServer };

/** Listens on a free port until the test ends. */
export async function listen(
  t: TestContext,
  server: Server | Http2Server | Http2SecureServer | TcpServer,
): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  const note = (socket: { destroy(): void }) => void sockets.add(socket);
  server.on("connection", note).on("secureConnection", note);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function upstream(origin: string, tls?: UpstreamConfig["tls"]): UpstreamConfig {
  return {
    ...{ name: "app", origin, identity: "none", ignoresCase: false, via: false, maxConnections: 1 },
    ...{ connectTimeoutMs: 1, headersTimeoutMs: 1, bodyTimeoutMs: 1, maxHeaderBytes: 16_384 },
    ...(tls && { tls }),
  };
}

export interface ProbeWorld {
  readonly context: ProbeContext;
  readonly dates: Map<string, string>;
  /** Lets every wait that is under way be over. */
  late(): void;
}

/** A context in which no time passes but by `late`. */
export function probeWorld(own: Partial<Platform> = {}): ProbeWorld {
  const waiting = new Set<() => void>();
  const dates = new Map<string, string>();
  const platform: Platform = {
    ...systemPlatform,
    delay(_ms, done) {
      waiting.add(done);
      return () => waiting.delete(done);
    },
    ...own,
  };
  return {
    context: { platform, timeoutMs: 5_000, tellDate: (what, date) => void (date && dates.set(what, date)) },
    dates,
    late: () => {
      for (const done of [...waiting]) done();
    },
  };
}
