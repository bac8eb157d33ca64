import { constants } from "node:http2";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { NodeRequest, NodeResponse } from "./request.js";

/** A log-in is a few hundred bytes, sent with its headers; a train in a tunnel gets this long. */
const bodyMs = 10_000;

/**
 * Cuts off a body that is not there in time. For what nobody has authenticated: HTTP/2 has no time-out of its own, and
 * 2,000 log-ins that never end held 260 MB from one connection.
 */
export function limitBodyTime(request: NodeRequest, response: NodeResponse, platform: Platform = systemPlatform): void {
  const cancel = platform.delay(bodyMs, () => {
    if ("stream" in request) request.stream.close(constants.NGHTTP2_CANCEL);
    else request.socket.destroy();
  });
  request.once("end", cancel);
  response.once("close", cancel);
}
