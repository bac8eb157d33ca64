import { AuthError } from "../base/errors.js";
import { firstOf } from "../model/raw-headers.js";
import { dpopAlgorithmNames } from "./dpop-algorithms.js";
import { authParams, token, token68 } from "./grammar.js";

/** The `error` of a challenge: why a session token was refused (RFC 6750 §3.1, RFC 9470 §3, RFC 9449 §7.1). */
export type BearerError =
  | "invalid_request"
  | "invalid_token"
  | "insufficient_scope"
  | "insufficient_user_authentication"
  | "invalid_dpop_proof"
  | "use_dpop_nonce";

/**
 * A scheme, and a token68 or parameters (RFC 9110 §11.3), in visible ASCII, so that it cannot begin another header
 * line.
 */
const challengeShape = new RegExp(`^${token}(?: +(?:${token68}|${authParams}))?$`);

const visible = /^[ -~]+$/;

/**
 * Quotes text as a quoted-string (RFC 9110 §5.6.4).
 *
 * @throws {AuthError} `invalid_options` for text with other characters than visible ASCII and spaces: a line break
 *   would let the text begin a header, and bytes above 0x7f have no agreed meaning in a header.
 */
export function quoteString(text: string): string {
  if (!/^[ -~]*$/.test(text)) {
    throw new AuthError(
      "invalid_options",
      "A realm or description in WWW-Authenticate may hold visible ASCII characters and spaces only",
    );
  }
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * Writes the challenge of the session manager's own `Bearer` scheme (RFC 6750 §3).
 *
 * @param error omitted when the request presented no credentials: §3.1 wants no error code then
 */
export function bearerChallenge(realm: string, error?: BearerError, description?: string): string {
  let challenge = `Bearer realm=${quoteString(realm)}`;
  if (error !== undefined) challenge += `, error="${error}"`;
  // RFC 6750 §3 allows neither quote nor backslash in a description.
  if (description !== undefined) challenge += `, error_description=${quoteString(description.replace(/["\\]/g, "'"))}`;
  return challenge;
}

/** Writes the challenge for tokens bound to a key, with the algorithms of their proofs (RFC 9449 §7.1). */
export function dpopChallenge(realm: string, error?: BearerError, description?: string): string {
  return `${bearerChallenge(realm, error, description).replace("Bearer", "DPoP")}, algs=${quoteString(dpopAlgorithmNames)}`;
}

/**
 * Writes Basic's challenge. `charset` asks the client for UTF-8 (RFC 7617 §2.1); without it, browsers choose different
 * encodings.
 */
export function basicChallenge(realm: string): string {
  return `Basic realm=${quoteString(realm)}, charset="UTF-8"`;
}

/**
 * Checks that a handler's challenge makes one well-formed `WWW-Authenticate` field, and returns it.
 *
 * @throws {AuthError} `invalid_options` when it does not
 */
export function requireChallenge(challenge: string, scheme: string): string {
  if (typeof challenge !== "string" || !visible.test(challenge) || !challengeShape.test(challenge)) {
    throw new AuthError(
      "invalid_options",
      `The challenge of the handler for ${scheme} must be a scheme, a space and parameters such as realm="…" in visible ASCII. Quote text with quoteString`,
    );
  }
  return challenge;
}

/** The parts of a denial's `WWW-Authenticate` fields. */
export interface ChallengeOptions {
  readonly realm: string;
  /** The handlers' challenges: `handlerTable.challenges(realm, { script })`. */
  readonly challenges: readonly string[];
  /** The scheme by which the token was presented, or must be. Default: `"Bearer"`. */
  readonly scheme?: "Bearer" | "DPoP" | undefined;
  readonly error?: BearerError | undefined;
  readonly description?: string | undefined;
}

/**
 * Writes every challenge of one 401, our own `Bearer` or `DPoP` first (RFC 9110 §11.6.1). No other code writes these
 * values.
 *
 * @returns one challenge per `WWW-Authenticate` field: clients split a joined list at the wrong commas.
 */
export function formatChallenges(options: ChallengeOptions): readonly string[] {
  const { realm, challenges, scheme, error, description } = options;
  const own = scheme === "DPoP" ? dpopChallenge : bearerChallenge;
  return [own(realm, error, description), ...challenges];
}

/**
 * Whether a script sent the request, not a navigation (Fetch Metadata, `Sec-Fetch-Dest: empty`). A script must not be
 * offered a scheme for which the browser opens its own password dialog.
 */
export function isScript(rawHeaders: readonly string[]): boolean {
  return firstOf(rawHeaders, "sec-fetch-dest") === "empty";
}
