import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import type { BodySoFar, Exchange, Failure, ForwardedRequest, UpstreamSide } from "../exchange.js";
import { codeForCaller, headTooLarge, lostBefore, noBody, noHead, toResetFailure } from "./failures.js";
import type { Http2Options } from "./options.js";
import { RequestBody } from "./request-body.js";
import { isUnfit, toHttp2Head } from "./request-head.js";
import type { UpstreamSession } from "./session.js";
import { adoptStream, breakOff, fieldsOf, leaveReading, readAnswer, type StreamOwner } from "./stream-events.js";

/** What a stream asks of its pool. */
export interface StreamHost {
  readonly options: Http2Options;
  /** The upstream refused it unprocessed: it waits for another stream. */
  repeat(stream: UpstreamStream): void;
  /** Waits no longer. */
  leave(stream: UpstreamStream): void;
}

const maxRepeats = 2;

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;

/** The upstream's side of one exchange: a stream, and another one when that was refused. */
export class UpstreamStream implements UpstreamSide, StreamOwner {
  readonly request: ForwardedRequest;
  readonly lendsChunks = false;
  /** When it began to wait: for a place, for the head, for more of the body. */
  since: number;

  readonly #exchange: Exchange;
  readonly #host: StreamHost;
  readonly #onFree: () => void;
  readonly #isTimed: boolean;
  #stream: ClientHttp2Stream | undefined;
  #session: UpstreamSession | undefined;
  /** Which of its streams. */
  #ordinal = 0;
  readonly #body: RequestBody | undefined = undefined;
  #repeats = 0;
  #hasHead = false;
  /** `data` returned `false`. */
  #isPaused = false;
  /** Something of the answer came since the last `tick`. */
  #isHeard = false;
  #trailers: readonly string[] = [];
  /** Nothing more may be told to the exchange. */
  #isOver = false;
  /** `onFree` was called. */
  #isFree = false;

  constructor(exchange: Exchange, host: StreamHost, onFree: () => void) {
    const { request } = exchange;
    this.request = request;
    this.#exchange = exchange;
    this.#host = host;
    this.#onFree = onFree;
    this.#isTimed = host.options.isTimed(request);
    this.since = host.options.platform.monotonic();
    if (request.framing.kind !== "none" && !request.isWebSocket) this.#body = new RequestBody(exchange);
  }

  /** Sends the request on a session with room. */
  start(session: UpstreamSession): void {
    const head = toHttp2Head(this.request, session.scheme);
    if (isUnfit(head)) this.refuse(head);
    else this.#send(head, session);
  }

  /** Fails without a stream. */
  refuse(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange.fail(failure);
    this.#free();
  }

  #send(head: OutgoingHttpHeaders, session: UpstreamSession): void {
    const isWhole = this.#body === undefined && !this.request.isWebSocket;
    this.since = this.#host.options.platform.monotonic();
    this.#ordinal = session.opened;
    let stream: ClientHttp2Stream;
    try {
      stream = session.open(head, this, isWhole);
    } catch (error) {
      const { code = "unfit_for_http2" } = error as NodeJS.ErrnoException;
      this.refuse({ reason: "bad_request", code, detail: "HTTP/2 cannot carry the head of the request" });
      return;
    }
    this.#stream = stream;
    this.#session = session;
    adoptStream(stream, this);
    this.#body?.sendOn(stream);
  }

  bodyData(chunk: Uint8Array): boolean {
    return this.#body?.add(chunk) ?? true;
  }

  bodyEnd(): void {
    if (this.#body?.finish()) this.since = this.#host.options.platform.monotonic();
  }

  bodySoFar(): BodySoFar | undefined {
    return this.#body?.soFar;
  }

  onDrain(): void {
    if (!this.#isOver) this.#body?.onDrain();
  }

  drained(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#isHeard = true;
    this.#stream?.resume();
  }

  abandoned(errorCode: number): void {
    if (this.#isFree) return;
    this.#isOver = true;
    // NO_ERROR would say that the request is complete.
    if (this.#stream !== undefined) breakOff(this.#stream, errorCode === NGHTTP2_NO_ERROR ? NGHTTP2_CANCEL : errorCode);
    else this.#free();
  }

  onInterim(status: number, rawHeaders: readonly string[]): void {
    this.#hear();
    if (this.#isOver || this.#hasHead || status !== 103) return;
    this.#exchange.hint(fieldsOf(rawHeaders));
  }

  onHead(status: number, rawHeaders: readonly string[], isLast: boolean): void {
    const stream = this.#stream;
    this.#hear();
    if (this.#isOver || this.#hasHead || stream === undefined) return;
    this.#hasHead = true;
    this.#body?.forget();
    const fields = fieldsOf(rawHeaders);
    if (this.#isTooLarge(fields)) return;
    if (this.request.isWebSocket && status === 200 && !isLast) {
      this.#isOver = true;
      leaveReading(stream);
      this.#exchange.tunnel(fields, stream);
      return;
    }
    if (!isLast) {
      // What needs no body is over with its head, and an upstream that never ends it would keep the place.
      if (this.#exchange.head(status, fields, false) && !this.#exchange.isOver) readAnswer(stream);
      else this.abandoned(NGHTTP2_CANCEL);
    } else if (this.#complete()) this.#exchange.head(status, fields, true);
  }

  onData(chunk: Uint8Array): void {
    this.#hear();
    if (this.#isOver || this.#exchange.data(chunk, false) || this.#isOver) return;
    this.#isPaused = true;
    this.#stream?.pause();
  }

  onTrailers(rawHeaders: readonly string[]): void {
    this.#hear();
    this.#trailers = rawHeaders;
  }

  onEnd(): void {
    if (this.#isOver || this.#isTooLarge(this.#trailers)) return;
    if (this.#complete()) this.#exchange.end(this.#trailers);
  }

  /** The answer ended: what is not sent of the body is not wanted (RFC 9113 §8.1). Returns whether to tell the end. */
  #complete(): boolean {
    if (this.#body?.isOpen) {
      this.#body.stop();
      this.#exchange.stopBody();
      if (this.#stream !== undefined) breakOff(this.#stream, NGHTTP2_CANCEL);
    }
    const isTold = !this.#isOver;
    this.#isOver = true;
    return isTold;
  }

  /** Node does not enforce `maxHeaderListSize`. */
  #isTooLarge(fields: readonly string[]): boolean {
    const { address, maxHeadBytes } = this.#host.options;
    let bytes = 16 * fields.length;
    for (const text of fields) bytes += text.length;
    if (bytes <= maxHeadBytes) return false;
    this.#giveUp(headTooLarge(address, maxHeadBytes));
    return true;
  }

  onClose(stream: ClientHttp2Stream, error: NodeJS.ErrnoException | undefined): void {
    const session = this.#session as UpstreamSession;
    this.#stream = undefined;
    this.#body?.detach();
    if (!this.#isOver) {
      const isRefused = !this.#hasHead && session.hasRefused(stream, this.#ordinal);
      if (isRefused && this.#body?.isKept !== false && this.#repeats < maxRepeats) {
        this.#repeats += 1;
        session.release(this);
        this.#host.repeat(this);
        return;
      }
      this.#isOver = true;
      this.#tellEnd(stream, session.failureOf(stream, error), isRefused);
    }
    session.release(this);
    this.#free();
  }

  #tellEnd({ rstCode }: ClientHttp2Stream, failure: Failure | undefined, isRefused: boolean): void {
    const reset = toResetFailure(rstCode, this.#host.options.address);
    if (failure !== undefined) this.#exchange.fail(this.#hasHead ? failure : lostBefore(failure, isRefused));
    else this.#exchange.reset(codeForCaller(rstCode), isRefused ? lostBefore(reset, true) : reset);
  }

  /** Called every half a second. */
  tick(now: number): void {
    if (this.#isOver || !this.#isTimed) return;
    const { options } = this.#host;
    const { limits } = this.request;
    const { address } = options;
    const { headersTimeoutMs = options.headersTimeoutMs, bodyTimeoutMs = options.bodyTimeoutMs } = limits ?? options;
    if (this.#isHeard || this.#isPaused) {
      this.#isHeard = false;
      this.since = now;
    } else if (this.#hasHead) {
      if (now - this.since >= bodyTimeoutMs) this.#giveUp(noBody(address, bodyTimeoutMs));
    } else if (this.#body?.isComplete !== false && now - this.since >= headersTimeoutMs)
      this.#giveUp(noHead(address, headersTimeoutMs));
  }

  #giveUp(failure: Failure): void {
    this.#isOver = true;
    this.#exchange.fail(failure);
    if (this.#stream !== undefined) breakOff(this.#stream, NGHTTP2_CANCEL);
  }

  #hear(): void {
    this.#isHeard = true;
    if (this.#session !== undefined) this.#session.isHeard = true;
  }

  #free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#host.leave(this);
    this.#onFree();
  }
}
