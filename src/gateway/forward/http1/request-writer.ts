import type { Socket } from "node:net";
import type { Framing } from "../../route/framing.js";

/** Told of the request's way to the upstream. */
export interface WriterOwner {
  readonly call: { onDrain(): void; onWriteFailed(): void } | undefined;
}

type Written = (error?: Error | null) => void;

/**
 * Writes the requests of one connection, one after the other.
 *
 * A write that fails does not end the connection: an upstream may have answered and closed before it has read the body, and
 * what it has said is still to be read. Node would destroy the socket.
 */
export class RequestWriter {
  /** The error of a write. Nothing is written after it. */
  error: NodeJS.ErrnoException | undefined;
  /** Whether a write other than a request's first has been begun: the upstream may have got a part of the request. */
  isBegun = false;
  readonly #owner: WriterOwner;
  #socket: Socket | undefined;
  #framing: Framing["kind"] = "none";
  #left = 0;
  #isComplete = false;
  #isFirstChunk = false;
  /** Node's, of the write under way. */
  #written: Written | undefined;

  constructor(owner: WriterOwner) {
    this.#owner = owner;
  }

  open(socket: Socket): void {
    this.#socket = socket;
    const { _write: write, _writev: writev } = socket as Socket & Required<Pick<Socket, "_writev">>;
    socket._write = (chunk, encoding, written) => {
      this.#written = written;
      write.call(socket, chunk, encoding, this.#onWritten);
    };
    socket._writev = (chunks, written) => {
      this.#written = written;
      writev.call(socket, chunks, this.#onWritten);
    };
    socket.on("drain", this.#onDrain);
  }

  /** Leaves a socket as Node made it. */
  release(socket: Socket): void {
    socket.off("drain", this.#onDrain);
    Reflect.deleteProperty(socket, "_write");
    Reflect.deleteProperty(socket, "_writev");
  }

  /** The request has been handed to the kernel in full. */
  get isSent(): boolean {
    return this.#isComplete && this.error === undefined && this.#socket?.writableLength === 0;
  }

  /** Nothing of the request is missing here. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Writes a head. Of a request with a body it leaves together with what comes of the body in this turn. */
  begin(head: string, framing: Framing): void {
    const socket = this.#socket as Socket;
    this.#framing = framing.kind;
    this.#left = framing.kind === "length" ? Number(framing.length) : 0;
    // HTTP/2 may announce a length of 0 and end the body later.
    this.#isComplete = framing.kind !== "chunked" && this.#left === 0;
    this.#isFirstChunk = true;
    this.isBegun = false;
    if (framing.kind !== "none") socket.cork();
    socket.write(head, "latin1");
  }

  /** The body has been asked for: what comes of it in this turn leaves with the head. */
  flushSoon(): void {
    process.nextTick(uncork, this.#socket);
  }

  /**
   * Writes a part of the body.
   *
   * @returns `false` when it is full; `undefined` when the body is longer than announced
   */
  write(chunk: Uint8Array): boolean | undefined {
    const socket = this.#socket as Socket;
    if (this.error !== undefined || chunk.length === 0) return true;
    if (this.#framing !== "chunked") {
      this.#left -= chunk.length;
      if (this.#left < 0) return undefined;
      this.#isComplete = this.#left === 0;
      return socket.write(chunk);
    }
    // The end of the chunk before leaves with the size of this one.
    const size = `${this.#isFirstChunk ? "" : "\r\n"}${chunk.length.toString(16)}\r\n`;
    this.#isFirstChunk = false;
    socket.cork();
    socket.write(size, "latin1");
    const takesMore = socket.write(chunk);
    socket.uncork();
    return takesMore;
  }

  /** The body is complete: `false` when it is shorter than announced. */
  end(): boolean {
    if (this.#framing === "length") return this.#left === 0;
    this.#isComplete = true;
    if (this.error === undefined) this.#socket?.write(this.#isFirstChunk ? "0\r\n\r\n" : "\r\n0\r\n\r\n", "latin1");
    return true;
  }

  readonly #onWritten: Written = (error) => {
    const written = this.#written;
    this.#written = undefined;
    if (error === null || error === undefined) {
      this.isBegun = true;
      written?.();
      return;
    }
    // Node is not told, and takes the write for one that is under way.
    this.error = error;
    this.#owner.call?.onWriteFailed();
  };

  readonly #onDrain = (): void => this.#owner.call?.onDrain();
}

function uncork(socket: Socket): void {
  socket.uncork();
}
