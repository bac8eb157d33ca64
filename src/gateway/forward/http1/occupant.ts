import type { Socket } from "node:net";
import type { Failure } from "../exchange.js";
import type { Fault } from "./faults.js";
import type { ResponseHead } from "./response-head.js";

/** The exchange that a connection carries, as the connection sees it. */
export interface Occupant {
  /** Something of an answer has come. */
  hasAnswer: boolean;
  hint(headers: readonly string[]): void;
  head(head: ResponseHead, isLast: boolean): void;
  /** Returns `false` when the caller's side is full. */
  data(chunk: Buffer, isLast: boolean): boolean;
  end(trailers: readonly string[]): void;
  tunnel(head: ResponseHead, socket: Socket): void;
  /** The answer is not HTTP as it must be. */
  faulty(fault: Fault): void;
  fail(failure: Failure): void;
  /** The connection is gone; `error` where there was one. */
  brokenOff(error: NodeJS.ErrnoException | undefined): void;
  /** The upstream takes more of the body. */
  onDrain(): void;
  onWriteFailed(): void;
  /** Ends the exchange when one of its times is over. */
  endIfLate(now: number, headersTimeoutMs: number, bodyTimeoutMs: number): void;
  /** Its place is free. */
  free(): void;
}
