import type { GatewayReason } from "../../../model/decision.js";
import type { Failure } from "../exchange.js";
import { toH2cUrl } from "../origin.js";
import { type Fault, faults } from "./faults.js";

export type Mishap =
  | "upstream_closed"
  | "upstream_headers_timeout"
  | "upstream_body_timeout"
  | "upstream_retired"
  | "upstream_no_place"
  | "upstream_protocol"
  | "request_length_mismatch"
  | "request_invalid";

/** What may go wrong apart from the bytes of an answer; the words say it of the upstream, to operators. */
const mishaps: Readonly<Record<Mishap, readonly [GatewayReason, string]>> = {
  upstream_closed: ["upstream_failed", "closed the connection before its answer was complete"],
  upstream_headers_timeout: ["upstream_timeout", "did not answer in time"],
  upstream_body_timeout: ["upstream_failed", "sent nothing more of its answer in time"],
  upstream_retired: ["upstream_unavailable", "is not used any more"],
  upstream_no_place: ["upstream_unavailable", "has no free connection"],
  upstream_protocol: ["upstream_failed", "agreed to HTTP/2 where HTTP/1.1 was asked for"],
  request_length_mismatch: ["bad_request", "got a body of another length than announced"],
  request_invalid: ["bad_request", "cannot get this request: a part of it would end its line"],
};

/** @param where host and port of the upstream */
export function toMishap(code: Mishap, where: string): Failure {
  const [reason, words] = mishaps[code];
  return { reason, code, detail: `${where} ${words}` };
}

export function toFault(code: Fault, where: string): Failure {
  return { reason: "upstream_failed", code, detail: `${where} ${faults[code]}` };
}

/**
 * A gRPC call was answered with something else.
 *
 * @param status that of the answer
 */
export function toNotGrpc(status: number, where: string): Failure {
  const said = `speaks HTTP/1.1, and answered a gRPC call with status ${status} and no gRPC`;
  const detail = `${where} ${said}; its URL must be ${toH2cUrl(where)}, or https://… where it speaks HTTP/2 over TLS`;
  return { reason: "upstream_not_grpc", code: "upstream_not_grpc", detail };
}

/**
 * A connection that broke.
 *
 * @param error `undefined` where it was closed
 * @param hasAnswer something of an answer had come
 */
export function toBroken(error: NodeJS.ErrnoException | undefined, where: string, hasAnswer: boolean): Failure {
  const lost = hasAnswer ? {} : ({ lost: "before_answer" } as const);
  if (error?.code === undefined) return { ...toMishap("upstream_closed", where), ...lost };
  const detail = `${where} broke the connection (${error.code})`;
  return { reason: "upstream_failed", code: error.code, detail, ...lost };
}
