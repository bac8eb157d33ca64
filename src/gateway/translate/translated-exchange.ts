import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import { firstOf } from "../../model/raw-headers.js";
import { unsayable } from "../forward/answer-faults.js";
import type { CallerAnswer, Exchange, Failure, ForwardedRequest, UpstreamSide } from "../forward/exchange.js";
import { toCallerTrailers } from "../forward/managed-headers.js";
import { type CallEnd, readCallEnd } from "./call-end.js";
import type { CallPlan } from "./call-plan.js";
import { upstreamFaults } from "./faults.js";
import type { MessageBudget } from "./message-budget.js";
import { statusOfHttp } from "./rpc-codes.js";

/** An answer whose messages are in the format that was asked for. */
const ofProto = /^application\/grpc(?:\+proto)?\s*(?:;|$)/i;

/** What calls have in common. */
export interface TranslateOptions {
  /** See `toCallerHeaders`: trailers become a part of the body, where nothing else looks at them. */
  readonly ownCookie: string | undefined;
  /** What unary calls of Connect may keep of messages. */
  readonly budget: MessageBudget;
}

/**
 * A call in the caller's protocol, which the forwarder sees as one of gRPC. It stands between the two sides of an exchange:
 * for the forwarder it is the exchange, and for the caller's exchange the upstream.
 */
export abstract class TranslatedExchange implements Exchange, UpstreamSide {
  readonly request: ForwardedRequest;
  protected readonly plan: CallPlan;
  protected readonly caller: CallerAnswer;
  protected upstream: UpstreamSide | undefined;
  readonly #ownCookie: string | undefined;

  constructor(plan: CallPlan, caller: CallerAnswer, { ownCookie }: TranslateOptions) {
    this.request = plan.request;
    this.plan = plan;
    this.caller = caller;
    this.#ownCookie = ownCookie;
    caller.attach(this);
  }

  get isOver(): boolean {
    return this.caller.isOver;
  }

  get lendsChunks(): boolean {
    return this.upstream?.lendsChunks ?? false;
  }

  attach(upstream: UpstreamSide): void {
    this.upstream = upstream;
  }

  abstract readBody(): void;
  abstract resumeBody(): void;
  abstract bodyData(chunk: Uint8Array): boolean;
  abstract bodyEnd(): void;
  abstract data(chunk: Uint8Array, isLast: boolean): boolean;

  stopBody(): void {
    this.caller.stopBody();
  }

  hint(): void {
    // RPCs have none.
  }

  drained(): void {
    this.upstream?.drained();
  }

  abandoned(errorCode: number): void {
    this.release();
    this.upstream?.abandoned(errorCode);
  }

  fail(failure: Failure): void {
    this.release();
    this.caller.fail(failure);
  }

  reset(errorCode: number, failure: Failure): void {
    this.release();
    this.caller.reset(errorCode, failure);
  }

  tunnel(_headers: readonly string[], stream: Duplex): void {
    stream.on("error", () => {}).destroy();
    this.fail(upstreamFaults.type);
  }

  head(status: number, headers: readonly string[], isLast: boolean): boolean {
    if (this.isOver) return false;
    if (status !== 200) {
      const message = `The service was answered for with HTTP status ${status}.`;
      this.answer({ status: statusOfHttp(status), message, details: undefined, metadata: [] });
      return isLast;
    }
    if (!ofProto.test(firstOf(headers, "content-type") ?? "")) {
      this.fail(upstreamFaults.type);
      return false;
    }
    if (!isLast) return this.begin(headers);
    // Trailers-only: the header is the trailer.
    this.finish(headers);
    return true;
  }

  end(trailers: readonly string[]): void {
    if (!this.isOver) this.finish(trailers);
  }

  /** Ends the call with what its trailers say. */
  protected finish(received: readonly string[]): void {
    const trailers = toCallerTrailers(received, this.#ownCookie);
    const end = trailers && readCallEnd(trailers);
    if (end !== undefined) this.answer(end);
    else this.fail(trailers === undefined ? unsayable : upstreamFaults.status);
  }

  /** Takes the header of an answer. Returns `false` when it cannot be passed on. */
  protected abstract begin(headers: readonly string[]): boolean;
  /** Ends the answer. */
  protected abstract answer(end: CallEnd): void;
  /** Keeps nothing any longer. */
  protected abstract release(): void;

  /** Ends both sides over a fault of one of them, while neither has ended. */
  protected breakOff(failure: Failure): void {
    this.fail(failure);
    this.upstream?.abandoned(constants.NGHTTP2_CANCEL);
  }
}
