import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, encodeBinaryHeader, type HandlerContext } from "@connectrpc/connect";
import { AuthError } from "../../base/errors.js";
import { AuthErrorSchema, CallStatus } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { Denial, DenialCode, DenialReason } from "../../model/decision.js";
import { forbidStoring } from "../auth/log-in-methods.js";
import { toConnectError } from "../to-connect-error.js";

/** The trailer in which clients of Deephaven Enterprise look for the reason of a failure. */
const metadataKey = "io.deephaven.proto.auth.autherror-bin";

/** Makes a failure that these clients understand: a status, and an `AuthError` in the trailers. */
export function enterpriseError(code: Code, callStatus: CallStatus, message: string): ConnectError {
  return withAuthError(new ConnectError(message, code), callStatus);
}

/**
 * Converts a denial that is no refused log-in.
 *
 * @param otherwise the status of a denial that a repetition would not change
 */
export function toEnterpriseError(denial: Denial, otherwise: CallStatus): ConnectError {
  return withAuthError(toConnectError(denial), passing.get(denial.code) ?? otherwise);
}

const passing: ReadonlyMap<DenialCode, CallStatus> = new Map([
  ["unavailable", CallStatus.UNAVAILABLE],
  ["resource_exhausted", CallStatus.AUTH_ERROR_RETRYABLE],
]);

/** Makes the failure for a store or handler that cannot decide now. */
export function cannotTell(): ConnectError {
  return enterpriseError(Code.Unavailable, CallStatus.UNAVAILABLE, "The service cannot tell now. Try again.");
}

/**
 * Makes the failure for an invalid cookie: `FAILED_PRECONDITION`, which in gRPC means that the client should not repeat
 * the call before the state has changed. Not `UNAUTHENTICATED`, the usual code: clients of this protocol repeat a call
 * for two minutes on `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED` and `UNAUTHENTICATED`, and no repetition
 * makes a cookie valid. Not `PERMISSION_DENIED`, which is for an authenticated caller.
 */
export function deadCookie({ dead }: { readonly dead: DenialReason }): ConnectError {
  const message = "The cookie is not valid or no longer valid. Log in.";
  const error = enterpriseError(Code.FailedPrecondition, CallStatus.NOT_AUTHENTICATED, message);
  error.metadata.set("sallyport-reason", dead);
  return error;
}

/**
 * Runs a method and gives every failure an `AuthError`. A store or handler that cannot answer is `UNAVAILABLE`, which
 * clients repeat, and never a refusal.
 */
export async function answering<T>(context: HandlerContext, answer: () => Promise<T>): Promise<T> {
  forbidStoring(context);
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (error instanceof AuthError && error.code === "invalid_options") {
      throw enterpriseError(Code.InvalidArgument, CallStatus.AUTH_ERROR_NON_RETRYABLE, error.message);
    }
    if (error instanceof AuthError && error.code === "unavailable") throw cannotTell();
    throw enterpriseError(Code.Internal, CallStatus.AUTH_ERROR_NON_RETRYABLE, "internal error");
  }
}

function withAuthError(error: ConnectError, callStatus: CallStatus): ConnectError {
  const bytes = toBinary(AuthErrorSchema, create(AuthErrorSchema, { callStatus, message: error.rawMessage }));
  error.metadata.set(metadataKey, encodeBinaryHeader(bytes));
  return error;
}
