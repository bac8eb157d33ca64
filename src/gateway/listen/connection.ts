import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";

/** What is remembered of an open connection: one small record, so that many idle ones cost little. */
export interface Connection {
  readonly socket: Socket;
  protocol: "unknown" | "http1" | "http2" | "upgraded";
  /** Monotonic instant at which the connection is ended unless it has moved on by then. */
  deadline: number;
  session: ServerHttp2Session | undefined;
  /** A request came; before that nobody is waiting for a polite end. */
  served: boolean;
  openStreams: number;
  /** Streams that ended in a reset since the last sweep. */
  resets: number;
  /** Requests whose body is not in yet. HTTP/1 has at most one: the next head is read after the last body. */
  bodies: Map<NodeRequest, Body> | undefined;
  /** Where the present measurement of the body rate began. */
  measuredAt: number;
  measuredBytes: number;
}

export interface Body {
  readonly response: NodeResponse;
  /** Monotonic. */
  readonly since: number;
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
    openStreams: 0,
    resets: 0,
    bodies: undefined,
    measuredAt: 0,
    measuredBytes: 0,
  };
  remember(socket, connection);
  return connection;
}

/** A symbol and not a `WeakMap`: this is looked up for every request. */
export function remember(carrier: object, connection: Connection): void {
  (carrier as Slot)[connectionKey] = connection;
}

/** The record of a socket, of the proxy that `node:http2` puts around it, or of a session. */
export function connectionOf(carrier: object | undefined): Connection | undefined {
  return (carrier as Slot | undefined)?.[connectionKey];
}
