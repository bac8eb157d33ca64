import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The log-in was refused: the credentials are wrong. Thrown for nothing else, so that a program may ask the user for
 * the password again when it sees one. A server that cannot be reached is a `ConnectError` like any other.
 */
export class AuthenticationFailedError extends ConnectError {
  override name = "AuthenticationFailedError";

  constructor(message: string, metadata?: Headers) {
    super(message, Code.Unauthenticated, metadata);
  }
}

/** The error of a log-in call, as it is thrown. */
export function toLogInError(error: unknown): ConnectError {
  const { code, rawMessage, metadata } = ConnectError.from(error);
  return code === Code.Unauthenticated ? new AuthenticationFailedError(rawMessage, metadata) : ConnectError.from(error);
}
