import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import { afterThisTurn } from "../../base/platform.js";
import { valuesOf } from "../../model/raw-headers.js";
import { refusals } from "../route/outcome.js";
import { brokenOff, impossible, late, unsayable } from "./answer-faults.js";
import { AnswerHead, grpcStatusOf, isBodiless, maxHints } from "./answer-head.js";
import type { BreakOff, CallerAnswer, Failure, ForwardedRequest, UpstreamSide } from "./exchange.js";
import type { CallerSide, ExchangeOwner } from "./exchange-owner.js";
import { toCallerHeaders, toCallerTrailers } from "./managed-headers.js";
import { connectTunnel } from "./tunnel.js";

/**
 * The caller's side of an exchange: the rules that both protocols share. A subclass reads and writes its protocol.
 *
 * The head of an answer is kept until a part of the body, the end, or the end of this turn: until then an answer that
 * turns out to be broken is 502, and head and body leave together where they came together.
 */
export abstract class CallerExchange<C> implements CallerAnswer, CallerSide<C> {
  readonly request: ForwardedRequest;
  readonly context: C;
  protected readonly owner: ExchangeOwner<C>;
  protected upstream: UpstreamSide | undefined;
  status = 0;
  grpcStatus: string | undefined = undefined;
  headAt: number | undefined = undefined;
  bytesIn = 0;
  bytesOut = 0;
  #isAnswering = false;
  #isOver = false;
  #pending: AnswerHead | undefined;
  #hints = 0;
  #cancelDeadline: (() => void) | undefined;
  #forget: (() => void) | undefined;

  constructor(request: ForwardedRequest, context: C, owner: ExchangeOwner<C>) {
    this.request = request;
    this.context = context;
    this.owner = owner;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  attach(upstream: UpstreamSide): void {
    this.upstream = upstream;
  }

  abstract readBody(): void;
  abstract resumeBody(): void;
  abstract stopBody(): void;
  /** Ends the exchange so that its answer does not look complete. */
  abstract cut(errorCode: number): void;

  protected abstract sendHint(links: readonly string[]): void;
  protected abstract sendHead(head: AnswerHead, isLast: boolean): void;
  /** Sends a head that was given to `sendHead`, and has nothing behind it yet. */
  protected abstract flushHead(): void;
  protected abstract sendData(chunk: Uint8Array, isLast: boolean): boolean;
  protected abstract sendEnd(trailers: readonly string[]): void;
  /** Drops what is left of the body of a request whose answer is complete. */
  protected abstract dropBody(): void;
  /** Answers that the tunnel is open, and returns the caller's end of it. */
  protected abstract openTunnel(fields: readonly string[]): Duplex;

  hint(received: readonly string[]): void {
    this.#hints += 1;
    if (this.#isOver || this.#isAnswering || this.#hints > maxHints) return;
    const links = valuesOf(received, "link");
    if (links.length > 0) this.sendHint(links);
  }

  head(status: number, received: readonly string[], isLast: boolean): boolean {
    if (this.#isOver) return false;
    const fields = toCallerHeaders(received, this.owner.ownCookie);
    const isPossible = status >= 200 && status <= 599;
    if (fields === undefined || !isPossible) {
      this.fail(isPossible ? unsayable : impossible);
      return false;
    }
    this.headAt = this.owner.platform.monotonic();
    this.status = status;
    const head = new AnswerHead(status, fields);
    // RFC 9110 §8.6: a 204 has no length. A 205 has no content (§15.3.6): with a length it would take the next answer.
    if (status === 204 || status === 205) head.removeHeader("content-length");
    this.owner.finish(this, head);
    if (isLast || this.request.method === "HEAD" || isBodiless(status)) {
      // gRPC has its trailers here when it says nothing else.
      if (isLast) this.grpcStatus = grpcStatusOf(fields);
      this.#end();
      this.sendHead(head, true);
      this.dropBody();
      this.owner.onOver(this, "complete");
      return true;
    }
    this.#pending = head;
    process.nextTick(flush, this);
    return true;
  }

  data(chunk: Uint8Array, isLast: boolean): boolean {
    if (this.#isOver) return true;
    this.#sendPending();
    this.bytesOut += chunk.length;
    if (!isLast) return this.sendData(chunk, false);
    this.#end();
    const goesOn = this.sendData(chunk, true);
    this.dropBody();
    this.owner.onOver(this, "complete");
    return goesOn;
  }

  end(received: readonly string[]): void {
    if (this.#isOver) return;
    const trailers = toCallerTrailers(received, this.owner.ownCookie);
    if (trailers === undefined) {
      this.fail(unsayable);
      return;
    }
    const head = this.#pending;
    if (trailers.length > 0) this.grpcStatus = grpcStatusOf(trailers);
    this.#end();
    if (head !== undefined && trailers.length === 0) this.sendHead(head, true);
    else {
      this.#sendPending();
      this.sendEnd(trailers);
    }
    this.dropBody();
    this.owner.onOver(this, "complete");
  }

  fail(failure: Failure): void {
    this.reset(constants.NGHTTP2_INTERNAL_ERROR, failure);
  }

  reset(errorCode: number, failure: Failure): void {
    if (this.#isOver) return;
    this.#end();
    if (!this.#isAnswering) this.#refuse(failure.reason);
    else if (!this.sendStatus(failure)) this.cut(errorCode);
    this.owner.onOver(this, failure);
  }

  tunnel(received: readonly string[], stream: Duplex): void {
    const fields = this.#isOver ? undefined : toCallerHeaders(received, this.owner.ownCookie);
    if (fields === undefined) {
      stream.on("error", () => {}).destroy();
      this.fail(unsayable);
      return;
    }
    this.headAt = this.owner.platform.monotonic();
    this.status = 101;
    this.#end();
    const head = new AnswerHead(101, fields);
    this.owner.finish(this, head);
    connectTunnel({
      caller: this.openTunnel(head.fields),
      upstream: stream,
      hold: (end) => this.owner.hold(this, (why) => end(brokenOff[why])),
      holdOpen: this.owner.holdOpen,
      onClosed: (ending, bytesIn, bytesOut) => {
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
        this.owner.onOver(this, ending);
      },
      idleMs: this.owner.idleMsOf(this),
      platform: this.owner.platform,
    });
  }

  /** The caller refuses to wait any longer than this (`grpc-timeout`, `connect-timeout-ms`). Milliseconds. */
  limitTime(ms: number): void {
    this.#cancelDeadline = this.owner.platform.delay(ms, () => this.#breakOff("deadline_exceeded"));
  }

  /** The caller has left, or its connection is complete. */
  protected closed(errorCode: number): void {
    if (this.#isOver) return;
    this.#end();
    this.upstream?.abandoned(errorCode);
    this.owner.onOver(this, "caller_left");
  }

  /** Passes a part of the body on. Returns `false` when the upstream is full. */
  protected passBody(chunk: Uint8Array): boolean {
    this.bytesIn += chunk.length;
    const most = this.request.limits?.maxBodyBytes;
    if (most !== undefined && this.bytesIn > most) this.#breakOff("body_too_large");
    return this.#isOver || this.upstream?.bodyData(chunk) !== false;
  }

  /** Called at the end of the turn in which a head came that was not the end of its answer. */
  flush(): void {
    if (this.#isOver) return;
    if (this.#pending !== undefined) {
      this.#sendPending();
      this.flushHead();
    }
    // Over HTTP/2 even a short answer comes in several events, all of one turn.
    afterThisTurn(() => {
      if (this.#isOver) return;
      this.#forget = this.owner.hold(this, (why) => this.#breakOff(why));
      if (this.#isOver) this.#forget();
    });
  }

  #sendPending(): void {
    const head = this.#pending;
    if (head === undefined) return;
    this.#pending = undefined;
    this.#isAnswering = true;
    this.sendHead(head, false);
  }

  #end(): void {
    this.#isOver = true;
    this.#cancelDeadline?.();
    this.#forget?.();
  }

  #refuse(reason: Failure["reason"]): void {
    // The upstream may have taken no more of it. What is left is read, within bounds, or the answer is lost in a reset.
    this.resumeBody();
    this.status = this.owner.refuse(this, refusals[reason]);
  }

  /** Ends an exchange in its middle, by the status of its protocol if there is a place for it. */
  #breakOff(why: keyof typeof brokenOff): void {
    if (this.#isOver) return;
    this.#end();
    this.upstream?.abandoned(constants.NGHTTP2_CANCEL);
    if (!this.#isAnswering) this.#refuse(why === "body_too_large" ? why : late.reason);
    // A status would wait behind what is not read.
    else if (why === "unread" || why === "body_too_large" || !this.sendStatus(why)) this.cut(constants.NGHTTP2_CANCEL);
    this.owner.onOver(this, brokenOff[why]);
  }

  /** Ends an answer that has begun with a status behind its body. Returns whether its protocol has a place for it. */
  protected sendStatus(status: BreakOff | Failure): boolean {
    const ending = this.upstream?.ending?.(status);
    if (ending !== undefined) this.sendData(ending, true);
    if (ending !== undefined) this.dropBody();
    return ending !== undefined;
  }
}

function flush(exchange: CallerExchange<unknown>): void {
  exchange.flush();
}
