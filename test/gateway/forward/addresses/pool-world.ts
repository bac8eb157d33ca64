import { once } from "node:events";
import type { RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type Platform, systemPlatform } from "../../../../src/base/platform.js";
import type { ForwardedRequest } from "../../../../src/gateway/forward/exchange.js";
import type { UpstreamConfig } from "../../../../src/gateway/forward/upstream-config.js";
import { createUpstreams, type Upstream } from "../../../../src/gateway/forward/upstreams.js";
import { createWorld } from "../../../world.js";
import { RecordingExchange } from "../recording-exchange.js";

export interface Listening {
  readonly where: string;
  readonly port: number;
  /** Ends it as a process that is killed. */
  kill(): Promise<void>;
}

export async function listen(t: TestContext, server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  await once(server.listen(port, "127.0.0.1"), "listening");
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  t.after(kill);
  const { port: taken } = server.address() as AddressInfo;
  return { where: `127.0.0.1:${taken}`, port: taken, kill };
}

/** An address on which nothing listens. */
export async function nowhere(t: TestContext): Promise<Listening> {
  const listening = await listen(t, createTcpServer());
  await listening.kill();
  return listening;
}

export const echo: RequestListener = (request, response) => void request.pipe(response);

export interface Pool {
  readonly upstream: Upstream;
  readonly told: readonly string[];
  /** Turns the clock of health and breakers; timers are those of the machine. */
  advance(ms: number): void;
  send<E extends RecordingExchange>(exchange: E): Promise<E>;
  ask(parts?: Partial<ForwardedRequest>): Promise<RecordingExchange>;
  close(): Promise<void>;
  /** Settles when so many lines were told. */
  lines(count: number): Promise<void>;
  /** For each address in turn. */
  isIn(): boolean[];
}

export function poolOf(
  t: TestContext,
  scheme: string,
  servers: readonly Listening[],
  own: Partial<UpstreamConfig> = {},
  delay: Platform["delay"] = systemPlatform.delay,
): Pool {
  const [origin = "", ...others] = servers.map(({ where }) => `${scheme}://${where}`);
  const config: UpstreamConfig = {
    ...{ name: "app", origin, others, identity: "none", ignoresCase: false, via: false, maxConnections: 64 },
    ...{ connectTimeoutMs: 10_000, headersTimeoutMs: 10_000, bodyTimeoutMs: 10_000, maxHeaderBytes: 65_536 },
    ...own,
  };
  const { platform, advance } = createWorld();
  const told: string[] = [];
  const waiting = new Set<() => void>();
  const upstreams = createUpstreams(
    new Map([["app", config]]),
    { ...systemPlatform, monotonic: platform.monotonic, delay },
    (text) => {
      told.push(text);
      for (const look of waiting) look();
    },
  );
  t.after(() => upstreams.destroy());
  const upstream = upstreams.get("app") as Upstream;
  const send = <E extends RecordingExchange>(exchange: E): Promise<E> => {
    upstream.shares.send(exchange, "192.0.2.1");
    return exchange.over;
  };
  return {
    ...{ upstream, told, advance, send, close: upstreams.close },
    ask: (parts) => send(new RecordingExchange(parts)),
    lines: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (told.length >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    isIn: () => upstream.addresses.map(({ health }) => health.isIn),
  };
}
