import type { Denial, DenialCode, DenialReason } from "../model/decision.js";
import type { HeaderFields } from "../model/request.js";

/** The status numbers of a denial. */
export interface DenialStatus {
  /** The HTTP status, as the Connect protocol has it for each code. */
  readonly http: number;
  /** The gRPC status, which is the Connect protocol's code as a number. */
  readonly grpc: number;
}

const statuses: Readonly<Record<DenialCode, DenialStatus>> = {
  unauthenticated: { http: 401, grpc: 16 },
  unavailable: { http: 503, grpc: 14 },
  resource_exhausted: { http: 431, grpc: 8 },
  permission_denied: { http: 403, grpc: 7 },
  not_found: { http: 404, grpc: 5 },
  invalid_argument: { http: 400, grpc: 3 },
  deadline_exceeded: { http: 504, grpc: 4 },
  unimplemented: { http: 501, grpc: 12 },
  internal: { http: 500, grpc: 13 },
  unknown: { http: 500, grpc: 2 },
};

/**
 * HTTP statuses that no code of the RPC protocols has: 502 for a failed upstream (RFC 9110 §15.6.3), 429 for too many
 * attempts or requests (RFC 6585 §4), 404, 405, 413 and 415 for what a path, a method, a message or body and a format may not be
 * (RFC 9110 §15.5).
 */
const httpOfReason: { readonly [Reason in DenialReason]?: number } = {
  upstream_failed: 502,
  upstream_not_grpc: 502,
  upstream_malformed: 502,
  upstream_message_too_large: 502,
  no_method: 404,
  method_not_allowed: 405,
  message_too_large: 413,
  body_too_large: 413,
  unsupported_media_type: 415,
  throttled: 429,
  rate_limited: 429,
  too_many_concurrent: 429,
  too_many_tickets: 429,
};

/** Returns the status of a denial, in HTTP and in gRPC. */
export function toDenialStatus({ code, reason }: Denial): DenialStatus {
  const { http, grpc } = statuses[code];
  return { http: httpOfReason[reason] ?? http, grpc };
}

/**
 * The `Retry-After` of `unavailable`. Faults of store, disk and network pass quickly, and one second is the shortest
 * value of the field.
 */
const retryAfterSeconds = "1";

/**
 * Returns the fields of a denial's answer beside its status, as header fields or as metadata: the reason as
 * `sallyport-reason`, each challenge as one `www-authenticate`, the time of the next attempt as `retry-after`, and the
 * denial's own fields.
 */
export function toDenialFields({ code, reason, headers = [], challenges }: Denial): HeaderFields {
  const fields: [name: string, value: string][] = [["sallyport-reason", reason]];
  for (const [name, value] of headers) fields.push([name, value]);
  for (const challenge of challenges) fields.push(["www-authenticate", challenge]);
  if (code === "unavailable") fields.push(["retry-after", retryAfterSeconds]);
  return fields;
}
