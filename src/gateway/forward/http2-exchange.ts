import { constants, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { dropRest } from "../../adapters/node/drop-rest.js";
import { resetStream } from "../../adapters/node/reset-stream.js";
import { afterThisTurn } from "../../base/platform.js";
import type { StreamRequest } from "../listen/stream-request.js";
import { type AnswerHead, toHttp2Headers } from "./answer-head.js";
import { CallerExchange } from "./caller-exchange.js";
import { isGrpc } from "./content-type.js";
import type { BreakOff, Failure, ForwardedRequest } from "./exchange.js";
import type { ExchangeOwner } from "./exchange-owner.js";

const key = Symbol("sallyport.exchange");

interface Carrier {
  [key]?: Http2Exchange<unknown>;
}

/** The trailers of gRPC by which the gateway ends an answer that has begun. */
const endings = {
  unauthenticated: ["grpc-status", "16", "grpc-message", "What let you in is gone."],
  deadline_exceeded: ["grpc-status", "4", "grpc-message", "The time of the call is over."],
} as const;

/** The caller's side of an exchange over HTTP/2, on a stream of `node:http2`. */
export class Http2Exchange<C> extends CallerExchange<C> {
  readonly #request: StreamRequest;
  readonly #stream: ServerHttp2Stream;
  #isReading = false;
  #isWaiting = false;
  #trailers: readonly string[] = [];
  #takesTrailers = false;

  constructor(forwarded: ForwardedRequest, context: C, owner: ExchangeOwner<C>, request: StreamRequest) {
    super(forwarded, context, owner);
    const { stream } = request;
    this.#request = request;
    this.#stream = stream;
    (stream as Carrier)[key] = this as Http2Exchange<unknown>;
    stream.on("close", onClose);
  }

  /** Node throws for everything that is written to a stream that is closed. Its `close` event may come later. */
  get #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  readBody(): void {
    if (!this.#isOpen) return;
    this.#isReading = true;
    if (this.#request.headers.expect === "100-continue") this.#stream.additionalHeaders({ ":status": 100 });
    // Node tells the end of an empty body as soon as it has come, also before there is a listener.
    if (this.#stream.readableEnded) onBodyEnd.call(this.#stream);
    else this.#stream.on("data", onBodyData).on("end", onBodyEnd);
  }

  resumeBody(): void {
    if (this.#isReading) this.#stream.resume();
  }

  stopBody(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#stream.off("data", onBodyData).off("end", onBodyEnd).pause();
  }

  cut(errorCode: number): void {
    resetStream(this.#stream, errorCode);
  }

  bodyData(chunk: Uint8Array): void {
    if (!this.passBody(chunk)) this.#stream.pause();
  }

  bodyEnd(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    if (this.isOver || this.#stream.aborted) return;
    this.upstream?.bodyEnd();
  }

  drained(): void {
    this.#isWaiting = false;
    if (!this.isOver) this.upstream?.drained();
  }

  left(): void {
    this.closed(this.#stream.rstCode || constants.NGHTTP2_CANCEL);
  }

  sendTrailers(): void {
    // Without trailers too: a stream that ends by a bare `close` makes clients wait.
    if (this.#isOpen) this.#stream.sendTrailers(toHttp2Headers(this.#trailers));
  }

  protected sendHint(links: readonly string[]): void {
    if (this.#isOpen && !this.#stream.headersSent) this.#stream.additionalHeaders({ ":status": 103, link: [...links] });
  }

  protected sendHead({ statusCode, fields }: AnswerHead, isLast: boolean): void {
    const stream = this.#stream;
    if (!this.#isOpen) return;
    const headers = toHttp2Headers(fields);
    headers[":status"] = statusCode;
    if (isLast) {
      stream.respond(headers, { endStream: true });
      return;
    }
    // An answer with a length ends with its last byte; only those of gRPC have trailers as well.
    this.#takesTrailers = headers["content-length"] === undefined || isGrpc(fields);
    if (this.#takesTrailers) stream.on("wantTrailers", onWantTrailers);
    stream.respond(headers, { waitForTrailers: this.#takesTrailers });
  }

  protected flushHead(): void {
    // `respond` has sent it.
  }

  protected sendData(chunk: Uint8Array, isLast: boolean): boolean {
    const stream = this.#stream;
    if (!this.#isOpen) return true;
    const kept = this.upstream?.lendsChunks === false ? chunk : Buffer.from(chunk);
    if (isLast) {
      stream.end(kept);
      return true;
    }
    if (stream.write(kept)) return true;
    if (!this.#isWaiting) stream.once("drain", onDrain);
    this.#isWaiting = true;
    return false;
  }

  protected sendEnd(trailers: readonly string[]): void {
    this.#trailers = trailers;
    if (this.#isOpen) this.#stream.end();
  }

  protected override sendStatus(status: BreakOff | Failure): boolean {
    const isOwn = typeof status === "string" && this.#takesTrailers && isGrpc(this.#request.rawHeaders);
    if (!isOwn) return super.sendStatus(status);
    this.sendEnd(endings[status]);
    this.dropBody();
    return true;
  }

  protected dropBody(): void {
    if (this.request.framing.kind === "none") return;
    this.stopBody();
    dropRest(this.#stream, this.owner.platform);
  }

  protected openTunnel(fields: readonly string[]): Duplex {
    const headers = toHttp2Headers(fields);
    // RFC 8441 §5: HTTP/2 needs no proof that the server understood.
    delete headers["sec-websocket-accept"];
    if (this.#isOpen) this.#stream.respond({ ...headers, ":status": 200 });
    return this.#stream;
  }
}

function onClose(this: ServerHttp2Stream): void {
  (this as Carrier)[key]?.left();
}

function onDrain(this: ServerHttp2Stream): void {
  (this as Carrier)[key]?.drained();
}

function onBodyData(this: ServerHttp2Stream, chunk: Uint8Array): void {
  (this as Carrier)[key]?.bodyData(chunk);
}

/**
 * Node ends the body of a stream that a reset has cut like that of a whole one, and may tell of the reset later, in the
 * same turn of the event loop. It pushes the end before it marks the stream as closed, as it does for a whole one.
 */
function onBodyEnd(this: ServerHttp2Stream): void {
  const exchange = (this as Carrier)[key];
  if (exchange !== undefined) afterThisTurn(() => exchange.bodyEnd());
}

function onWantTrailers(this: ServerHttp2Stream): void {
  (this as Carrier)[key]?.sendTrailers();
}
