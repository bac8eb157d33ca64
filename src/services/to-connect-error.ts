import { ConnectError } from "@connectrpc/connect";
import { AuthError } from "../base/errors.js";
import { toDenialFields, toDenialStatus } from "../credentials/denial-fields.js";
import type { Denial } from "../model/decision.js";
import { refuse } from "../model/rpc-service.js";

/**
 * Converts a denial to the error of an RPC, with the same code, message and metadata that the adapters write when they
 * refuse a request before it reaches a service.
 *
 * @param script the caller is a script in a page (`Sec-Fetch-Dest: empty`): the challenge of `Basic` is left out, or
 *   the browser would open its own dialog
 */
export function toConnectError(denial: Denial, script = false): ConnectError {
  const challenges = denial.challenges.filter((challenge) => !script || !/^basic\b/i.test(challenge));
  // The numbers of Connect's codes are gRPC's.
  const error = new ConnectError(denial.message, toDenialStatus(denial).grpc);
  for (const [name, value] of toDenialFields({ ...denial, challenges })) error.metadata.append(name, value);
  return error;
}

const unavailable = refuse("unavailable", "unavailable", "The service cannot tell now. Try again.");

/** The store or a handler cannot answer: never a reason to log in again. */
export function toUnavailableError(): ConnectError {
  return toConnectError(unavailable);
}

/** Runs a call of the store. A store that cannot answer is `unavailable`, and never a reason to log in again. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AuthError) || error.code !== "unavailable") throw error;
    throw toUnavailableError();
  }
}
