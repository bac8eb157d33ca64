/** What may be told of an error: the class alone, since a message may hold whatever its thrower was given. Our own never hold a secret. */
export function toErrorName(error: unknown): string {
  if (error instanceof AuthError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? error.name : typeof error;
}

/** What went wrong, for programs. Messages may change; codes do not. */
export type AuthErrorCode =
  /** An option is missing, contradicts another or is out of range. The message says what to do. */
  | "invalid_options"
  /** `auth.caller` was asked for a request that nobody authenticated. */
  | "no_caller"
  /** Something read the request's body before the door could decide. */
  | "body_read_before_auth"
  /** An identity has no usable subject, or does not survive JSON. */
  | "invalid_identity"
  /** It takes a session, and the caller came without a session token. */
  | "no_session"
  /** A session ended, or its state was changed by someone else meanwhile. */
  | "session_ended"
  /** The store cannot answer now. Nobody was refused: try again. */
  | "unavailable";

/** The one error class of the library. It never holds credentials, tokens or what they were made from. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
