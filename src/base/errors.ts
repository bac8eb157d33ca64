/**
 * Describes an error for logs and warnings.
 *
 * @returns the class alone, since a message may hold any credentials that the code that threw it was given; for
 *   `AuthError`, whose messages never hold a secret, also the message
 */
export function toErrorName(error: unknown): string {
  if (error instanceof AuthError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? error.name : typeof error;
}

/** The folder of this package: frames of its code say nothing about the application's. */
const ownFolder = new URL("../", import.meta.url).href;

const longestMessage = 300;

/** What would begin a line of its own or control a terminal: a message may hold what a client sent. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;

/**
 * Describes an error of the application's code for the developer: with its message and the first stack frame outside
 * this package. With `NODE_ENV=production` it is `toErrorName` alone, since a message may hold what the code was given.
 */
export function toErrorDetail(error: unknown): string {
  const name = toErrorName(error);
  if (process.env.NODE_ENV === "production" || !(error instanceof Error)) return name;
  const { message, stack = "" } = error;
  const frame = stack
    .split("\n")
    .find((line) => /^\s+at /.test(line) && !line.includes(ownFolder) && !/\bnode:/.test(line));
  const told = error instanceof AuthError ? name : `${name}: ${message.slice(0, longestMessage)}`;
  return (frame === undefined ? told : `${told} (${frame.trim()})`).replace(unprintable, " ");
}

/** Why an `AuthError` was thrown, for programs. Messages may change; codes do not. */
export type AuthErrorCode =
  /** An option is missing, contradicts another or is out of range. The message says what to do. */
  | "invalid_options"
  /** `auth.caller` was called for a request that was not authenticated. */
  | "no_caller"
  /** The request's body was read, such as by a body parser, before the adapter could authenticate the request. */
  | "body_read_before_auth"
  /** An identity has no usable subject, or does not survive JSON. */
  | "invalid_identity"
  /** The call needs a session, and the caller presented no session token. */
  | "no_session"
  /** The session has ended, or ended while the call was under way. */
  | "session_ended"
  /** The store cannot answer now. That refuses no credentials: try again. */
  | "unavailable";

/** The only error class of the library. Its message never holds credentials, tokens or what they were made from. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;

  constructor(code: AuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
