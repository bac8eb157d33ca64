import type { Socket } from "node:net";
import type { Reader } from "../connect.js";
import type { Occupant } from "./occupant.js";
import { RequestWriter } from "./request-writer.js";
import type { ResponseHead } from "./response-head.js";
import { ResponseParser, type ResponseSink } from "./response-parser.js";

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  readonly maxHeadBytes: number;
  /** `platform.monotonic()`, as it was half a second ago at the most. */
  readonly clock: number;
  /** The connection has carried a whole exchange, and may be lent again when nothing more comes of it. */
  onAnswered(connection: Http1Connection): void;
  /** The connection is gone. Called once. */
  onGone(connection: Http1Connection): void;
}

/** A connection to an upstream, which carries one exchange at a time. */
export class Http1Connection implements ResponseSink {
  /** The exchange under way. */
  call: Occupant | undefined;
  /** Of the exchange whose place this connection takes: also for a while after its answer. */
  occupant: Occupant | undefined;
  /** When it is not lent any more. */
  idleUntil = 0;
  /** Nothing is read, since the caller's side is full. */
  isPaused = false;
  /** When something was last read. */
  readAt = 0;
  isGone = false;
  readonly parser: ResponseParser;
  readonly writer: RequestWriter = new RequestWriter(this);
  readonly reader: Reader = (buffer, length) => this.#onBytes(buffer, 0, length);
  readonly #owner: ConnectionOwner;
  #socket: Socket | undefined;
  #usesReader = false;
  #isTls = false;
  /** What was read behind the place where the caller's side was full. */
  #held: Buffer | undefined;
  /** The connection's end, which came while something was held. */
  #heldEnd: (() => void) | undefined;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.parser = new ResponseParser(this, owner.maxHeadBytes);
  }

  /** Takes a socket that is open. */
  open(socket: Socket, usesReader: boolean): void {
    this.#socket = socket;
    this.#usesReader = usesReader;
    this.#isTls = "encrypted" in socket;
    this.writer.open(socket);
    socket.on("error", this.#onError).on("close", this.#onClose).on("end", this.#onEnd);
    // Not `data`: a socket that is handed over is then as new.
    if (!usesReader) socket.on("readable", this.#onReadable);
  }

  /** Whether a request may be sent on it: nothing has been told of its end. */
  get isUsable(): boolean {
    const socket = this.#socket;
    return (
      !this.isGone && socket !== undefined && socket.writable && !socket.readableEnded && socket.writableLength === 0
    );
  }

  /** The next exchange begins. */
  lend(call: Occupant, method: string, asksUpgrade: boolean): void {
    this.call = call;
    this.occupant = call;
    this.readAt = this.#owner.clock;
    this.parser.begin(method, asksUpgrade);
  }

  /** Ends the connection, with what it carries. */
  destroy(): void {
    this.#lose();
  }

  /** The caller's side takes more again. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.readAt = this.#owner.clock;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && !this.#onBytes(held, 0, held.length)) return;
    if (this.#heldEnd !== undefined) this.#heldEnd();
    else if (this.#usesReader) this.#socket?.resume();
    else this.#onReadable();
  }

  onInterim(head: ResponseHead): boolean {
    const { call } = this;
    if (head.status === 103) call?.hint(head.fields);
    return this.call === call;
  }

  onHead(head: ResponseHead, isLast: boolean): boolean {
    if (this.#isTls && head.bodyEnd === "close") {
      // Node does not tell whether the end of a TLS connection was announced (RFC 8446 §6.1) or made by an attacker.
      this.call?.faulty("upstream_unframed_tls");
      return false;
    }
    const { call } = this;
    call?.head(head, isLast);
    return this.call === call;
  }

  onData(chunk: Buffer, isLast: boolean): boolean {
    const { call } = this;
    if (call === undefined) return false;
    if (!call.data(chunk, isLast) && !isLast) this.isPaused = true;
    return this.call === call && !this.isPaused;
  }

  onEnd(trailers: readonly string[]): void {
    this.call?.end(trailers);
  }

  /** @returns `false` to read nothing more for now */
  #onBytes(buffer: Buffer, start: number, end: number): boolean {
    const { call, parser } = this;
    if (call === undefined) {
      // Nothing was asked: it would be taken for the answer to the next request.
      this.#lose();
      return false;
    }
    call.hasAnswer = true;
    this.readAt = this.#owner.clock;
    const at = parser.read(buffer, start, end);
    if (this.call !== call) return false;
    if (parser.fault !== undefined) {
      call.faulty(parser.fault);
      return false;
    }
    if (parser.isDone) return this.#onAnswered(at < end);
    if (parser.isUpgraded) {
      this.#handOver(call, Buffer.from(buffer.subarray(at, end)));
      return false;
    }
    if (at < end) this.#held = Buffer.from(buffer.subarray(at, end));
    return !this.isPaused;
  }

  #onAnswered(hasMore: boolean): boolean {
    this.call = undefined;
    this.isPaused = false;
    if (hasMore || !this.parser.head.isKept || !this.writer.isSent) {
      this.#lose();
      return false;
    }
    this.#owner.onAnswered(this);
    return true;
  }

  #handOver(call: Occupant, rest: Buffer): void {
    const socket = this.#socket as Socket;
    this.call = undefined;
    socket.off("end", this.#onEnd).off("readable", this.#onReadable);
    this.writer.release(socket);
    if (rest.length > 0) socket.unshift(rest);
    // `close` is still listened to, since a tunnel takes up its place; and so is `error`, which must not end the process.
    call.tunnel(this.parser.head, socket);
  }

  readonly #onReadable = (): void => {
    const socket = this.#socket as Socket;
    while (!this.isPaused && !this.isGone) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null || !this.#onBytes(chunk, 0, chunk.length)) return;
    }
  };

  readonly #onEnd = (): void => {
    this.#afterHeld(() => {
      const { call } = this;
      if (call !== undefined && this.parser.endsByClose) {
        this.call = undefined;
        call.end([]);
      }
      this.#lose();
    });
  };

  readonly #onError = (error: Error): void => this.#afterHeld(() => this.#lose(error));
  readonly #onClose = (): void => this.#afterHeld(() => this.#lose());

  /** The answer may be complete with what is held: the connection's end is looked at after that. */
  #afterHeld(end: () => void): void {
    if (this.#held === undefined || this.isGone) end();
    else this.#heldEnd ??= end;
  }

  #lose(error?: NodeJS.ErrnoException): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#held = undefined;
    const { call } = this;
    this.call = undefined;
    this.#socket?.destroy();
    this.#owner.onGone(this);
    if (call === undefined) this.leave()?.free();
    else call.brokenOff(error ?? this.writer.error);
  }

  /** The exchange that it carried takes up its place no longer. */
  leave(): Occupant | undefined {
    const { occupant } = this;
    this.occupant = undefined;
    return occupant;
  }
}
