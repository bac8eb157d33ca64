import type { Socket } from "node:net";
import { isGrpc } from "../content-type.js";
import type { Exchange, Failure, UpstreamSide } from "../exchange.js";
import type { Http1Connection } from "./connection.js";
import { toBroken, toFault, toMishap, toNotGrpc } from "./failures.js";
import type { Fault } from "./faults.js";
import type { Occupant } from "./occupant.js";
import type { ResponseHead } from "./response-head.js";

/** The pool that sends a call. */
export interface CallOwner {
  readonly clock: number;
  /** Host and port. */
  readonly where: string;
  /** Sends it again, on a connection of its own. */
  repeat(call: Http1Call): void;
  /** It no longer takes up a place. Called once. */
  onFreed(call: Http1Call): void;
}

/** RFC 9110 §9.2.1: nothing changes when the upstream gets these twice. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** One exchange on its way to an upstream. */
export class Http1Call implements UpstreamSide, Occupant {
  readonly exchange: Exchange;
  readonly lendsChunks = true;
  /** Gives up the connection that is being opened for it. */
  cancelConnect: (() => void) | undefined;
  /** A byte of an answer has come. */
  hasAnswer = false;
  readonly #owner: CallOwner;
  /** The request's head, as it is written. */
  readonly #text: string;
  readonly #onFree: () => void;
  #connection: Http1Connection | undefined;
  #attempts = 0;
  /** Since when the upstream has been waited for: since the request's end, or since it took no more of it. */
  #waitsSince: number | undefined;
  #isFull = false;
  #isStopped = false;
  #isOver = false;
  #isFree = false;

  constructor(owner: CallOwner, exchange: Exchange, text: string, onFree: () => void) {
    this.#owner = owner;
    this.exchange = exchange;
    this.#text = text;
    this.#onFree = onFree;
  }

  /** Sends the request. */
  start(connection: Http1Connection): void {
    const { request } = this.exchange;
    this.cancelConnect = undefined;
    this.#connection = connection;
    this.#attempts += 1;
    connection.lend(this, request.method, request.isWebSocket);
    connection.writer.begin(this.#text, request.framing);
    if (request.framing.kind === "none") {
      this.#waitsSince = this.#owner.clock;
      return;
    }
    this.exchange.readBody();
    connection.writer.flushSoon();
  }

  bodyData(chunk: Uint8Array): boolean {
    if (this.#isOver || this.#isStopped) return true;
    const { writer } = this.#connection as Http1Connection;
    const takesMore = writer.write(chunk);
    if (takesMore === undefined) {
      this.fail(toMishap("request_length_mismatch", this.#owner.where));
      return true;
    }
    this.#isFull = !takesMore;
    if (this.#isFull || writer.isComplete) this.#waitsSince = this.#owner.clock;
    return takesMore;
  }

  bodyEnd(): void {
    if (this.#isOver || this.#isStopped) return;
    this.#waitsSince = this.#owner.clock;
    if (!this.#connection?.writer.end()) this.fail(toMishap("request_length_mismatch", this.#owner.where));
  }

  drained(): void {
    if (!this.#isOver) this.#connection?.resume();
  }

  abandoned(): void {
    if (!this.#isOver) this.#drop();
  }

  /** The connection takes more of the body again. */
  onDrain(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    if (this.#isOver || this.#isStopped || this.#connection?.writer.isComplete) return;
    this.#waitsSince = undefined;
    this.exchange.resumeBody();
  }

  /** The upstream takes nothing more. What it has said may still be on its way. */
  onWriteFailed(): void {
    this.#waitsSince = this.#owner.clock;
    this.#stopBody();
  }

  hint(headers: readonly string[]): void {
    this.exchange.hint(headers);
  }

  head({ status, fields }: ResponseHead, isLast: boolean): void {
    const { method, headers } = this.exchange.request;
    // Calls of gRPC are POST: others need no look at their fields.
    if (method === "POST" && isGrpc(headers) && !isGrpc(fields)) {
      this.fail(toNotGrpc(status, this.#owner.where));
      return;
    }
    if (isLast) this.#complete();
    if (!this.exchange.head(status, fields, isLast) && !isLast) this.#drop();
  }

  data(chunk: Buffer, isLast: boolean): boolean {
    if (isLast) this.#complete();
    return this.exchange.data(chunk, isLast);
  }

  end(trailers: readonly string[]): void {
    this.#complete();
    this.exchange.end(trailers);
  }

  tunnel({ fields }: ResponseHead, socket: Socket): void {
    this.#isOver = true;
    this.exchange.tunnel(fields, socket);
  }

  faulty(fault: Fault): void {
    this.fail(toFault(fault, this.#owner.where));
  }

  fail(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.exchange.fail(failure);
    this.#drop();
  }

  /** The connection is gone. */
  brokenOff(error: NodeJS.ErrnoException | undefined): void {
    const writer = this.#connection?.writer;
    this.#connection = undefined;
    if (!this.#isOver && this.#mayRepeat(writer !== undefined && writer.error !== undefined && !writer.isBegun)) {
      this.#owner.repeat(this);
      return;
    }
    this.fail(toBroken(error, this.#owner.where, this.hasAnswer));
    this.free();
  }

  /** Ends what the upstream has taken too long for. */
  endIfLate(now: number, headersTimeoutMs: number, bodyTimeoutMs: number): void {
    const { where } = this.#owner;
    const { limits } = this.exchange.request;
    const connection = this.#connection as Http1Connection;
    if (connection.parser.awaitsHead) {
      const since = this.#waitsSince;
      const mostMs = limits?.headersTimeoutMs ?? headersTimeoutMs;
      if (since !== undefined && now - since > mostMs) this.fail(toMishap("upstream_headers_timeout", where));
    } else if (!connection.isPaused && now - connection.readAt > (limits?.bodyTimeoutMs ?? bodyTimeoutMs)) {
      this.fail(toMishap("upstream_body_timeout", where));
    }
  }

  /** It takes up no place any more. */
  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#owner.onFreed(this);
    this.#onFree();
  }

  /** The answer is complete with the part that is passed on next. */
  #complete(): void {
    this.#isOver = true;
    if (!this.#connection?.writer.isComplete) this.#stopBody();
  }

  #stopBody(): void {
    if (this.#isStopped || this.exchange.request.framing.kind === "none") return;
    this.#isStopped = true;
    this.exchange.stopBody();
  }

  /** Whether it may be that the upstream has seen nothing of the request, or that seeing it twice changes nothing. */
  #mayRepeat(wasNothingSent: boolean): boolean {
    const { method, framing, isWebSocket } = this.exchange.request;
    if (this.hasAnswer || this.#attempts > 1 || framing.kind !== "none" || isWebSocket) return false;
    return wasNothingSent || repeatable.has(method);
  }

  #drop(): void {
    this.#isOver = true;
    this.cancelConnect?.();
    if (this.#connection === undefined) this.free();
    else this.#connection.destroy();
  }
}
