import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { Duplex } from "node:stream";
import { resetStream } from "../../../adapters/node/reset-stream.js";

/** What is told of a stream. */
export interface StreamOwner {
  /** An interim answer. */
  onInterim(status: number, rawHeaders: readonly string[]): void;
  /** @param isLast the stream ended with it */
  onHead(status: number, rawHeaders: readonly string[], isLast: boolean): void;
  onData(chunk: Uint8Array): void;
  onTrailers(rawHeaders: readonly string[]): void;
  /** All that the upstream sent has been told, and it ended by END_STREAM. */
  onEnd(): void;
  onDrain(): void;
  /** The last event, also of a stream that did not end. */
  onClose(stream: ClientHttp2Stream, error: NodeJS.ErrnoException | undefined): void;
}

const owner = Symbol("owner");
const end = Symbol("end");
const fault = Symbol("fault");

interface OwnedStream extends ClientHttp2Stream {
  [owner]: StreamOwner;
  /** How far the answer is from its end. */
  [end]: "open" | "received" | "told";
  [fault]: NodeJS.ErrnoException | undefined;
}

/** Tells an owner of a stream's events. No closures, and an `error` has its listener for as long as there is a stream. */
export function adoptStream(stream: ClientHttp2Stream, by: StreamOwner): void {
  const owned = stream as OwnedStream;
  owned[owner] = by;
  owned[end] = "open";
  owned[fault] = undefined;
  owned.push = pushAndNote;
  owned.on("response", onResponse);
  owned.on("headers", onHeaders);
  owned.on("error", onError);
  owned.on("close", onClose);
}

/** Drops what still comes, so that the stream can end. */
export function discardRest(stream: ClientHttp2Stream): void {
  stream.off("data", onData);
  stream.resume();
}

/** Leaves reading to the new owner of a tunnel. */
export function leaveReading(stream: ClientHttp2Stream): void {
  stream.pause();
  stream.off("data", onData).off("end", onEnd).off("trailers", onTrailers);
}

/** Ends a stream at once by RST_STREAM. */
export function breakOff(stream: ClientHttp2Stream, code: number): void {
  resetStream(stream, code);
  discardRest(stream);
}

/**
 * Notes END_STREAM. Node emits `end` after every end of a stream, also after a reset with NO_ERROR or CANCEL, and after a
 * lost connection. Only with END_STREAM does it push `null` before it marks the stream as closed.
 */
function pushAndNote(this: OwnedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && this[end] === "open" && !this.closed) this[end] = "received";
  return Duplex.prototype.push.call(this, chunk, encoding);
}

function onResponse(
  this: OwnedStream,
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  flags: number,
  rawHeaders: string[],
): void {
  const isLast = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  if (!isLast) this.on("trailers", onTrailers);
  this.on("end", onEnd);
  // The owner's listener for data comes after the head: that may be the last part.
  this[owner].onHead(headers[":status"] ?? 0, rawHeaders, isLast);
  if (this.closed || isLast) discardRest(this);
}

/** Lets the data of an answer flow. */
export function readAnswer(stream: ClientHttp2Stream): void {
  stream.on("data", onData);
}

function onHeaders(
  this: OwnedStream,
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  _flags: number,
  rawHeaders: string[],
): void {
  this[owner].onInterim(headers[":status"] ?? 0, rawHeaders);
}

function onData(this: OwnedStream, chunk: Uint8Array): void {
  this[owner].onData(chunk);
}

function onTrailers(this: OwnedStream, _headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]): void {
  this[owner].onTrailers(rawHeaders);
}

function onEnd(this: OwnedStream): void {
  if (this[end] !== "received") return;
  this[end] = "told";
  this[owner].onEnd();
}

/** Asks to be told once when the stream takes more. */
export function awaitDrain(stream: ClientHttp2Stream): void {
  stream.once("drain", onDrain);
}

function onDrain(this: OwnedStream): void {
  this[owner].onDrain();
}

function onError(this: OwnedStream, error: NodeJS.ErrnoException): void {
  this[fault] = error;
}

function onClose(this: OwnedStream): void {
  this[owner].onClose(this, this[fault]);
}

/** Without `:status`. */
export function fieldsOf(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders[0] === ":status" ? rawHeaders.slice(2) : rawHeaders;
}
