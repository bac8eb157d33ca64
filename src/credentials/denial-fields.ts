import type { Denial, DenialCode, DenialReason } from "../model/decision.js";
import type { HeaderFields } from "../model/request.js";

/** How a denial is numbered. */
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
};

/**
 * What no code of the RPC protocols says. RFC 9110 §15.6.3: whose fault it was is for an operator to see. RFC 6585 §4:
 * come back later, with fewer.
 */
const httpOfReason: { readonly [Reason in DenialReason]?: number } = { upstream_failed: 502, throttled: 429 };

/** The status of a denial, in HTTP and in gRPC. */
export function toDenialStatus({ code, reason }: Denial): DenialStatus {
  const { http, grpc } = statuses[code];
  return { http: httpOfReason[reason] ?? http, grpc };
}

/** Store, disk and network faults pass quickly: one second is the shortest delay that the field can say. */
const retryAfterSeconds = "1";

/**
 * What an answer says of a denial beside its status, as header fields or as metadata: the reason as `sallyport-reason`,
 * each challenge as one `www-authenticate`, when to come back as `retry-after`, and what else the denial must carry.
 */
export function toDenialFields({ code, reason, headers = [], challenges }: Denial): HeaderFields {
  const fields: [name: string, value: string][] = [["sallyport-reason", reason]];
  for (const [name, value] of headers) fields.push([name, value]);
  for (const challenge of challenges) fields.push(["www-authenticate", challenge]);
  if (code === "unavailable") fields.push(["retry-after", retryAfterSeconds]);
  return fields;
}
