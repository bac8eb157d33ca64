import type { Forwarder } from "../exchange.js";
import { type Http2ForwarderOptions, resolveHttp2Options } from "./options.js";
import { Http2Pool } from "./pool.js";

/**
 * Reaches an upstream over HTTP/2 (RFC 9113). Connections are opened when they are needed, and closed after a minute
 * without a stream.
 *
 * An exchange is repeated, at most twice, where the upstream says that it has not begun with it: by GOAWAY or
 * REFUSED_STREAM, before an answer began, and while no more than 64 KiB of its body were sent.
 */
export function createHttp2Forwarder(options: Http2ForwarderOptions): Forwarder {
  return new Http2Pool(resolveHttp2Options(options));
}
