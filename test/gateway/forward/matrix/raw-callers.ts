import { Agent, request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import type { Duplex } from "node:stream";

export interface Asked {
  readonly method?: string;
  readonly path: string;
  /** The whole body; without it the call is open for `write` and `end` if the method has a body. */
  readonly body?: Buffer;
  readonly fields?: Readonly<Record<string, string>>;
}

/** A call as its caller sees it, in either protocol. */
export interface RawCall {
  status: number | undefined;
  readonly fields: Record<string, unknown>;
  trailers: Record<string, unknown>;
  hints: number;
  body: Buffer;
  /** The answer ended by its framing. */
  isWhole: boolean;
  /** Calls back with each part of the body. */
  onData: (text: string) => void;
  readonly over: Promise<void>;
  write(text: string): void;
  end(): void;
  /** Leaves. */
  abort(): void;
}

export interface RawCaller {
  call(asked: Asked): RawCall;
  /** Resolves with the open tunnel, or with the status of the refusal. */
  openWebSocket(fields: Readonly<Record<string, string>>): Promise<Duplex | number>;
  close(): void;
}

export interface Target {
  /** `http:` or `https:`, with an address. */
  readonly origin: string;
  /** Trusted for the name `localhost`. */
  readonly ca: Buffer;
}

const key = Buffer.from("0123456789abcdef").toString("base64");

function createCall(start: (call: RawCall, done: () => void) => Pick<RawCall, "write" | "end" | "abort">): RawCall {
  let done = (): void => {};
  const call: RawCall = {
    ...{ status: undefined, fields: {}, trailers: {}, hints: 0, body: Buffer.alloc(0), isWhole: false },
    onData: () => {},
    over: new Promise((resolve) => {
      done = resolve;
    }),
    ...{ write: () => {}, end: () => {}, abort: () => {} },
  };
  return Object.assign(call, start(call, done));
}

export function createAgent({ origin }: Target): Agent {
  return new (origin.startsWith("https:") ? TlsAgent : Agent)({ keepAlive: true });
}

export function http1Caller(target: Target): RawCaller {
  const { origin, ca } = target;
  const agent = createAgent(target);
  const request = origin.startsWith("https:") ? requestHttps : requestHttp1;
  const tls = { ca, servername: "localhost" };
  return {
    call: ({ method = "GET", path, body, fields = {} }) =>
      createCall((call, done) => {
        const sent = request(`${origin}${path}`, { method, headers: fields, agent, ...tls });
        sent.on("information", ({ statusCode }) => {
          if (statusCode === 103) call.hints += 1;
        });
        sent.on("error", () => done());
        sent.on("response", (response) => {
          call.status = response.statusCode;
          Object.assign(call.fields, response.headers);
          const parts: Buffer[] = [];
          response.on("error", () => {});
          response.on("data", (part: Buffer) => {
            parts.push(part);
            call.onData(String(part));
          });
          response.on("close", () => {
            Object.assign(call, {
              body: Buffer.concat(parts),
              trailers: response.trailers,
              isWhole: response.complete,
            });
            done();
          });
        });
        if (method === "POST" && body === undefined) sent.flushHeaders();
        else sent.end(body);
        return { write: (text) => sent.write(text), end: () => sent.end(), abort: () => sent.destroy() };
      }),
    openWebSocket: (fields) =>
      new Promise((resolve, reject) => {
        const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": key };
        const headers = { ...fields, ...upgrade, "sec-websocket-version": "13" };
        const sent = request(`${origin}/ws`, { headers, agent: false, ...tls });
        sent.on("error", reject);
        sent.on("response", (response) => resolve(response.resume().statusCode ?? 0));
        sent.on("upgrade", (_response, socket) => resolve(socket));
        sent.end();
      }),
    close: () => agent.destroy(),
  };
}

export function http2Caller({ origin, ca }: Target): RawCaller {
  // Node's client would keep a long head for itself, and takes no call while it holds more than 10 MB.
  const options = { ca, servername: "localhost", maxSendHeaderBlockLength: 4 << 20, maxSessionMemory: 1_000 };
  let session: ClientHttp2Session | undefined;
  const open = (): ClientHttp2Session => {
    if (session === undefined || session.destroyed || session.closed)
      session = connect(origin, options).on("error", () => {});
    return session;
  };
  return {
    call: ({ method = "GET", path, body, fields = {} }) =>
      createCall((call, done) => {
        const isOpen = method === "POST" && body === undefined;
        const head = { ...fields, ":method": method, ":path": path };
        const stream = open().request(head, { endStream: !isOpen && body === undefined });
        const parts: Buffer[] = [];
        stream.on("headers", ({ ":status": status }: IncomingHttpHeaders & { ":status"?: number }) => {
          if (status === 103) call.hints += 1;
        });
        stream.on("response", (headers) => {
          call.status = headers[":status"];
          Object.assign(call.fields, headers);
        });
        stream.on("trailers", (trailers) => {
          call.trailers = trailers;
        });
        stream.on("data", (part: Buffer) => {
          parts.push(part);
          call.onData(String(part));
        });
        stream.on("error", () => {});
        stream.on("close", () => {
          Object.assign(call, { body: Buffer.concat(parts), isWhole: stream.rstCode === 0 });
          done();
        });
        if (body !== undefined) stream.end(body);
        return { write: (text) => stream.write(text), end: () => stream.end(), abort: () => stream.close(8) };
      }),
    openWebSocket: (fields) =>
      new Promise((resolve, reject) => {
        const pseudo = { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/ws" };
        const connected = open();
        const ask = (): void => {
          const stream = connected.request({ ...fields, ...pseudo, ":authority": "localhost" });
          stream.on("error", reject);
          stream.on("response", ({ ":status": status = 0 }) => resolve(status === 200 ? stream : status));
        };
        // It may be asked for only after the server has allowed it.
        if (connected.remoteSettings?.enableConnectProtocol) ask();
        else connected.once("remoteSettings", ask);
      }),
    close: () => session?.destroy(),
  };
}
