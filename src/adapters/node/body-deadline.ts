import { constants } from "node:http2";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { NodeRequest, NodeResponse } from "./request.js";
import { resetStream } from "./reset-stream.js";

/**
 * How long a body may take to arrive. A log-in is a few hundred bytes, sent with its headers; this allows for an
 * interrupted mobile connection.
 */
const bodyMs = 10_000;

/**
 * Cuts off a body that does not arrive in time, for unauthenticated requests. `node:http2` has no time-out for a body,
 * and 2,000 log-ins that never end held 260 MB from one connection.
 */
export function limitBodyTime(request: NodeRequest, response: NodeResponse, platform: Platform = systemPlatform): void {
  const cancel = platform.delay(bodyMs, () => {
    if ("stream" in request) resetStream(request.stream, constants.NGHTTP2_CANCEL);
    else request.socket.destroy();
  });
  request.once("end", cancel);
  response.once("close", cancel);
}
