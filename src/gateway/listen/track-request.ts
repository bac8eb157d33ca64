import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import type { AwakeClock } from "./awake-clock.js";
import { type Connection, connectionOf } from "./connection.js";
import { goAwayMs, idleTimeoutMs, maxResetsPerSweep, sweepMs } from "./connection-limits.js";

/** Notes in the connection's record that a request has come, for the sweep. */
export function trackRequest(request: NodeRequest, response: NodeResponse, clock: AwakeClock): void {
  const isStream = "stream" in request;
  const connection = connectionOf(isStream ? request.stream.session : request.socket);
  if (connection === undefined) return;
  connection.served = true;
  // From here on only the body has a time limit. Between requests Node's keep-alive time-out applies on HTTP/1.
  connection.deadline = Number.POSITIVE_INFINITY;
  if (isStream) trackStream(connection, request, clock);
  else connection.bodies?.clear();
  if (!hasBody(request)) return;
  connection.bodies ??= new Map();
  connection.bodies.set(request, { response, awaitedSince: undefined });
}

type StreamRequest = Extract<NodeRequest, { stream: unknown }>;

function trackStream(connection: Connection, request: StreamRequest, clock: AwakeClock): void {
  const { stream } = request;
  connection.openStreams += 1;
  stream.once("close", () => {
    connection.openStreams -= 1;
    connection.bodies?.delete(request);
    if (stream.rstCode !== 0) connection.resets += 1;
    // What came while the process stood still is read at once.
    if (connection.resets > maxResetsPerSweep * (1 + clock.lostMs() / sweepMs)) connection.socket.destroy();
    if (connection.openStreams > 0) return;
    connection.deadline = clock.now() + (connection.session?.closed === true ? goAwayMs : idleTimeoutMs);
  });
}

function hasBody(request: NodeRequest): boolean {
  if ("stream" in request) return !(request.stream as { endAfterHeaders?: boolean }).endAfterHeaders;
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== "0");
}
