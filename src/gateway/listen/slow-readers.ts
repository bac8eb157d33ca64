import type { IncomingMessage } from "node:http";
import { constants } from "node:http2";
import type { Socket } from "node:net";
import { resetStream } from "../../adapters/node/reset-stream.js";
import { type Connection, connectionOf } from "./connection.js";
import type { ReadProgress } from "./read-progress.js";
import { StreamRequest } from "./stream-request.js";

/** The handle of a socket counts what the kernel has not taken yet. Node's own time-outs read it, too. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/** How long an authenticated caller may take nothing of a stream while bytes are ready: the default of routes. */
const streamReadTimeoutMs = 300_000;

/** Allows a caller to take nothing of an answer for so long, milliseconds, in place of `limits.readTimeout`. */
export function allowSlowReader(request: IncomingMessage | StreamRequest, ms: number = streamReadTimeoutMs): void {
  if (request instanceof StreamRequest) request.readTimeoutMs = ms;
  else {
    const connection = connectionOf(request.socket);
    if (connection !== undefined) connection.readTimeoutMs = ms;
  }
}

/** How long a caller has taken nothing of what is ready for it, in milliseconds, as the last sweep has seen it. */
export function unreadMsOf(request: IncomingMessage | StreamRequest): number {
  const reading = request instanceof StreamRequest ? request.reading : connectionOf(request.socket)?.reading;
  return reading?.forMs ?? 0;
}

/**
 * Ends what a client does not read: bytes are ready, and it has taken none for `timeoutMs`. While nothing is ready no clock
 * runs. On HTTP/2 a stream whose own window is empty ends alone; where the connection as a whole takes nothing, it ends.
 */
export function checkReaders(connection: Connection, now: number, timeoutMs: number): void {
  const { socket, streams } = connection;
  const handle = (socket as Socket & { readonly _handle?: Handle | null })._handle ?? {};
  const { bytesWritten = 0, writeQueueSize = 0 } = handle;
  const isReady = writeQueueSize > 0 || socket.writableLength > 0;
  let longestMs = connection.readTimeoutMs ?? timeoutMs;
  for (const request of streams ?? []) {
    const { stream, readTimeoutMs = timeoutMs } = request;
    longestMs = Math.max(longestMs, readTimeoutMs);
    request.reading = advance(request.reading, stream.bufferSize > 0, stream.bufferSize, now);
    if (isLate(request.reading, readTimeoutMs)) resetStream(stream, constants.NGHTTP2_CANCEL);
  }
  // A write of Node's begins when the one before it is taken, so that more written means that something was taken.
  connection.reading = advance(connection.reading, isReady, bytesWritten - writeQueueSize / 2, now);
  if (!isLate(connection.reading, longestMs)) return;
  connection.session?.destroy();
  socket.destroy();
}

function isLate(reading: ReadProgress | undefined, timeoutMs: number): boolean {
  return reading !== undefined && reading.forMs >= timeoutMs;
}

function advance(
  before: ReadProgress | undefined,
  isReady: boolean,
  mark: number,
  now: number,
): ReadProgress | undefined {
  if (!isReady) return undefined;
  if (before === undefined) return { since: now, forMs: 0, mark };
  if (before.mark !== mark) {
    before.since = now;
    before.mark = mark;
  }
  before.forMs = now - before.since;
  return before;
}
