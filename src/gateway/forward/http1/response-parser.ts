import { ChunkLine } from "./chunk-line.js";
import { type Fault, judgeBeginning, telling } from "./faults.js";
import { areFields, FieldBlock, incomplete, splitFields, tooLarge } from "./field-block.js";
import { ResponseHead } from "./response-head.js";

/** Gets the parts of an answer. Each call but the last returns `false` to have nothing more until `read` is called again. */
export interface ResponseSink {
  /** @param head used until the call returns */
  onInterim(head: ResponseHead): boolean;
  /** @param isLast there is no body */
  onHead(head: ResponseHead, isLast: boolean): boolean;
  /** @param chunk used until the call returns */
  onData(chunk: Buffer, isLast: boolean): boolean;
  /** The end, where the part before was not the last. */
  onEnd(trailers: readonly string[]): void;
}

const states = {
  head: 0,
  length: 1,
  untilClose: 2,
  chunkLine: 3,
  chunk: 4,
  afterChunk: 5,
  afterChunkLineFeed: 6,
  trailers: 7,
  done: 8,
  upgraded: 9,
} as const;

/** An upstream that sends more than these is not preparing an answer. */
const maxInterim = 1_000;

const noFields: readonly string[] = Object.freeze([]);

/** An end of chunks without trailers: what follows the data of the last one. */
const plainEnd = Buffer.from("\r\n0\r\n\r\n", "latin1");

/**
 * Reads the answers of one connection, one after the other, from pieces of any size. It is strict: it takes nothing that
 * Node's parser or undici's refuses, nor finds the end of an answer elsewhere than they do. A body ends by its framing alone.
 */
export class ResponseParser {
  /** What is wrong with the answer. */
  fault: Fault | undefined;
  readonly head: ResponseHead = new ResponseHead();
  readonly #block: FieldBlock;
  readonly #chunkLine = new ChunkLine();
  readonly #sink: ResponseSink;
  #state: number = states.done;
  #left = 0;
  #interim = 0;
  /** The first bytes have been looked at: once, since those of a head may come one by one. */
  #isHttp = false;
  #isHead = false;
  #asksUpgrade = false;

  constructor(sink: ResponseSink, maxHeadBytes: number) {
    this.#sink = sink;
    this.#block = new FieldBlock(maxHeadBytes);
  }

  /** The next answer is that to a request with this method. */
  begin(method: string, asksUpgrade: boolean): void {
    this.#state = states.head;
    this.#block.begin();
    this.#interim = 0;
    this.#isHttp = false;
    this.#isHead = method === "HEAD";
    this.#asksUpgrade = asksUpgrade;
  }

  get isDone(): boolean {
    return this.#state === states.done;
  }

  /** After a 101: what follows is no longer HTTP. */
  get isUpgraded(): boolean {
    return this.#state === states.upgraded;
  }

  /** The head of the answer itself has not come yet. */
  get awaitsHead(): boolean {
    return this.#state === states.head;
  }

  /** The end of the connection is the end of the answer. */
  get endsByClose(): boolean {
    return this.#state === states.untilClose;
  }

  /**
   * Reads on. Bytes of `buffer` before `start` and from `end` on may be anything.
   *
   * @returns the place up to which it has read: less than `end` when the sink has enough, the answer is done, or there is
   *   a `fault`
   */
  read(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const before = at;
      at = this.#step(buffer, at, end);
      if (at < 0) {
        // The sink has enough, at this place; or there is a fault.
        return this.fault === undefined ? -at : before;
      }
      if (this.#state >= states.done) return at;
    }
    return at;
  }

  /** The place behind what was read; the same below 0 when the sink has enough. */
  #step(buffer: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case states.head:
        return this.#readHead(buffer, at, end);
      case states.length:
      case states.chunk:
        return this.#readData(buffer, at, Math.min(end, at + this.#left), end);
      case states.untilClose:
        return this.#sink.onData(buffer.subarray(at, end), false) ? end : -end;
      case states.chunkLine: {
        const next = this.#chunkLine.read(buffer, at, end);
        if (next === -2) return this.#fail("upstream_chunk_invalid");
        if (next < 0) return end;
        this.#left = this.#chunkLine.size;
        this.#state = this.#left > 0 ? states.chunk : states.trailers;
        if (this.#left === 0) this.#block.begin("\r\n");
        return next;
      }
      case states.afterChunk:
        if (buffer[at] !== 0x0d) return this.#fail("upstream_chunk_invalid");
        this.#state = states.afterChunkLineFeed;
        return at + 1;
      case states.afterChunkLineFeed:
        if (buffer[at] !== 0x0a) return this.#fail("upstream_chunk_invalid");
        this.#state = states.chunkLine;
        return at + 1;
      default:
        return this.#readTrailers(buffer, at, end);
    }
  }

  #readHead(buffer: Buffer, at: number, end: number): number {
    const next = this.#block.read(buffer, at, end);
    if (next < 0) {
      const beginning = this.#isHttp ? undefined : judgeBeginning(this.#block.held);
      if (next === incomplete && beginning === undefined) {
        this.#isHttp = this.#block.heldBytes >= telling;
        return end;
      }
      return this.#fail(beginning ?? (next === tooLarge ? "upstream_head_too_large" : "upstream_head_invalid"));
    }
    const { head } = this;
    const fault = head.read(this.#block.text, this.#isHead);
    if (fault !== undefined) return this.#fail(judgeBeginning(this.#block.text) ?? fault);
    if (head.status === 101) {
      if (!this.#asksUpgrade || !head.isWebSocket) return this.#fail("upstream_upgrade_unasked");
      this.#state = states.upgraded;
      return next;
    }
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > maxInterim) return this.#fail("upstream_interim_flood");
      this.#block.begin();
      return this.#sink.onInterim(head) ? next : -next;
    }
    const { bodyEnd } = head;
    this.#left = head.length;
    this.#chunkLine.begin();
    this.#state =
      bodyEnd === "none"
        ? states.done
        : bodyEnd === "length"
          ? states.length
          : bodyEnd === "chunked"
            ? states.chunkLine
            : states.untilClose;
    return this.#sink.onHead(head, bodyEnd === "none") ? next : -next;
  }

  #readData(buffer: Buffer, at: number, to: number, end: number): number {
    this.#left -= to - at;
    let next = to;
    if (this.#left === 0) {
      if (this.#state === states.length) this.#state = states.done;
      else if (isPlainEnd(buffer, to, end)) {
        // The usual end is there already, so that the caller can be sent all in one piece.
        this.#state = states.done;
        next = to + plainEnd.length;
      } else this.#state = states.afterChunk;
    }
    return this.#sink.onData(buffer.subarray(at, to), this.#state === states.done) ? next : -next;
  }

  #readTrailers(buffer: Buffer, at: number, end: number): number {
    const next = this.#block.read(buffer, at, end);
    if (next === incomplete) return end;
    if (next === tooLarge) return this.#fail("upstream_trailers_too_large");
    // Behind the line of the last chunk, which stands for what is before a head's first field.
    const lines = this.#block.text.slice(2);
    if (next < 0 || !areFields(lines)) return this.#fail("upstream_trailers_invalid");
    const trailers = lines === "" ? noFields : splitFields(lines, 0);
    for (let i = 0; i < trailers.length; i += 2) {
      // RFC 9110 §6.5.1: fields about framing and the connection are none for trailers; parsers differ about them.
      if (notInTrailers.has((trailers[i] as string).toLowerCase())) return this.#fail("upstream_trailers_invalid");
    }
    this.#state = states.done;
    this.#sink.onEnd(trailers);
    return next;
  }

  #fail(fault: Fault): number {
    this.fault = fault;
    return -1;
  }
}

const notInTrailers: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function isPlainEnd(buffer: Buffer, at: number, end: number): boolean {
  if (end - at < plainEnd.length) return false;
  for (let i = 0; i < plainEnd.length; i += 1) if (buffer[at + i] !== plainEnd[i]) return false;
  return true;
}
