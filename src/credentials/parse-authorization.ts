import { authParams, token } from "./grammar.js";

/** A parsed `Authorization` value (RFC 9110 §11.4). */
export interface Authorization {
  /** In lower case: schemes are compared without regard to case (§11.1). */
  readonly scheme: string;
  /** The scheme as it was spelled. */
  readonly name: string;
  /** The text after the scheme; `""` when there is none. The scheme's handler decides its form. */
  readonly payload: string;
}

/**
 * The longest value that is parsed by default, in characters. It bounds every later scan, decode and hash. It is Node's
 * limit for all headers together: tokens with many groups have 10 to 12 KiB, and a shorter limit would refuse what the
 * server has taken already.
 */
export const maxAuthorizationLength = 16_384;

// The scheme is anchored at the start, so that `xBasic …` is not Basic. Visible ASCII and space only: a control
// character could split lines in a later hop, and decoders disagree about the text of a byte above 0x7f. Each character
// can match in one way only, so a hostile value costs one pass.
const credentials = new RegExp(`^(${token})(?: +([!-~][ -~]*))?$`);

const parameters = new RegExp(`^${authParams}$`);

/**
 * Parses an `Authorization` field value: a scheme, and after at least one space the payload.
 *
 * `Authorization` is not a list field, yet proxies join repeated fields with a comma, and readers then pick the first
 * or the last. So a comma is refused, unless the whole payload is a list of auth-params (RFC 9110 §11.2), as in Digest.
 *
 * The work is one pass over the value, so the caller bounds its length.
 *
 * @returns `undefined` when the value is empty, malformed or ambiguous
 */
export function parseAuthorization(value: string): Authorization | undefined {
  const match = credentials.exec(trimOws(value));
  if (match === null) return undefined;
  const [, name = "", payload = ""] = match;
  if (payload.includes(",") && !parameters.test(payload)) return undefined;
  return { scheme: name.toLowerCase(), name, payload };
}

/** Removes spaces and tabs at the ends (RFC 9110 §5.6.3): HTTP/1 parsers remove them, HTTP/2 parsers may not. */
export function trimOws(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isOws(value.charCodeAt(start))) start++;
  while (end > start && isOws(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
