import type { IncomingHttpHeaders } from "node:http";

/** Milliseconds of the units of `grpc-timeout`. */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Returns how long the caller of an RPC waits, in milliseconds: `grpc-timeout` of gRPC and gRPC-Web, `connect-timeout-ms`
 * of Connect. Both are sent on too; the gateway's own limit ends a call whose upstream does not.
 *
 * @returns `undefined` without one, and for one that is ill-formed, of which the upstream is the judge
 */
export function timeLimitOf(headers: IncomingHttpHeaders): number | undefined {
  const { "grpc-timeout": grpc, "connect-timeout-ms": connect } = headers;
  if (typeof grpc === "string") {
    const [, digits, unit = ""] = /^([0-9]{1,8})([HMSmun])$/.exec(grpc) ?? [];
    return digits === undefined ? undefined : Number(digits) * (units[unit] ?? 0);
  }
  return typeof connect === "string" && /^[0-9]{1,10}$/.test(connect) ? Number(connect) : undefined;
}
