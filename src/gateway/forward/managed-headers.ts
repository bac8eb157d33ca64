import { socketProtocolHeader, withoutTickets } from "../../credentials/socket-protocols.js";
import type { CarrierOptions } from "../../credentials/token-carriers.js";
import { isNamed, valuesOf } from "../../model/raw-headers.js";
import { ticketProtocolPrefix } from "../../wire/socket-ticket.js";
import { fateOf, lowerOf, normalisedOf } from "./header-fate.js";

export interface UpstreamHeaderOptions {
  /** Whether the one `Authorization` field is sent on. Aliases of it never are. */
  readonly forwardAuthorization: boolean;
  /** The further carriers of session tokens, which are treated like `Authorization`. Default: none. */
  readonly carriers?: CarrierOptions | undefined;
  /**
   * Further headers that carry credentials, treated like `Authorization`: names as `normalisedOf` returns them, each with the
   * name in lower case. Default: none.
   */
  readonly credentialHeaders?: ReadonlyMap<string, string> | undefined;
  /** Name, value, name, value: added last, so that no field of the client can remove them. */
  readonly ours: readonly string[];
  /** Names of further fields that do not go on, as `normalisedOf` returns them. Default: none. */
  readonly removed?: ReadonlySet<string> | undefined;
  /** Is given what does not go on: names as they came, and `cookie NAME` for one that was taken out of the others. */
  readonly stripped?: string[] | undefined;
}

/**
 * Returns the header fields for the upstream, name, value, name, value: those of the request, without hop-by-hop
 * fields, those that `Connection` names and managed ones, and then the gateway's own. `Host` and framing are left out.
 */
export function toUpstreamHeaders(rawHeaders: readonly string[], options: UpstreamHeaderOptions): string[] {
  const { forwardAuthorization, stripped, removed, credentialHeaders } = options;
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
      (credentialHeaders !== undefined && isKept(name, credentialHeaders, forwardAuthorization)) ||
      dropped?.has(name.toLowerCase()) ||
      removed?.has(normalisedOf(name))
    ) {
      stripped?.push(name);
      continue;
    }
    if (isNamed(name, socketProtocolHeader)) {
      const others = withoutTickets(value);
      if (others !== value) stripped?.push(`${name} ${ticketProtocolPrefix}`);
      if (others !== undefined) headers.push(name, others);
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

/** Whether a header carries credentials that do not go on. In another spelling, which no handler reads, they never do. */
function isKept(name: string, credentialHeaders: ReadonlyMap<string, string>, forwardAuthorization: boolean): boolean {
  const read = credentialHeaders.get(normalisedOf(name));
  return read !== undefined && !(forwardAuthorization && lowerOf(name) === read);
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
 * Returns the header fields of an upstream's answer that go to the caller: name, value, name, value; names in lower case.
 * An upstream cannot set a session token, nor the framing, which is made anew; `content-length` is the last field, if it
 * is there at all: Node decodes a `Content-Disposition` behind a length from UTF-8 and writes the low bytes of what comes
 * out, which may be CR and LF.
 *
 * @param received name, value, name, value, one character for each byte
 * @param ownCookie the name of the cookie that carries session tokens, if there is one: an upstream that could set it would
 *   choose the session of a caller (session fixation)
 * @returns `undefined` when a value cannot reach a caller unchanged. HTTP/1 has no form for a control character, and Node
 *   throws. Node's HTTP/2 does not throw: the field is missing
 */
export function toCallerHeaders(received: readonly string[], ownCookie?: string | undefined): string[] | undefined {
  const dropped = namedByConnection(received);
  const fields: string[] = [];
  let length: string | undefined;
  for (let index = 0; index < received.length; index += 2) {
    const name = received[index] as string;
    const fate = fateOf(name);
    const lower = lowerOf(name);
    const value = withoutBlanks(received[index + 1] as string);
    if (lower === "content-length") length = value;
    if (fate !== "pass" || dropped?.has(lower)) continue;
    if (ownCookie !== undefined && lower === "set-cookie" && setsCookie(value, ownCookie)) continue;
    if (!isFieldValue(value)) return undefined;
    fields.push(lower, value);
  }
  if (length !== undefined) fields.push("content-length", length);
  return fields;
}

/** The same for the trailers of an answer, which say no length. */
export function toCallerTrailers(
  received: readonly string[],
  ownCookie?: string | undefined,
): readonly string[] | undefined {
  if (received.length === 0) return received;
  const fields = toCallerHeaders(received, ownCookie);
  return fields?.at(-2) === "content-length" ? fields.slice(0, -2) : fields;
}

/** Cookie names are compared exactly, as browsers do (RFC 6265 §5.3); blanks around one do not count (§5.2). */
function setsCookie(line: string, name: string): boolean {
  return line.split(";", 1)[0]?.split("=", 1)[0]?.trim() === name;
}

/** The characters that no field can hold. A pattern takes half the time of a loop over the characters. */
const unsayable = /[^\t\x20-\x7e\x80-\xff]/;

function isFieldValue(value: string): boolean {
  return !unsayable.test(value);
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

function namedBy(connection: string): Set<string> | undefined {
  if (connection === "keep-alive" || connection === "close") return undefined;
  return new Set(
    connection
      .toLowerCase()
      .split(",")
      .map((token) => token.trim()),
  );
}
