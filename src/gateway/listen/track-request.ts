import type { IncomingMessage, ServerResponse } from "node:http";
import type { AwakeClock } from "./awake-clock.js";
import { type Connection, connectionOf } from "./connection.js";
import { goAwayMs, idleTimeoutMs, maxResetsPerSweep, sweepMs } from "./connection-limits.js";
import type { StreamRequest } from "./stream-request.js";

/** Notes in the connection's record that a request of HTTP/1 has come, for the sweep. */
export function trackRequest(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
  begin(connection);
  connection.readTimeoutMs = undefined;
  connection.bodies?.clear();
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  if (coding === undefined && (length === undefined || length === "0")) return;
  connection.bodies ??= new Map();
  connection.bodies.set(request, { response, awaitedSince: undefined });
}

/** The same for a stream of HTTP/2. */
export function trackStream(request: StreamRequest, clock: AwakeClock): void {
  const { stream } = request;
  const connection = connectionOf(stream.session);
  if (connection === undefined) return;
  begin(connection);
  const streams = connection.streams ?? new Set();
  connection.streams = streams.add(request);
  stream.once("close", () => {
    streams.delete(request);
    connection.bodies?.delete(request);
    if (stream.rstCode !== 0) connection.resets += 1;
    // What came while the process stood still is read at once.
    if (connection.resets > maxResetsPerSweep * (1 + clock.lostMs() / sweepMs)) connection.socket.destroy();
    if (streams.size > 0) return;
    connection.deadline = clock.now() + (connection.session?.closed === true ? goAwayMs : idleTimeoutMs);
  });
  if (stream.endAfterHeaders || request.isWebSocket) return;
  connection.bodies ??= new Map();
  connection.bodies.set(request, { response: undefined, awaitedSince: undefined });
}

function begin(connection: Connection): void {
  connection.served = true;
  // From here on only the body has a time limit. Between requests Node's keep-alive time-out applies on HTTP/1.
  connection.deadline = Number.POSITIVE_INFINITY;
}
