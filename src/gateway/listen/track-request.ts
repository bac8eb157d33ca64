import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import type { Platform } from "../../base/platform.js";
import { type Connection, connectionOf } from "./connection.js";
import { goAwayMs, idleTimeoutMs, maxResetsPerSweep } from "./connection-limits.js";

/** Records in the connection's record that a request has come, for the sweep. */
export function trackRequest(request: NodeRequest, response: NodeResponse, platform: Platform): void {
  const isStream = "stream" in request;
  const connection = connectionOf(isStream ? request.stream.session : request.socket);
  if (connection === undefined) return;
  connection.served = true;
  // From here on only the body has a time limit. Between requests Node's keep-alive time-out applies on HTTP/1.
  connection.deadline = Number.POSITIVE_INFINITY;
  if (isStream) trackStream(connection, request, platform);
  else connection.bodies?.clear();
  if (!hasBody(request)) return;
  const since = platform.monotonic();
  connection.bodies ??= new Map();
  if (connection.bodies.size === 0) measure(connection, since);
  connection.bodies.set(request, { response, since });
}

/** Begins a new measurement of the rate of received bytes. */
export function measure(connection: Connection, now: number): void {
  connection.measuredAt = now;
  connection.measuredBytes = connection.socket.bytesRead;
}

type StreamRequest = Extract<NodeRequest, { stream: unknown }>;

function trackStream(connection: Connection, request: StreamRequest, platform: Platform): void {
  const { stream } = request;
  connection.openStreams += 1;
  stream.once("close", () => {
    connection.openStreams -= 1;
    connection.bodies?.delete(request);
    if (stream.rstCode !== 0) connection.resets += 1;
    if (connection.resets > maxResetsPerSweep) connection.socket.destroy();
    if (connection.openStreams > 0) return;
    connection.deadline = platform.monotonic() + (connection.session?.closed === true ? goAwayMs : idleTimeoutMs);
  });
}

function hasBody(request: NodeRequest): boolean {
  if ("stream" in request) return !(request.stream as { endAfterHeaders?: boolean }).endAfterHeaders;
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== "0");
}
