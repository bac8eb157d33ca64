import type { IncomingMessage } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import { resetStream } from "../../adapters/node/reset-stream.js";
import type { Platform } from "../../base/platform.js";
import type { AwakeClock } from "./awake-clock.js";
import type { Body, Connection } from "./connection.js";
import { goAwayMs, minBodyBytesPerSecond, sweepMs } from "./connection-limits.js";
import type { LimitsConfig } from "./listen-config.js";
import { checkSilence } from "./silent-clients.js";
import { checkReaders } from "./slow-readers.js";
import { StreamRequest } from "./stream-request.js";

type Incoming = IncomingMessage | StreamRequest;

/** Messages of HTTP/1, streams of HTTP/2. */
const patient = new WeakSet<object>();

/**
 * Lifts the minimum rate from a request's body: only for RPC streams of authenticated callers, which may be silent for
 * hours. For any other client a slow body is an attack that costs it nothing.
 */
export function allowSlowBody(request: IncomingMessage | { readonly stream: ServerHttp2Stream }): void {
  patient.add("stream" in request ? request.stream : request);
}

/**
 * Starts a sweep that ends connections that are held and send little, in both protocols. Node leaves all of these open
 * on HTTP/2: half a preface, SETTINGS and no request, HEADERS without END_HEADERS, a byte of body a second.
 *
 * On an HTTP/2 connection that has been used, HEADERS without END_HEADERS cannot be told from idleness and PINGs: such
 * a connection ends with the idle time-out.
 *
 * @param limits `headersTimeoutMs`, over which the rate of a body is measured; `readTimeoutMs` of answers.
 * @param clock ticks with every sweep, so that one that comes late makes no client late.
 * @returns stops the sweep.
 */
export function startSweep(
  connections: ReadonlySet<Connection>,
  { headersTimeoutMs: windowMs, readTimeoutMs }: Pick<LimitsConfig, "headersTimeoutMs" | "readTimeoutMs">,
  platform: Platform,
  clock: AwakeClock,
): () => void {
  let cancel = platform.delay(sweepMs, sweep);
  function sweep(): void {
    clock.tick();
    const now = clock.now();
    for (const connection of connections) {
      check(connection, now, windowMs);
      checkReaders(connection, now, readTimeoutMs);
      checkSilence(connection, now);
    }
    cancel = platform.delay(sweepMs, sweep);
  }
  return () => cancel();
}

function check(connection: Connection, now: number, windowMs: number): void {
  if (now >= connection.deadline) expire(connection, now);
  else if (connection.bodies !== undefined && connection.bodies.size > 0) checkBodies(connection, now, windowMs);
  connection.resets = 0;
}

function expire(connection: Connection, now: number): void {
  const { session, served } = connection;
  if (session === undefined || session.closed || !served) end(connection);
  else {
    session.close();
    connection.deadline = now + goAwayMs;
  }
}

/** Ends a connection at once, without a graceful end. On HTTP/1 a client that has no response yet gets 408. */
function end({ socket, session, protocol, bodies }: Connection): void {
  session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  const answered = [...(bodies?.values() ?? [])].some(({ response }) => response?.headersSent);
  if (protocol === "http1" && socket.writable && !answered) {
    socket.write("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  }
  socket.destroy();
}

/**
 * A measurement begins with a sweep that finds a body awaited, and judges those that were awaited all along.
 *
 * Bytes are counted per connection, at the socket, where that costs nothing per byte: an attacker who sends other bytes to
 * keep a slow body alive must send as many as the body needs.
 */
function checkBodies(connection: Connection, now: number, windowMs: number): void {
  const measured: Incoming[] = [];
  for (const [request, body] of connection.bodies ?? []) {
    if (isComplete(request)) {
      connection.bodies?.delete(request);
      continue;
    }
    body.awaitedSince = isAwaited(request, body) ? (body.awaitedSince ?? now) : undefined;
    if (body.awaitedSince !== undefined && body.awaitedSince <= connection.measuredAt) measured.push(request);
  }
  const elapsed = now - connection.measuredAt;
  if (measured.length > 0 && elapsed < windowMs) return;
  const wanted = (measured.length * minBodyBytesPerSecond * elapsed) / 1_000;
  if (connection.socket.bytesRead - connection.measuredBytes >= wanted) measure(connection, now);
  else if (measured.length === Math.max(1, connection.streams?.size ?? 0)) end(connection);
  // A proxy in front carries many callers on one connection: only the slow ones end.
  else for (const request of measured) if ("stream" in request) resetStream(request.stream, constants.NGHTTP2_CANCEL);
}

function measure(connection: Connection, now: number): void {
  connection.measuredAt = now;
  connection.measuredBytes = connection.socket.bytesRead;
}

/**
 * Whether the gateway waits for the client: not while it does not read the body, nor once the upstream has begun to
 * answer.
 */
function isAwaited(request: Incoming, { response }: Body): boolean {
  if (request instanceof StreamRequest) {
    const { stream } = request;
    if (patient.has(stream) || stream.readableFlowing === null || stream.readableLength > 0) return false;
    if (stream.headersSent && !stream.writableEnded) return false;
    return stream.state.state !== constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
  }
  if (patient.has(request) || request.readableFlowing === null || request.readableLength > 0) return false;
  return !(response?.headersSent && !response.writableEnded);
}

function isComplete(request: Incoming): boolean {
  if (!(request instanceof StreamRequest)) return request.complete || request.destroyed;
  return request.stream.readableEnded || request.stream.destroyed;
}
