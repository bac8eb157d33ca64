import { Code, ConnectError } from "@connectrpc/connect";

/**
 * The log-in was refused: the credentials are wrong. Thrown for nothing else, so that a program may ask the user for
 * the password again when it sees one. A server that cannot be reached is a `ConnectError` like any other.
 *
 * Its `name` stays `ConnectError`: Connect recognises its errors by that, and would wrap any other.
 */
export class AuthenticationFailedError extends ConnectError {
  readonly authenticationFailed: true = true;

  constructor(message: string, metadata?: Headers) {
    super(message, Code.Unauthenticated, metadata);
  }

  /** `ConnectError` answers `instanceof` by shape, and every other one would pass for this. */
  static override [Symbol.hasInstance](value: unknown): value is AuthenticationFailedError {
    return typeof value === "object" && value !== null && "authenticationFailed" in value;
  }
}

/** The error of a log-in call, as it is thrown. */
export function toLogInError(error: unknown): ConnectError {
  const connectError = ConnectError.from(error);
  if (connectError.code !== Code.Unauthenticated) return connectError;
  // Not a word about the password: the proof of the key was refused before anybody looked at it.
  if (/_dpop_/.test(connectError.metadata.get("sallyport-reason") ?? "")) return connectError;
  return new AuthenticationFailedError(connectError.rawMessage, connectError.metadata);
}
