import { connect, type Socket } from "node:net";
import type { NodeRequest, NodeResponse } from "../../../src/adapters/node/request.js";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import type { ListenConfig, TlsConfig } from "../../../src/gateway/listen/listen-config.js";
import { createListeners, type ListenerHandlers, type Listeners } from "../../../src/gateway/listen/listeners.js";
import { frame } from "../../../src/testing/adapter/http2-frames.js";

export interface ListenersWorld {
  readonly listeners: Listeners;
  readonly port: number;
  readonly faults: string[];
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly handlers?: Partial<ListenerHandlers>;
  readonly headersTimeoutMs?: number;
  readonly readTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly tls?: TlsConfig;
  readonly proxyProtocol?: boolean;
  readonly certificateLookMs?: number;
  readonly platform?: Platform;
}

export interface TurnedClock {
  readonly platform: Platform;
  /** The clock jumps this far; then what is due happens, once each. */
  turn(ms: number): void;
}

/** A clock that only the test turns. Waits that hold the process (of a graceful stop) stay real. */
export function turnedClock(): TurnedClock {
  let now = 0;
  const waiting = new Set<{ readonly due: number; readonly done: () => void }>();
  return {
    platform: {
      ...systemPlatform,
      monotonic: () => now,
      delay(ms, done, hold) {
        if (hold === true) return systemPlatform.delay(ms, done, hold);
        const entry = { due: now + ms, done };
        waiting.add(entry);
        return () => void waiting.delete(entry);
      },
    },
    turn(ms) {
      now += ms;
      for (const entry of [...waiting]) if (entry.due <= now && waiting.delete(entry)) entry.done();
    },
  };
}

/** Answers with method, protocol version and path. */
export function echo(request: NodeRequest, response: NodeResponse): void {
  const text = `${request.method} ${request.httpVersion} ${request.url}`;
  if (!request.complete) request.resume();
  response.end(text);
}

export async function startListeners(options: WorldOptions = {}): Promise<ListenersWorld> {
  const { headersTimeoutMs = 10_000, stopTimeoutMs = 0, maxConnections = 10_000, readTimeoutMs = 60_000 } = options;
  const faults: string[] = [];
  const sizes = { maxHeaderBytes: 16_384, maxAuthorizationLength: 16_384 };
  const listen: ListenConfig = { host: "127.0.0.1", port: 0, tls: options.tls, proxyProtocol: options.proxyProtocol };
  const given = {
    request: echo,
    upgrade: (_: unknown, socket: { destroy(): unknown }) => socket.destroy(),
    ...options.handlers,
  };
  const handlers: ListenerHandlers = {
    ...given,
    stream(stream) {
      const { request, response } = stream.toNode();
      return given.request(request as never, response as never);
    },
  };
  const listeners = await createListeners(
    { listen: [listen], limits: { headersTimeoutMs, readTimeoutMs, stopTimeoutMs, maxConnections, ...sizes } },
    handlers,
    {
      onFault: (what, error) => faults.push(`${what}: ${error}`),
      ...(options.certificateLookMs === undefined ? {} : { certificateLookMs: options.certificateLookMs }),
      ...(options.platform === undefined ? {} : { platform: options.platform }),
    },
  );
  return { listeners, port: listeners.addresses()[0]?.port ?? 0, faults, close: () => listeners.stop() };
}

export interface RawClient {
  readonly socket: Socket;
  /** What has come so far, as latin1. */
  text(): string;
  /** Until the server ends the connection. */
  readonly closed: Promise<string>;
  until(pattern: RegExp): Promise<string>;
}

/** A plain socket that writes `bytes` as soon as it is connected. */
export function rawClient(port: number, bytes: string | Uint8Array = ""): RawClient {
  let received = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  socket.on("error", () => undefined);
  socket.on("data", (data) => {
    received += data.toString("latin1");
  });
  const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(received)));
  return {
    socket,
    closed,
    text: () => received,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(received) && resolve(received);
        socket.on("data", look).on("close", () => reject(new Error(`closed before ${pattern}: ${received}`)));
        look();
      }),
  };
}

export const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

export { frame };

export const settings: Buffer = frame(4, 0, 0);

/** `:method` GET or POST, `:scheme` http, `:path` /, `:authority` x: indexed fields and one literal (RFC 7541). */
export function headerBlock(method: "GET" | "POST"): Buffer {
  return Buffer.concat([Buffer.of(method === "GET" ? 0x82 : 0x83, 0x86, 0x84, 0x01, 1), Buffer.from("x")]);
}
