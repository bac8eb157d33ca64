import type { Duplex } from "node:stream";
import type { GatewayReason } from "../../model/decision.js";
import type { Framing } from "../route/framing.js";
import type { RouteLimits } from "../route/route-config.js";

/** The request that an upstream gets. */
export interface ForwardedRequest {
  readonly method: string;
  /** Canonical path and query. */
  readonly path: string;
  /** The value of `Host` and of `:authority`. */
  readonly authority: string;
  /** Name, value, name, value, one character for each byte: end-to-end fields, without `Host` and without framing. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** The caller asks for a WebSocket: `headers` have no `Connection`, `Upgrade`. */
  readonly isWebSocket: boolean;
  /** The limits of its route; `undefined`: none of its own. */
  readonly limits?: RouteLimits | undefined;
}

/** Why an exchange has no whole answer. */
export interface Failure {
  readonly reason: GatewayReason;
  /** The code of the error, as Node names it, or one of the gateway's own: for the log. */
  readonly code: string;
  /** What happened, for operators: no secret, and nothing of a caller. */
  readonly detail?: string | undefined;
  /**
   * How far it had come when the upstream was lost. `before_request`: the upstream has begun with nothing of it, since no connection was
   * open, or by what it says itself (RFC 9113 §8.7). `before_answer`: nothing of an answer has come.
   */
  readonly lost?: "before_request" | "before_answer" | undefined;
}

/** A part of the body of a request, from its beginning. */
export interface BodySoFar {
  readonly chunks: readonly Uint8Array[];
  /** There is no more of it. */
  readonly isComplete: boolean;
}

/** Why the gateway ends an answer that has begun: what let the caller in is gone, or the time that the caller has set is over. */
export type BreakOff = "unauthenticated" | "deadline_exceeded";

/**
 * One request and its answer, as a forwarder sees the caller's side of it. A forwarder never learns in which protocol the
 * caller speaks.
 *
 * A forwarder attaches itself first. From then on it is told of the body and of the caller's end, and pushes the answer:
 * `hint`s, one `head`, `data`, and `end`; or `tunnel`; or `fail` at any time. It calls nothing after the part that was the
 * last, nor after `abandoned`.
 */
export interface Exchange {
  readonly request: ForwardedRequest;
  /** The caller has left, or the answer is complete. */
  readonly isOver: boolean;

  /** Called once for each attempt to send the request: a second one takes the place of the first. */
  attach(upstream: UpstreamSide): void;

  /** Begins to read the body. A caller that sent `Expect` is asked for it now. Not for a request without a body. */
  readBody(): void;
  /** Goes on after `bodyData` has returned `false`. */
  resumeBody(): void;
  /** The upstream takes no more of the body: what still comes of it is dropped. The answer may still be under way. */
  stopBody(): void;

  /** Passes a 103 on, a few of each answer; other interim answers are not told. */
  hint(headers: readonly string[]): void;
  /**
   * Begins the answer.
   *
   * @param headers as received: name, value, name, value, one character for each byte; hop-by-hop fields included
   * @param isLast there is neither a body nor a trailer: nothing follows
   * @returns `false` when it cannot be passed on: the caller has been told, and the exchange is over
   */
  head(status: number, headers: readonly string[], isLast: boolean): boolean;
  /**
   * Passes on a part of the body.
   *
   * @param chunk used until the call returns, and not longer where the upstream's side `lendsChunks`
   * @param isLast nothing follows
   * @returns `false` when the caller's side is full: go on after `drained`
   */
  data(chunk: Uint8Array, isLast: boolean): boolean;
  /** Ends the answer. Call it only if its framing ended. */
  end(trailers: readonly string[]): void;
  /**
   * Hands over the upstream's connection after its 101, or its 200 to an extended CONNECT.
   *
   * @param headers those of that answer
   * @param stream bytes in both directions; those that came behind the head are read from it
   */
  tunnel(headers: readonly string[], stream: Duplex): void;
  /** There is no whole answer: the caller gets 502, 503 or 504 while that can be said, and a reset after that. */
  fail(failure: Failure): void;
  /**
   * The upstream has reset its stream: as `fail`, and a caller of HTTP/2 gets a reset of this code.
   *
   * @param errorCode of RFC 9113 §7
   */
  reset(errorCode: number, failure: Failure): void;
}

/** The caller's side of an exchange, as a translation sees it, which alone knows the status of a call. */
export interface CallerAnswer extends Exchange {
  /** The status of gRPC, for the log: to be set before the answer ends. */
  grpcStatus: string | undefined;
}

/** The upstream's side of an exchange. It is called synchronously, also from within a call of the exchange. */
export interface UpstreamSide {
  /** The chunks of the answer are used again: what is kept of them must be copied. */
  readonly lendsChunks: boolean;
  /**
   * A part of the body.
   *
   * @param chunk the upstream's side may keep it
   * @returns `false` when it is full: `resumeBody` asks for more
   */
  bodyData(chunk: Uint8Array): boolean;
  /** The body is complete. */
  bodyEnd(): void;
  /** The caller takes more again, after `data` returned `false`. */
  drained(): void;
  /**
   * The caller has left, or broke off its body, or its time is over: end this side at once. Nothing may be passed on any
   * more.
   *
   * @param errorCode the code of the caller's reset (RFC 9113 §7); `CANCEL` where its protocol has none
   */
  abandoned(errorCode: number): void;
  /**
   * Says how an answer that has begun may end in its middle, after `abandoned` or `fail`: by the last part of its body.
   * Where there is none, or where it returns `undefined`, the answer is cut.
   */
  ending?(why: BreakOff | Failure): Uint8Array | undefined;
  /** All of the body that it was given, for another upstream's side; `undefined` when that is not kept. */
  bodySoFar?(): BodySoFar | undefined;
}

/** The connections to one upstream. */
export interface Forwarder {
  /** How many exchanges it can carry at a time. It may change: HTTP/2 servers say how many streams they allow. */
  readonly places: number;
  /**
   * Sends a request, and passes the answer on.
   *
   * @param exchange not attached yet
   * @param onFree called once, when the upstream's side no longer takes up a place: after the answer, or after it was
   *   abandoned
   */
  send(exchange: Exchange, onFree: () => void): void;
  /** Takes no further request, and closes when those under way are over. */
  close(): Promise<void>;
  /** Ends those under way, and closes. */
  destroy(): Promise<void>;
}

/**
 * Opens a connection to an upstream.
 *
 * @param onOpen called once: with an error, or with a connection that is open (and its TLS handshake done)
 * @returns gives up; `onOpen` is then not called
 */
export type Connect = (
  onOpen: (error: NodeJS.ErrnoException | undefined, connection?: UpstreamConnection) => void,
) => () => void;

export interface UpstreamConnection {
  /** A `net.Socket` or `tls.TLSSocket`. */
  readonly socket: import("node:net").Socket;
  /** What was agreed by ALPN (RFC 7301), or by the scheme of the upstream's URL. */
  readonly protocol: "http1" | "http2";
}
