import type { Denial, DenialCode, GatewayReason } from "../../model/decision.js";
import type { HeaderFields, Peer } from "../../model/request.js";
import type { Caller } from "../../model/session.js";
import type { RouteConfig } from "./route-config.js";

/** The gateway's own denials, which are written like any denial, in the caller's protocol. */
export const refusals: Readonly<Record<GatewayReason | "headers_too_large" | "not_permitted", Denial>> = Object.freeze({
  headers_too_large: refusal("resource_exhausted", "headers_too_large", "The header fields are too long."),
  bad_request: refusal("invalid_argument", "bad_request", "The request has no single meaning."),
  no_route: refusal("not_found", "no_route", "There is nothing here."),
  not_permitted: refusal("permission_denied", "not_permitted", "You may not do this."),
  rate_limited: refusal("resource_exhausted", "rate_limited", "These are too many requests. Try again later."),
  too_many_concurrent: refusal(
    "resource_exhausted",
    "too_many_concurrent",
    "Too many of your requests are under way. Try again when one is over.",
    [["retry-after", "1"]],
  ),
  authorizer_unavailable: refusal(
    "unavailable",
    "authorizer_unavailable",
    "Whether you may do this cannot be told right now. Try again.",
  ),
  body_too_large: refusal("resource_exhausted", "body_too_large", "The body is longer than the service takes."),
  session_required: refusal("permission_denied", "session_required", "Log in, and send the token of your session."),
  upstream_unavailable: refusal("unavailable", "upstream_unavailable", "The service cannot be reached. Try again."),
  upstream_failed: refusal("unavailable", "upstream_failed", "The service broke off. Try again."),
  upstream_timeout: refusal("deadline_exceeded", "upstream_timeout", "The service did not answer in time."),
  upstream_not_grpc: refusal(
    "unimplemented",
    "upstream_not_grpc",
    "The service speaks HTTP/1.1 and gave no gRPC answer. To its operator: the upstream's URL must be h2c://... or https://... for gRPC.",
  ),
  method_not_allowed: refusal("unknown", "method_not_allowed", "Calls are made by POST.", [["allow", "POST"]]),
  unsupported_media_type: refusal(
    "unknown",
    "unsupported_media_type",
    "The service takes application/proto, application/connect+proto, application/grpc-web+proto and application/grpc: use the binary format. To its operator: with rpc.descriptors it takes JSON.",
    [
      [
        "accept-post",
        "application/proto, application/connect+proto, application/grpc-web+proto, application/grpc-web-text+proto, application/grpc",
      ],
    ],
  ),
  no_method: refusal("unimplemented", "no_method", "The service has no such method."),
  message_malformed: refusal("invalid_argument", "message_malformed", "The body is not a sequence of messages."),
  message_too_large: refusal("resource_exhausted", "message_too_large", "A message is longer than the service takes."),
  too_many_messages: refusal("unavailable", "too_many_messages", "Too many messages are under way. Try again."),
  upstream_malformed: refusal("internal", "upstream_malformed", "The service gave an answer that gRPC does not have."),
  upstream_message_too_large: refusal(
    "resource_exhausted",
    "upstream_message_too_large",
    "A message of the service is longer than may pass.",
  ),
});

function refusal(code: DenialCode, reason: Denial["reason"], message: string, headers?: HeaderFields): Denial {
  const challenges = Object.freeze([]);
  return Object.freeze({ kind: "denied", code, reason, message, challenges, ...(headers && { headers }) });
}

/** The outcome of a request, for logs and metrics. It holds no credential. */
export type RequestOutcome =
  | {
      readonly kind: "refused";
      readonly denial: Pick<Denial, "code" | "reason">;
      readonly route?: RouteConfig | undefined;
      /** What has no single meaning, in words for operators. */
      readonly detail?: string | undefined;
    }
  /** A browser asked what a page of another origin may send. */
  | { readonly kind: "preflight" }
  /** A procedure of the gateway itself answers. */
  | { readonly kind: "service"; readonly path: string }
  /** Another proxy asked whether a request of its own may pass: it may, unless there is a denial. */
  | {
      readonly kind: "asked";
      readonly route: RouteConfig | undefined;
      readonly caller: Caller | undefined;
      readonly denial?: Pick<Denial, "code" | "reason"> | undefined;
      readonly detail?: string | undefined;
    }
  /** An `OPTIONS` that asks for no hop beyond the gateway (`Max-Forwards: 0`), from a caller who may pass. */
  | { readonly kind: "last"; readonly route: RouteConfig; readonly caller: Caller | undefined }
  /** The caller left while it was being authenticated. */
  | { readonly kind: "left"; readonly route: RouteConfig }
  | { readonly kind: "proxied"; readonly route: RouteConfig; readonly caller: Caller | undefined }
  /** The upstream could not be reached, broke off or was late. `code`: that of the error, as Node names it. */
  | {
      readonly kind: "failed";
      readonly route: RouteConfig;
      readonly caller: Caller | undefined;
      readonly reason: GatewayReason;
      readonly code: string | undefined;
      /** What happened, in words for operators. */
      readonly detail?: string | undefined;
    };

/** How an answer ended that did not fail. `shut_out`: what had let the caller in was gone. `going_away`: the gateway stopped. */
export type Ending = "complete" | "caller_left" | "shut_out" | "going_away";

/** What a caller got, for logs and metrics. */
export interface AnswerRecord {
  /** The HTTP status; 0: the caller left before there was one. */
  readonly status: number;
  /** The status of a gRPC answer, as the upstream said it. */
  readonly grpcStatus: string | undefined;
  readonly ending: Ending;
  /** Bytes of the request's body, or of a WebSocket, that came from the caller; `undefined`: not counted. */
  readonly bytesIn: number | undefined;
  /** Bytes of the answer's body, or of a WebSocket, that went to the caller. */
  readonly bytesOut: number | undefined;
  /** Milliseconds from the request's header block to the end of the answer. */
  readonly ms: number;
  /** Milliseconds from there to the head of the upstream's answer; `undefined`: there was none. */
  readonly upstreamMs: number | undefined;
  readonly peer: Peer;
}

/** Returns the name of a route for logs and metrics. It comes from the configuration, so clients cannot add names. */
export function toRouteName({ match }: RouteConfig): string {
  return `${match.host ?? "*"}${match.path}`;
}
