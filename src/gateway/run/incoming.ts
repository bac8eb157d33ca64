import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeRequest, NodeResponse } from "../../adapters/node/request.js";
import { soleOf } from "../../model/raw-headers.js";
import type { Peer } from "../../model/request.js";
import type { UpgradeSocket } from "../forward/http1-exchange.js";
import { StreamRequest } from "../listen/stream-request.js";
import type { RequestSpan } from "../observe/spans.js";

/** A request, as its protocol brought it. */
export interface Incoming {
  readonly request: IncomingMessage | StreamRequest;
  /** Of HTTP/1. */
  readonly response: ServerResponse | undefined;
  /** Of HTTP/1, where the caller asks for a WebSocket. */
  readonly upgrade: UpgradeSocket | undefined;
  /** When its header block had come, by the monotonic clock. */
  readonly begunAt: number;
  readonly peer: Peer;
  /** Where traces are configured. */
  readonly span: RequestSpan | undefined;
}

export function asksWebSocket({ request, upgrade }: Incoming): boolean {
  return upgrade !== undefined || (request instanceof StreamRequest && request.isWebSocket);
}

export function toNode({ request, response }: Incoming): {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
} {
  return request instanceof StreamRequest ? request.toNode() : { request, response: response as ServerResponse };
}

export function isGone({ request, response }: Incoming): boolean {
  if (request instanceof StreamRequest) return request.stream.destroyed;
  return response?.destroyed === true || request.socket.destroyed;
}

/** Whether a header block is longer than this, counted as HTTP/1 would write it. */
export function isTooLong(rawHeaders: readonly string[], maxBytes: number): boolean {
  let bytes = 2 * rawHeaders.length; // for each field ": " and a line end
  for (const part of rawHeaders) bytes += part.length;
  return bytes > maxBytes;
}

export function originOf({ rawHeaders }: { readonly rawHeaders: readonly string[] }): string | undefined {
  const origin = soleOf(rawHeaders, "origin");
  return typeof origin === "string" ? origin : undefined;
}
