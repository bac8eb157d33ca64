import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, encodeBinaryHeader, type HandlerContext } from "@connectrpc/connect";
import { AuthError } from "../../base/errors.js";
import { AuthErrorSchema, CallStatus } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { Denial, DenialCode, DenialReason } from "../../model/decision.js";
import { forbidStoring } from "../auth/log-in-methods.js";
import { toConnectError } from "../to-connect-error.js";

/** Where clients of Deephaven Enterprise look for the reason of a failure. */
const metadataKey = "io.deephaven.proto.auth.autherror-bin";

/** A failure as these clients read it: a status, and an `AuthError` in the trailers. */
export function enterpriseError(code: Code, callStatus: CallStatus, message: string): ConnectError {
  return withAuthError(new ConnectError(message, code), callStatus);
}

/**
 * A denial that is no refused log-in.
 *
 * @param otherwise what to call one that will be the same next time
 */
export function toEnterpriseError(denial: Denial, otherwise: CallStatus): ConnectError {
  return withAuthError(toConnectError(denial), passing.get(denial.code) ?? otherwise);
}

const passing: ReadonlyMap<DenialCode, CallStatus> = new Map([
  ["unavailable", CallStatus.UNAVAILABLE],
  ["resource_exhausted", CallStatus.AUTH_ERROR_RETRYABLE],
]);

/** A store or a handler cannot tell. */
export function cannotTell(): ConnectError {
  return enterpriseError(Code.Unavailable, CallStatus.UNAVAILABLE, "The service cannot tell now. Try again.");
}

/**
 * `FAILED_PRECONDITION`, since that is what gRPC has for "do not try again until something has changed". Not
 * `UNAUTHENTICATED`, which would be the word elsewhere: clients of this wire repeat a call for two minutes on `UNAVAILABLE`,
 * `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED` and `UNAUTHENTICATED`, and no repetition revives a cookie. Not
 * `PERMISSION_DENIED`, which is for a caller who is known.
 */
export function deadCookie({ dead }: { readonly dead: DenialReason }): ConnectError {
  const message = "The cookie is not or no longer good. Log in.";
  const error = enterpriseError(Code.FailedPrecondition, CallStatus.NOT_AUTHENTICATED, message);
  error.metadata.set("sallyport-reason", dead);
  return error;
}

/** Gives every failure an `AuthError`. Nobody was refused by a fault of ours: that may be tried again. */
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
