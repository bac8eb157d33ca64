import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ReadProgress } from "./read-progress.js";
import type { StreamRequest } from "./stream-request.js";

/** The record of an open connection. It is small, so that many idle connections cost little. */
export interface Connection {
  readonly socket: Socket;
  protocol: "unknown" | "http1" | "http2" | "upgraded";
  /** When the connection is ended unless it has moved on by then, on the listeners' `AwakeClock`. */
  deadline: number;
  session: ServerHttp2Session | undefined;
  /** A request has come. Before that no client waits for a response, and the connection can be destroyed. */
  served: boolean;
  /** HTTP/2: the streams that are open. */
  streams: Set<StreamRequest> | undefined;
  /** HTTP/1: in place of `limits.readTimeout`, for the answer under way. */
  readTimeoutMs: number | undefined;
  reading: ReadProgress | undefined;
  /** HTTP/2: since when nothing has come of it while streams are open. */
  silence: Silence | undefined;
  /** Streams that ended in a reset since the last sweep. */
  resets: number;
  /** Requests whose body is not complete. HTTP/1 has at most one: the next head is read after the body before it. */
  bodies: Map<IncomingMessage | StreamRequest, Body> | undefined;
  /** HTTP/1: a request is under way. */
  isBusy: boolean;
  /** HTTP/1: requests that came behind the one under way. */
  waiting: WaitingRequest[] | undefined;
  /** Reads on, which was stopped while requests wait. */
  readOn: (() => void) | undefined;
  /** The start of the current measurement of the body rate. */
  measuredAt: number;
  measuredBytes: number;
}

/** The silence of a client. */
export interface Silence {
  /** What the socket had read before. */
  readonly bytesRead: number;
  /** On the listeners' `AwakeClock`. */
  readonly since: number;
  isPinged: boolean;
}

/** A request of a pipeline that waits for its turn. */
export interface WaitingRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Body {
  /** HTTP/1's; an HTTP/2 stream is its own. */
  readonly response: ServerResponse | undefined;
  /** Since which sweep nothing but the client delays it, on the listeners' `AwakeClock`; `undefined` while we do not read. */
  awaitedSince: number | undefined;
}

const connectionKey = Symbol("sallyport.connection");

type Slot = { [connectionKey]?: Connection };

export function createConnection(socket: Socket, deadline: number): Connection {
  const connection: Connection = {
    socket,
    protocol: "unknown",
    deadline,
    session: undefined,
    served: false,
    streams: undefined,
    readTimeoutMs: undefined,
    reading: undefined,
    silence: undefined,
    resets: 0,
    bodies: undefined,
    isBusy: false,
    waiting: undefined,
    readOn: undefined,
    measuredAt: 0,
    measuredBytes: 0,
  };
  remember(socket, connection);
  return connection;
}

/** Attaches a record to a carrier. By a symbol, which is faster than a `WeakMap`: every request looks it up. */
export function remember(carrier: object, connection: Connection): void {
  (carrier as Slot)[connectionKey] = connection;
}

/** Returns the record of a socket, of the proxy that `node:http2` puts around it, or of a session. */
export function connectionOf(carrier: object | undefined): Connection | undefined {
  return (carrier as Slot | undefined)?.[connectionKey];
}
