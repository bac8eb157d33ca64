import type { Denial } from "../../model/decision.js";
import { soleOf } from "../../model/raw-headers.js";
import { isGrpc } from "../forward/content-type.js";
import type { ForwardedRequest } from "../forward/exchange.js";
import { none } from "../route/framing.js";
import { refusals } from "../route/outcome.js";
import type { MethodCodec, RpcConfig } from "../route/route-config.js";
import { type RequestFault, toCallHeader } from "./call-header.js";
import { type CallType, readCallType } from "./caller-protocol.js";
import { readConnectGet } from "./connect-get.js";

/** How a call becomes one of gRPC. */
export interface CallPlan extends CallType {
  /** The call that the upstream gets. */
  readonly request: ForwardedRequest;
  /** The encodings that the caller accepts, beside none. */
  readonly accepted: readonly string[];
  /** Of a unary call of Connect: its message is compressed. */
  readonly isCompressed: boolean;
  /** The message of a Connect GET. */
  readonly message: Uint8Array | undefined;
  readonly maxMessageBytes: number;
  /** The longest message of the caller. */
  readonly maxSentBytes: number;
  /** Converts the messages of a caller that uses JSON. */
  readonly json: MethodCodec | undefined;
}

/** The longest message where a route does not say it: that of gRPC's own clients. */
export const defaultMessageBytes: number = 4 * 1024 * 1024;

/**
 * The longest message that a caller may send in JSON, whatever the route says. Reading it holds the event loop: one of 4 MiB,
 * made of nothing but empty objects, for seconds.
 */
export const mostJsonBytes: number = 512 * 1024;

/**
 * Decides how a call reaches an upstream that speaks gRPC only.
 *
 * @param request as it would be forwarded
 * @returns `undefined` for gRPC itself, which passes as it is; a denial for what is no call, or none that is allowed here
 */
export function planCall(request: ForwardedRequest, rpc: RpcConfig = noConfig): CallPlan | Denial | undefined {
  const { headers, method } = request;
  const [path = "", query] = split(request.path);
  if (request.isWebSocket) return refusals.method_not_allowed;
  if (method === "GET")
    return rpc.idempotent.includes(path) ? planGet(request, path, query, rpc) : refusals.method_not_allowed;
  if (method !== "POST") return refusals.method_not_allowed;
  const contentType = soleOf(headers, "content-type");
  if (typeof contentType !== "string") return refusals.unsupported_media_type;
  if (isGrpc(headers)) return undefined;
  const type = readCallType(contentType);
  if (type === undefined) return refusals.unsupported_media_type;
  return plan(request, path, rpc, type, undefined);
}

const noConfig: RpcConfig = { idempotent: [], maxMessageBytes: defaultMessageBytes };

function planGet(request: ForwardedRequest, path: string, query: string, rpc: RpcConfig): CallPlan | Denial {
  const call = readConnectGet(query);
  if ("kind" in call) return toDenial(call);
  return plan(request, path, rpc, call.type, call);
}

function plan(
  request: ForwardedRequest,
  path: string,
  { maxMessageBytes, methods }: RpcConfig,
  type: CallType,
  get: { readonly message: Uint8Array; readonly encoding: string | undefined } | undefined,
): CallPlan | Denial {
  const method = methods?.get(path);
  if (methods !== undefined && method === undefined) return refusals.no_method;
  if (type.codec === "json" && method === undefined) return refusals.unsupported_media_type;
  const fields = toCallHeader(type, request.headers, get);
  if ("kind" in fields) return toDenial(fields);
  const { headers, accepted, encoding } = fields;
  const isEmpty = type.protocol !== "connect-unary" && request.framing.kind === "none";
  return {
    ...type,
    // The query is no part of a call: nothing of it may reach the upstream.
    request: { ...request, method: "POST", path, headers, framing: isEmpty ? none : { kind: "chunked" } },
    accepted,
    isCompressed: encoding !== undefined,
    message: get?.message,
    maxMessageBytes,
    maxSentBytes: type.codec === "json" ? Math.min(maxMessageBytes, mostJsonBytes) : maxMessageBytes,
    json: type.codec === "json" ? method : undefined,
  };
}

/** Tells the results of `planCall` apart. */
export function isPlan(result: CallPlan | Denial): result is CallPlan {
  return "protocol" in result;
}

function toDenial({ kind, message }: RequestFault): Denial {
  return { ...(kind === "bad" ? refusals.bad_request : refusals.unsupported_media_type), message };
}

function split(target: string): readonly [path: string, query: string] {
  const at = target.indexOf("?");
  return at === -1 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}
