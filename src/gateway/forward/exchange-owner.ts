import type { Platform } from "../../base/platform.js";
import type { Denial } from "../../model/decision.js";
import type { Ending } from "../route/outcome.js";
import type { AnswerHead } from "./answer-head.js";
import type { Failure, ForwardedRequest } from "./exchange.js";

/** The caller's side of an exchange, as its owner sees it. */
export interface CallerSide<C> {
  readonly request: ForwardedRequest;
  readonly context: C;
  /** The status that the caller got; 0: none. */
  readonly status: number;
  /** `grpc-status` of the answer. */
  readonly grpcStatus: string | undefined;
  /** When the head of the upstream's answer came, by the monotonic clock. */
  readonly headAt: number | undefined;
  /** Bytes of the body, or of a WebSocket, from the caller. */
  readonly bytesIn: number;
  /** Bytes of the body, or of a WebSocket, to the caller. */
  readonly bytesOut: number;
}

/**
 * What the gateway adds to exchanges, and hears of them: one object for all of them, so that none needs closures.
 *
 * @typeParam C what the gateway keeps with each exchange
 */
export interface ExchangeOwner<C> {
  readonly platform: Platform;
  /** The name of the cookie that carries session tokens; see `toCallerHeaders`. */
  readonly ownCookie: string | undefined;
  /** Adds the gateway's own fields to an answer that is about to be sent. */
  finish(exchange: CallerSide<C>, head: AnswerHead): void;
  /**
   * Watches over an answer that does not come in one piece, or over a tunnel: `end` is called when what let its caller in
   * is gone, or when the caller does not read and others wait.
   *
   * @returns what ends the watch
   */
  hold(exchange: CallerSide<C>, end: (why: "unauthenticated" | "unread") => void): () => void;
  /** Watches over a tunnel: `goAway` is called when the gateway stops. Returns what ends the watch. */
  holdOpen(goAway: () => void): () => void;
  /** How long a tunnel may be silent, in milliseconds. */
  idleMsOf(exchange: CallerSide<C>): number;
  /** Answers with a denial, in the caller's protocol, and returns the status. */
  refuse(exchange: CallerSide<C>, denial: Denial): number;
  /** Called once: the answer was handed over, or there will be none. Of a WebSocket: it is closed. */
  onOver(exchange: CallerSide<C>, ending: Ending | Failure): void;
}
