import type { ClientHttp2Stream } from "node:http2";
import type { BodySoFar, Exchange } from "../exchange.js";
import { awaitDrain } from "./stream-events.js";

/** Unary RPCs and forms fit; an upload is not kept. */
const maxKeptBytes = 64 * 1024;

/**
 * The body of a request on its way. Its beginning is kept until an answer begins: an upstream that refuses a stream
 * unprocessed (RFC 9113 §8.7) gets it again on another one. Chunks are held, not copied.
 */
export class RequestBody {
  readonly #exchange: Exchange;
  #state: "unread" | "open" | "complete" | "stopped" = "unread";
  #stream: ClientHttp2Stream | undefined;
  /** In order; `undefined` when there was too much, or no need any more. */
  #kept: Uint8Array[] | undefined = [];
  #keptBytes = 0;
  /** `add` returned `false`. */
  #isHalted = false;
  /** The stream whose `drain` is awaited. */
  #awaited: ClientHttp2Stream | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  /** All of it so far can be sent once more. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  get soFar(): BodySoFar | undefined {
    return this.#kept && { chunks: this.#kept, isComplete: this.isComplete };
  }

  /** Begins to read it, or sends it again. */
  sendOn(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    if (this.#state === "unread") {
      this.#state = "open";
      this.#exchange.readBody();
      return;
    }
    let isFull = false;
    for (const chunk of this.#kept ?? []) isFull = !stream.write(chunk);
    if (this.#state === "complete") stream.end();
    else if (isFull) this.#halt(stream);
    else this.onDrain();
  }

  /** @returns `false` when there is no room for more */
  add(chunk: Uint8Array): boolean {
    if (this.#state !== "open") return true;
    this.#keep(chunk);
    const stream = this.#stream;
    if (stream === undefined) {
      this.#isHalted = true;
      return false;
    }
    if (stream.closed || stream.write(chunk)) return true;
    this.#halt(stream);
    return false;
  }

  #keep(chunk: Uint8Array): void {
    if (this.#kept === undefined) return;
    this.#keptBytes += chunk.byteLength;
    this.#kept.push(chunk);
    // Between two streams nothing may be forgotten; `add` asks for no more then.
    if (this.#keptBytes > maxKeptBytes && this.#stream !== undefined) this.#kept = undefined;
  }

  #halt(stream: ClientHttp2Stream): void {
    this.#isHalted = true;
    if (this.#awaited === stream) return;
    this.#awaited = stream;
    awaitDrain(stream);
  }

  onDrain(): void {
    this.#awaited = undefined;
    if (!this.#isHalted || this.#state !== "open") return;
    this.#isHalted = false;
    this.#exchange.resumeBody();
  }

  /** @returns whether it was open */
  finish(): boolean {
    if (this.#state !== "open") return false;
    this.#state = "complete";
    if (this.#stream?.closed === false) this.#stream.end();
    return true;
  }

  /** The upstream has answered: it need not be sent again. */
  forget(): void {
    this.#kept = undefined;
  }

  /** What still comes is dropped. */
  stop(): void {
    this.#state = "stopped";
    this.#kept = undefined;
  }

  /** The stream has closed. */
  detach(): void {
    this.#stream = undefined;
  }
}
