import { constants } from "node:http2";
import type { NodeRequest } from "../../adapters/node/request.js";
import type { Platform } from "../../base/platform.js";
import type { AwakeClock } from "./awake-clock.js";
import type { Body, Connection } from "./connection.js";
import { goAwayMs, minBodyBytesPerSecond, sweepMs } from "./connection-limits.js";

const patient = new WeakSet<NodeRequest>();

/**
 * Lifts the minimum rate from a request's body: only for RPC streams of authenticated callers, which may be silent for
 * hours. For any other client a slow body is an attack that costs it nothing.
 */
export function allowSlowBody(request: NodeRequest): void {
  patient.add(request);
}

/**
 * Starts a sweep that ends connections that are held and send little, in both protocols. Node leaves all of these open
 * on HTTP/2: half a preface, SETTINGS and no request, HEADERS without END_HEADERS, a byte of body a second.
 *
 * On an HTTP/2 connection that has been used, HEADERS without END_HEADERS cannot be told from idleness and PINGs: such
 * a connection ends with the idle time-out.
 *
 * @param windowMs over which the rate of a body is measured.
 * @param clock ticks with every sweep, so that one that comes late makes no client late.
 * @returns stops the sweep.
 */
export function startSweep(
  connections: ReadonlySet<Connection>,
  windowMs: number,
  platform: Platform,
  clock: AwakeClock,
): () => void {
  let cancel = platform.delay(sweepMs, sweep);
  function sweep(): void {
    clock.tick();
    const now = clock.now();
    for (const connection of connections) check(connection, now, windowMs);
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
  const answered = [...(bodies?.values() ?? [])].some(({ response }) => response.headersSent);
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
  const measured: NodeRequest[] = [];
  for (const [request, body] of connection.bodies ?? []) {
    if (request.complete || request.destroyed) {
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
  else if (measured.length === Math.max(1, connection.openStreams)) end(connection);
  // A proxy in front carries many callers on one connection: only the slow ones end.
  else for (const request of measured) if ("stream" in request) request.stream.close(constants.NGHTTP2_CANCEL);
}

function measure(connection: Connection, now: number): void {
  connection.measuredAt = now;
  connection.measuredBytes = connection.socket.bytesRead;
}

/**
 * Whether the gateway waits for the client: not while it does not read the body, nor once the upstream has begun to
 * answer.
 */
function isAwaited(request: NodeRequest, { response }: Body): boolean {
  if (patient.has(request) || request.readableFlowing === null || request.readableLength > 0) return false;
  if (response.headersSent && !response.writableEnded) return false;
  if (!("stream" in request)) return true;
  const { state, readableLength } = request.stream;
  return readableLength === 0 && state.state !== constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
}
