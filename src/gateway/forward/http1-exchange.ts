import { createHash } from "node:crypto";
import { type IncomingMessage, ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { Duplex } from "node:stream";
import { dropBytes, dropMs } from "../../adapters/node/drop-rest.js";
import { holdSocket } from "../../adapters/node/hold-socket.js";
import type { Platform } from "../../base/platform.js";
import { indexOfField } from "../../model/raw-headers.js";
import type { AnswerHead } from "./answer-head.js";
import { CallerExchange } from "./caller-exchange.js";
import type { ForwardedRequest } from "./exchange.js";
import type { ExchangeOwner } from "./exchange-owner.js";

/** A caller's connection after Node has handed it over with its `upgrade` event. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  /** The bytes behind the header block. */
  readonly head: Uint8Array;
}

/**
 * Makes a response on a connection that Node has handed over, so that denials and ordinary responses are written as for
 * any request. The connection ends with it.
 */
export function createUpgradeResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node has removed its own listeners; an error event without a listener would end the process.
  socket.on("error", () => socket.destroy());
  response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
  response.on("finish", () => socket.end());
  return response;
}

const key = Symbol("sallyport.exchange");

/** An emitter of Node that carries its exchange, so that one function without a closure serves all of them. */
interface Carrier {
  [key]?: Http1Exchange<unknown>;
}

/** A short body is joined with its head: one write in place of two. */
const shortBytes = 16 * 1024;

const nothing = new Uint8Array();

/** The caller's side of an exchange over HTTP/1, on a request of `node:http`. */
export class Http1Exchange<C> extends CallerExchange<C> {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #upgrade: UpgradeSocket | undefined;
  #isReading = false;
  #isWaiting = false;
  #isWritten = false;

  constructor(
    forwarded: ForwardedRequest,
    context: C,
    owner: ExchangeOwner<C>,
    request: IncomingMessage,
    response: ServerResponse,
    upgrade: UpgradeSocket | undefined,
  ) {
    super(forwarded, context, owner);
    this.#request = request;
    this.#response = response;
    this.#upgrade = upgrade;
    (response as Carrier)[key] = this as Http1Exchange<unknown>;
    response.on("close", onClose);
  }

  readBody(): void {
    const request = this.#request;
    (request as Carrier)[key] = this as Http1Exchange<unknown>;
    this.#isReading = true;
    request.on("data", onBodyData).on("end", onBodyEnd);
  }

  resumeBody(): void {
    if (this.#isReading) this.#request.resume();
  }

  stopBody(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#request.off("data", onBodyData).off("end", onBodyEnd).pause();
  }

  cut(): void {
    this.#response.destroy();
  }

  bodyData(chunk: Uint8Array): void {
    if (!this.passBody(chunk)) this.#request.pause();
  }

  bodyEnd(): void {
    this.#isReading = false;
    if (!this.isOver) this.upstream?.bodyEnd();
  }

  drained(): void {
    this.#isWaiting = false;
    if (!this.isOver) this.upstream?.drained();
  }

  left(): void {
    this.closed(constants.NGHTTP2_CANCEL);
  }

  protected sendHint(links: readonly string[]): void {
    // 1xx were never sent to HTTP/1.0 (RFC 9110 §15.2).
    if (this.#request.httpVersion === "1.0") return;
    try {
      this.#response.writeEarlyHints({ link: [...links] });
    } catch {
      // Node throws for a link that is ill-formed: hints may go missing, the answer may not.
    }
  }

  protected sendHead({ statusCode, fields }: AnswerHead, isLast: boolean): void {
    // Node would write a chunked body without a chunk. Where no body can be, a length says something else (RFC 9110 §8.6).
    const isEmpty = isLast && this.request.method !== "HEAD" && statusCode !== 204 && statusCode !== 304;
    if (isEmpty && indexOfField(fields, "content-length") === -1) fields.push("content-length", "0");
    this.#response.writeHead(statusCode, fields);
    if (isLast) this.#response.end();
  }

  protected flushHead(): void {
    this.#isWritten = true;
    // Not `flushHeaders`: it writes a header block as UTF-8, and so two bytes for each above 0x7f.
    this.#response.write(nothing);
  }

  protected sendData(chunk: Uint8Array, isLast: boolean): boolean {
    const response = this.#response;
    const { socket } = response;
    if (isLast && chunk.length <= shortBytes && !this.#isWritten && socket !== null) {
      // Head and body in one write of one string. `end(chunk)` would make two parts of it, and a slower system call.
      socket.cork();
      response.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1"), "latin1");
      socket.uncork();
      response.end();
      return true;
    }
    this.#isWritten = true;
    const kept = this.upstream?.lendsChunks === false ? chunk : Buffer.from(chunk);
    if (isLast) {
      response.end(kept);
      return true;
    }
    if (response.write(kept)) return true;
    if (!this.#isWaiting) response.once("drain", onDrain);
    this.#isWaiting = true;
    return false;
  }

  protected sendEnd(trailers: readonly string[]): void {
    const response = this.#response;
    if (trailers.length > 0) {
      // An answer that ends with its header block has no place for trailers.
      if (!this.#isWritten) this.flushHead();
      const pairs: [string, string][] = [];
      for (let index = 0; index < trailers.length; index += 2)
        pairs.push([trailers[index] as string, trailers[index + 1] as string]);
      response.addTrailers(pairs);
    }
    response.end();
  }

  protected dropBody(): void {
    if (this.request.framing.kind === "none") return;
    const request = this.#request;
    this.stopBody();
    if (!request.complete) boundLeftover(request, this.owner.platform);
    request.resume();
  }

  protected openTunnel(fields: readonly string[]): Duplex {
    const { socket, head } = this.#upgrade as UpgradeSocket;
    const response = this.#response;
    // `flushHeaders` names no encoding, and the default, UTF-8, makes two bytes of each above 0x7f.
    socket.setDefaultEncoding("latin1");
    // An upstream over HTTP/2 accepts without the proof that HTTP/1 asks for (RFC 8441 §5).
    const wantsProof = indexOfField(fields, "sec-websocket-accept") === -1;
    const proof = wantsProof ? ["Sec-WebSocket-Accept", acceptOf(this.#request.headers["sec-websocket-key"])] : [];
    response.writeHead(101, [...fields, ...proof, "Connection", "Upgrade", "Upgrade", "websocket"]);
    response.flushHeaders();
    response.detachSocket(socket as Parameters<typeof response.detachSocket>[0]);
    if (head.length > 0) socket.unshift(head);
    return socket;
  }
}

/** Returns the proof that the server has understood (RFC 6455 §4.2.2). */
function acceptOf(key = ""): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function onClose(this: ServerResponse): void {
  (this as Carrier)[key]?.left();
}

function onDrain(this: ServerResponse): void {
  (this as Carrier)[key]?.drained();
}

function onBodyData(this: IncomingMessage, chunk: Uint8Array): void {
  (this as Carrier)[key]?.bodyData(chunk);
}

function onBodyEnd(this: IncomingMessage): void {
  (this as Carrier)[key]?.bodyEnd();
}

/**
 * For an answer that is complete before its request is: what is left of the body is taken within bounds, those of a
 * denied one, so that the answer is not lost in a reset; and then the connection closes.
 */
function boundLeftover(request: IncomingMessage, platform: Platform): void {
  const { socket } = request;
  const start = socket.bytesRead;
  const close = (): void => {
    cleanUp();
    socket.destroy();
  };
  const cancel = platform.delay(dropMs, close);
  const onData = (): void => {
    if (socket.bytesRead - start < dropBytes) return;
    // Closed at once, the uploader would see a reset in place of its answer. Its answer did not say that the connection
    // ends with it: the end of the stream says so, before another request is sent on it.
    request.off("data", onData).pause();
    holdSocket(socket);
    socket.end();
  };
  function cleanUp(): void {
    cancel();
    request.off("data", onData).off("end", cleanUp).off("close", cleanUp);
  }
  request.on("data", onData).on("end", cleanUp).on("close", cleanUp);
}
