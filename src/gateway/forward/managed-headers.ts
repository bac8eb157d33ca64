import type { CarrierOptions } from "../../credentials/token-carriers.js";
import { isNamed, valuesOf } from "../../model/raw-headers.js";
import { fateOf } from "./header-fate.js";

export interface UpstreamHeaderOptions {
  /** Whether the one `Authorization` field is sent on. Aliases of it never are. */
  readonly forwardAuthorization: boolean;
  /** The further carriers of session tokens, which are treated like `Authorization`. Default: none. */
  readonly carriers?: CarrierOptions | undefined;
  /** Name, value, name, value: added last, so that no field of the client can remove them. */
  readonly ours: readonly string[];
  /** Is given what does not go on: names as they came, and `cookie NAME` for one that was taken out of the others. */
  readonly stripped?: string[] | undefined;
}

/**
 * Returns the header fields for the upstream, name, value, name, value: those of the request, without hop-by-hop
 * fields, those that `Connection` names and managed ones, and then the gateway's own. `Host` and framing are left out.
 */
export function toUpstreamHeaders(rawHeaders: readonly string[], options: UpstreamHeaderOptions): string[] {
  const { forwardAuthorization, stripped } = options;
  const dropped = namedByConnection(rawHeaders);
  const { authTokenBin = false, cookie } = options.carriers ?? {};
  const headers: string[] = [];
  let cookies: string | undefined;
  let takesTrailers = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] as string;
    const fate = fateOf(name);
    if (fate === "own") continue;
    if (fate === "hop" && isNamed(name, "te") && /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value)) {
      takesTrailers = true;
      continue;
    }
    const isCredential = fate === "authorization" || (authTokenBin && isNamed(name, "auth-token-bin"));
    if (
      fate === "hop" ||
      fate === "managed" ||
      (isCredential && !forwardAuthorization) ||
      dropped?.has(name.toLowerCase())
    ) {
      stripped?.push(name);
      continue;
    }
    // HTTP/2 may split them, HTTP/1 may not (RFC 9113 §8.2.3).
    if (fate === "cookie") cookies = cookies === undefined ? value : `${cookies}; ${value}`;
    else headers.push(name, value);
  }
  if (cookies !== undefined && cookie !== undefined && !forwardAuthorization) {
    const others = withoutCookie(cookies, cookie.name);
    if (others !== cookies) stripped?.push(`cookie ${cookie.name}`);
    cookies = others;
  }
  if (cookies !== undefined) headers.push("cookie", cookies);
  if (takesTrailers) headers.push("te", "trailers");
  headers.push(...options.ours);
  return headers;
}

function withoutCookie(cookies: string, name: string): string | undefined {
  const pairs = cookies.split(";");
  const others = pairs.filter((pair) => pair.split("=", 1)[0]?.trim() !== name);
  if (others.length === pairs.length) return cookies;
  return others.length === 0 ? undefined : withoutBlanks(others.join(";"));
}

/**
 * Removes blanks around a value, which are no part of it (RFC 9112 §5.1): Node's HTTP/2 drops a field that has them.
 * `trim` would also remove the byte 0xA0, which ends `à` in UTF-8.
 */
function withoutBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * Returns the header fields of an upstream's response that go to the caller, values of one name together. An upstream
 * cannot set a session token, nor the framing, which is made anew.
 *
 * @param ownCookie the name of the cookie that carries session tokens, if there is one: an upstream that could set it would
 *   choose the session of a caller (session fixation)
 */
export function toCallerHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  ownCookie?: string | undefined,
): Fields {
  const dropped = namedBy(headers.connection);
  const fields: [name: string, value: string | string[]][] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined || (fateOf(name) !== "pass" && name !== "content-length")) continue;
    if (dropped?.has(name)) continue;
    const passed = name === "set-cookie" && ownCookie !== undefined ? withoutSetCookie(value, ownCookie) : value;
    if (Array.isArray(passed) && passed.length === 0) continue;
    fields.push([name, typeof passed === "string" ? withoutBlanks(passed) : passed.map(withoutBlanks)]);
  }
  return fields;
}

/** Cookie names are compared exactly, as browsers do (RFC 6265 §5.3); blanks around one do not count (§5.2). */
function withoutSetCookie(value: string | string[], name: string): string[] {
  return [value].flat().filter((line) => line.split(";", 1)[0]?.split("=", 1)[0]?.trim() !== name);
}

export type Fields = (readonly [name: string, value: string | string[]])[];

/**
 * Whether each of these values, one character for each byte, reaches a caller unchanged. HTTP/1 has no form for a
 * control character, and Node throws. Node's HTTP/2 does not throw: the field is missing, or has the low byte of each
 * character.
 */
export function canBeSent(fields: Fields): boolean {
  return fields.every(([, value]) => (typeof value === "string" ? isFieldValue(value) : value.every(isFieldValue)));
}

/** The characters that no field can hold. A pattern takes half the time of a loop over the characters. */
const unsayable = /[^\t\x20-\x7e\x80-\xff]/;

function isFieldValue(value: string): boolean {
  return !unsayable.test(value);
}

/**
 * Combines the fields of each name into one line, as RFC 9110 §5.3 allows a proxy to; equal values are kept once. Only
 * `Set-Cookie` cannot be combined.
 *
 * It is for HTTP/2: Node throws when it must send `Content-Type`, `X-Content-Type-Options` and others in two lines, and
 * it may do so where the error cannot be caught. Upstreams behind middleware that sets headers twice are common.
 */
export function toSingleFields(fields: Fields): Fields {
  return fields.map(([name, value]) => [
    name,
    Array.isArray(value) && name !== "set-cookie" ? [...new Set(value)].join(", ") : value,
  ]);
}

function namedByConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  for (const value of valuesOf(rawHeaders, "connection")) {
    for (const token of namedBy(value) ?? []) {
      names ??= new Set();
      names.add(token);
    }
  }
  return names;
}

function namedBy(connection: string | string[] | undefined): Set<string> | undefined {
  if (connection === undefined || connection === "keep-alive" || connection === "close") return undefined;
  return new Set(
    String(connection)
      .toLowerCase()
      .split(",")
      .map((token) => token.trim()),
  );
}
