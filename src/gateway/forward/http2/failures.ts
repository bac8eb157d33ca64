import { constants } from "node:http2";
import type { Failure } from "../exchange.js";
import { toHttp1Url } from "../origin.js";

/** Names of the codes of RFC 9113 §7, in their order. */
const errorNames = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

export function nameOfError(code: number): string {
  return errorNames[code] ?? `0x${code.toString(16)}`;
}

export function notAgreed(address: string): Failure {
  return {
    reason: "upstream_failed",
    code: "http2_not_agreed",
    detail: `${address} did not agree to HTTP/2 in its TLS handshake (ALPN)`,
  };
}

/**
 * The connection ended before the answer.
 *
 * @param isStrange the upstream has never sent its SETTINGS, with which HTTP/2 begins
 */
export function toLostFailure(error: NodeJS.ErrnoException | undefined, isStrange: boolean, address: string): Failure {
  const code = error?.code ?? "connection_closed";
  if (isStrange && (error === undefined || code === "ERR_HTTP2_ERROR")) {
    return {
      reason: "upstream_failed",
      code: "not_http2",
      detail: `${address} does not speak HTTP/2; if it speaks HTTP/1.1, write its URL as ${toHttp1Url(address)}`,
    };
  }
  const how = error === undefined ? "closed the connection" : `broke the connection: ${error.message}`;
  return { reason: "upstream_failed", code, detail: `${address} ${how}` };
}

export function toGoawayFailure(code: number, address: string): Failure {
  const name = nameOfError(code);
  return { reason: "upstream_failed", code: name, detail: `${address} closed the connection with GOAWAY ${name}` };
}

export function toResetFailure(code: number, address: string): Failure {
  const name = nameOfError(code);
  // Node's client says the same of a head with more fields than it takes.
  const hint = code === constants.NGHTTP2_ENHANCE_YOUR_CALM ? ", or sent too many fields" : "";
  return { reason: "upstream_failed", code: name, detail: `${address} reset the stream with ${name}${hint}` };
}

/** @param isRefused the upstream has not begun with the request; else nothing of an answer has come */
export function lostBefore(failure: Failure, isRefused: boolean): Failure {
  return { ...failure, lost: isRefused ? "before_request" : "before_answer" };
}

export function headTooLarge(address: string, maxHeadBytes: number): Failure {
  return {
    reason: "upstream_failed",
    code: "upstream_head_too_large",
    detail: `${address} answered with a head, or with trailers, of more than ${maxHeadBytes} bytes`,
  };
}

export function websocketUnsupported(address: string): Failure {
  return {
    reason: "upstream_failed",
    code: "websocket_unsupported",
    detail: `${address} takes no WebSockets over HTTP/2: its SETTINGS lack ENABLE_CONNECT_PROTOCOL (RFC 8441)`,
  };
}

export function noPlace(address: string, ms: number): Failure {
  return {
    reason: "upstream_unavailable",
    code: "no_stream",
    detail: `${address} had no connection with a free stream within ${ms} ms`,
    lost: "before_request",
  };
}

export function noHead(address: string, ms: number): Failure {
  return {
    reason: "upstream_timeout",
    code: "headers_timeout",
    detail: `${address} did not begin to answer within ${ms} ms`,
  };
}

export function noBody(address: string, ms: number): Failure {
  return {
    reason: "upstream_timeout",
    code: "body_timeout",
    detail: `${address} sent nothing more of its answer for ${ms} ms`,
  };
}

export function closed(address: string): Failure {
  return { reason: "upstream_unavailable", code: "closed", detail: `the connections to ${address} have been closed` };
}

/** The code for a caller whose answer was cut off by RST_STREAM: NO_ERROR would make a part look whole. */
export function codeForCaller(code: number): number {
  return code === constants.NGHTTP2_NO_ERROR ? constants.NGHTTP2_INTERNAL_ERROR : code;
}
