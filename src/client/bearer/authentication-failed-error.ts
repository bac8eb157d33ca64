import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The error of a log-in whose credentials were refused. It is thrown in no other case, so a program may ask the user
 * for the password again. A server that cannot be reached is an ordinary `ConnectError`.
 *
 * Its `name` stays `ConnectError`: Connect recognizes its errors by that name, and would wrap others.
 */
export class AuthenticationFailedError extends ConnectError {
  readonly authenticationFailed: true = true;

  constructor(message: string, metadata?: Headers) {
    super(message, Code.Unauthenticated, metadata);
  }

  /**
   * Replaces `instanceof` of `ConnectError`, which compares shapes and would take every `ConnectError` for this class.
   */
  static override [Symbol.hasInstance](value: unknown): value is AuthenticationFailedError {
    return typeof value === "object" && value !== null && "authenticationFailed" in value;
  }
}

/** The service that a log-in calls, and what its server adds to serve it. */
export interface LogInService {
  readonly typeName: string;
  readonly remedy: string;
}

/**
 * Converts the error of a log-in call to the error that is thrown: an {@link AuthenticationFailedError} for a refused
 * log-in, `Unimplemented` with the remedy for a server that does not serve the log-in, and any other as it is.
 */
export function toLogInError(error: unknown, service: LogInService): ConnectError {
  const connectError = ConnectError.from(error);
  const { code, rawMessage, metadata } = connectError;
  const reason = metadata.get("sallyport-reason");
  if (isAbsent(connectError, reason)) {
    const message = `this server does not serve ${service.typeName}: add ${service.remedy}`;
    return new ConnectError(message, Code.Unimplemented, metadata, undefined, error);
  }
  const isRefused =
    code === Code.Unauthenticated
      ? // Without a reason: a page whose server does not expose the header. A bare status is the answer of another server.
        reason === null
        ? !bareStatus.test(rawMessage)
        : refusals.has(reason)
      : // The account may not be operated as: this log-in was refused, with the right password, too.
        code === Code.PermissionDenied && reason === "operate_as_refused";
  return isRefused ? new AuthenticationFailedError(rawMessage, metadata) : connectError;
}

/** Reasons of a refused log-in. Others leave open whether the credentials are right, such as a refused proof of a key. */
const refusals: ReadonlySet<string> = new Set(["invalid_credentials"]);

const bareStatus = /^HTTP \d{3}$/;

/**
 * Whether no such service is there: no such procedure, a page in place of an answer, or a guard that asks for
 * credentials in front of the log-in itself, as it does for every path that it does not know.
 */
function isAbsent({ code, rawMessage }: ConnectError, reason: string | null): boolean {
  if (code === Code.Unimplemented || (code === Code.NotFound && bareStatus.test(rawMessage))) return true;
  if (code === Code.Unauthenticated) return reason === "no_credentials";
  return rawMessage.startsWith("unsupported content type");
}
