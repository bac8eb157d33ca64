import { fromUtf8 } from "../wire/bytes.js";
import { decodeBase64 } from "./base64.js";

/** The user-id and the password of Basic credentials (RFC 7617 §2). */
export interface UserPass {
  readonly user: string;
  readonly password: string;
}

/** RFC 7617 §2 refuses control characters in both parts: they would end up in logs and headers. */
const control = /\p{Cc}/u;

/**
 * Reads the payload of Basic credentials: base64 of UTF-8 of `user:password` (RFC 7617 §2). The first colon separates,
 * so `p:q` is a password.
 *
 * Bytes that are no UTF-8 are refused, since replacement characters could make two passwords equal; a leading BOM is
 * kept, since one user would otherwise have two spellings.
 *
 * @returns `undefined` unless the base64 is strict, the text UTF-8 without control characters, and the user not empty.
 */
export function parseUserPass(payload: string): UserPass | undefined {
  const bytes = decodeBase64(payload);
  const text = bytes && fromUtf8(bytes);
  if (text === undefined) return undefined;
  const colon = text.indexOf(":");
  if (colon < 1 || control.test(text)) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Writes the payload of Basic credentials for a user and a password that came in fields of their own.
 *
 * A colon in the user becomes U+FFFD. It would split the payload: with `ada:x` as the user, `ada` would log in by
 * `x:…`. No account has U+FFFD in its name, so such a log-in fails with the message and the time of a wrong password.
 */
export function toUserPass(user: string, password: string): string {
  return Buffer.from(`${user.replaceAll(":", "\u{fffd}")}:${password}`).toString("base64");
}
