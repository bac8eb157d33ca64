import { Code, ConnectError } from "@connectrpc/connect";
import { AuthError } from "../base/errors.js";
import type { Denial, DenialCode } from "../model/decision.js";

const codes: Readonly<Record<DenialCode, Code>> = {
  unauthenticated: Code.Unauthenticated,
  unavailable: Code.Unavailable,
  resource_exhausted: Code.ResourceExhausted,
  permission_denied: Code.PermissionDenied,
  not_found: Code.NotFound,
  invalid_argument: Code.InvalidArgument,
  deadline_exceeded: Code.DeadlineExceeded,
  unimplemented: Code.Unimplemented,
};

/**
 * A denial in the words of an RPC: the same code, message and metadata that the adapters write when they refuse a
 * request before it reaches a service.
 *
 * @param script the caller is a script in a page (`Sec-Fetch-Dest: empty`): `Basic` goes unmentioned, or the browser
 *   would open its own dialog
 */
export function toConnectError(denial: Denial, script = false): ConnectError {
  const error = new ConnectError(denial.message, codes[denial.code]);
  error.metadata.set("sallyport-reason", denial.reason);
  for (const [name, value] of denial.headers ?? []) error.metadata.append(name, value);
  if (denial.code === "unavailable") error.metadata.set("retry-after", "1"); // seconds; store faults pass quickly
  for (const challenge of denial.challenges) {
    if (!script || !/^basic\b/i.test(challenge)) error.metadata.append("www-authenticate", challenge);
  }
  return error;
}

/** Runs what asks the store; a store that cannot answer is `unavailable`, and never a reason to log in again. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== "unavailable") throw error;
    const message = "The service cannot tell now. Try again.";
    throw toConnectError({ kind: "denied", code: "unavailable", reason: "unavailable", message, challenges: [] });
  }
}
