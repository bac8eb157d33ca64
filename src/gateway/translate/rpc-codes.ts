/** A status of an RPC. */
export interface RpcCode {
  /** As the Connect protocol spells it. */
  readonly name: string;
  /** The HTTP status of a unary error of Connect. */
  readonly http: number;
}

const unknown: RpcCode = { name: "unknown", http: 500 };

/** By the number of gRPC, from 1 on (Connect protocol, "Error Codes"). */
const codes: readonly RpcCode[] = [
  { name: "canceled", http: 499 },
  unknown,
  { name: "invalid_argument", http: 400 },
  { name: "deadline_exceeded", http: 504 },
  { name: "not_found", http: 404 },
  { name: "already_exists", http: 409 },
  { name: "permission_denied", http: 403 },
  { name: "resource_exhausted", http: 429 },
  { name: "failed_precondition", http: 400 },
  { name: "aborted", http: 409 },
  { name: "out_of_range", http: 400 },
  { name: "unimplemented", http: 501 },
  { name: "internal", http: 500 },
  { name: "unavailable", http: 503 },
  { name: "data_loss", http: 500 },
  { name: "unauthenticated", http: 401 },
];

/** Returns the error of a number of gRPC; `unknown` for one that gRPC does not have. */
export function rpcCodeOf(status: number): RpcCode {
  return codes[status - 1] ?? unknown;
}

/**
 * Reads `grpc-status`. One that gRPC does not have is 2, UNKNOWN, as for clients of gRPC.
 *
 * @returns `undefined` when it is no number
 */
export function parseStatus(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,9})$/.test(text)) return undefined;
  return Number(text) <= codes.length ? Number(text) : 2;
}

/** HTTP statuses that answer a call in place of gRPC: of a proxy in between, such as a load balancer. */
const byHttp: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
]);

/** Returns the status of gRPC that an HTTP status stands for (gRPC, "HTTP to gRPC Status Code Mapping"). */
export function statusOfHttp(status: number): number {
  return byHttp.get(status) ?? 2;
}
