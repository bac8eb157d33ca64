import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createConnect } from "../../../../src/gateway/forward/connect.js";
import type { ForwardedRequest, Forwarder } from "../../../../src/gateway/forward/exchange.js";
import { createHttp1Forwarder, type Http1ForwarderOptions } from "../../../../src/gateway/forward/http1/forwarder.js";
import { RecordingExchange } from "../recording-exchange.js";

export interface Upstream {
  readonly origin: string;
  readonly where: string;
  readonly server: Server;
  /** All that were accepted, the first one first. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** Listens; a connection's errors are nobody's. */
export async function listen(server: Server, host = "127.0.0.1"): Promise<Upstream> {
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket.on("error", () => {})));
  await once(server.listen(0, host), "listening");
  const where = `${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  return {
    origin: `http://${where}`,
    where,
    server,
    sockets,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An upstream that answers each head that ends with an empty line. */
export function listenRaw(answer: (socket: Socket, head: string) => void): Promise<Upstream> {
  return listen(
    createServer((socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
          const head = text.slice(0, end + 4);
          text = text.slice(end + 4);
          answer(socket, head);
        }
      });
    }),
  );
}

export function forwarderTo(
  upstream: Pick<Upstream, "origin" | "where">,
  options: Partial<Http1ForwarderOptions> = {},
): Forwarder {
  const { origin, where } = upstream;
  const { platform } = options;
  return createHttp1Forwarder({
    connect: createConnect({ origin, timeoutMs: 10_000, ...(platform === undefined ? {} : { platform }) }),
    where,
    maxConnections: 16,
    headersTimeoutMs: 60_000,
    bodyTimeoutMs: 60_000,
    ...options,
  });
}

/** Sends a request; settles when its place is free again. */
export async function send<E extends RecordingExchange>(forwarder: Forwarder, exchange: E): Promise<E> {
  await new Promise<void>((resolve) => forwarder.send(exchange, resolve));
  if (exchange.faults.length > 0) throw new Error(exchange.faults.join());
  return exchange;
}

export const ask = (forwarder: Forwarder, parts: Partial<ForwardedRequest> = {}): Promise<RecordingExchange> =>
  send(forwarder, new RecordingExchange(parts));

/** A caller that uploads so many bytes, as fast as it is let. */
export class Uploading extends RecordingExchange {
  left: number;
  #isReading = false;

  constructor(bytes: number, parts: Partial<ForwardedRequest> = {}) {
    super({ method: "POST", framing: { kind: "length", length: String(bytes) }, ...parts });
    this.left = bytes;
  }

  override readBody(): void {
    super.readBody();
    this.#go();
  }

  override resumeBody(): void {
    super.resumeBody();
    this.#go();
  }

  #go(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    // As bytes come from a caller's socket: a piece in each turn.
    setImmediate(() => {
      this.#isReading = false;
      if (this.isOver || this.isBodyStopped) return;
      const chunk = Buffer.alloc(Math.min(this.left, 65_536), "x");
      this.left -= chunk.length;
      const takesMore = this.upstream?.bodyData(chunk);
      if (this.left === 0) this.upstream?.bodyEnd();
      else if (takesMore) this.#go();
    });
  }
}
