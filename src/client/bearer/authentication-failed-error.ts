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

/** Converts the error of a log-in call to the error that is thrown. */
export function toLogInError(error: unknown): ConnectError {
  const connectError = ConnectError.from(error);
  if (connectError.code !== Code.Unauthenticated) return connectError;
  // The proof of the key was refused before the server checked the credentials, so they may be right.
  if (/_dpop_/.test(connectError.metadata.get("sallyport-reason") ?? "")) return connectError;
  return new AuthenticationFailedError(connectError.rawMessage, connectError.metadata);
}
