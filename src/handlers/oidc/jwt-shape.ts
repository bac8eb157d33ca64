import { readJsonPart, splitJws } from "../../credentials/jws.js";

export interface ExpectedHeader {
  readonly algorithms: readonly string[];
  readonly type: string | undefined;
}

/** The types that are accepted by default, with or without `application/`, in any case (RFC 7515 §4.1.9). */
const defaultTypes: ReadonlySet<string> = new Set(["jwt", "at+jwt"]);

/**
 * An acceptable key id. It only selects among the keys of the set. Quotes, backslashes, angle brackets and `..` are
 * refused: attackers send them to services that look keys up by file or SQL.
 */
const keyId = /^(?!.*\.\.)[!#-&(-:=?-[\]-~]{1,256}$/;

/** The header and issuer of a token, before anything was verified. */
export interface Unverified {
  readonly header: Readonly<Record<string, unknown>>;
  readonly issuer: unknown;
}

/** Reads header and issuer of a compact JWS without verifying them; `undefined` for other text. */
export function readUnverified(token: string): Unverified | undefined {
  const parts = splitJws(token);
  const header = parts && readJsonPart(parts.header);
  const claims = parts && readJsonPart(parts.payload);
  return header && claims && { header, issuer: claims.iss };
}

/**
 * Whether a header may reach the key look-up. It refuses an algorithm that is not expected, an extension that must be
 * understood (`crit`; we understand none), an unusual key id, and the type of another kind of token (RFC 8725 §3.11).
 */
export function isAcceptableHeader({ header }: Unverified, expected: ExpectedHeader): boolean {
  if (typeof header.alg !== "string" || !expected.algorithms.includes(header.alg)) return false;
  if ("crit" in header || "b64" in header) return false;
  if ("kid" in header && !(typeof header.kid === "string" && keyId.test(header.kid))) return false;
  return isExpectedType(header.typ, expected.type);
}

function isExpectedType(type: unknown, expected: string | undefined): boolean {
  if (type === undefined) return expected === undefined;
  if (typeof type !== "string") return false;
  return expected === undefined ? defaultTypes.has(mediaType(type)) : mediaType(type) === mediaType(expected);
}

function mediaType(type: string): string {
  return type.toLowerCase().replace(/^application\//, "");
}
