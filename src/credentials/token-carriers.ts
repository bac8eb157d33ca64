import { AuthError } from "../base/errors.js";
import { sessionPrefix } from "../model/session.js";
import { decodeBase64 } from "./base64.js";
import { type Extracted, extractCredentials, readHeader } from "./carriers.js";
import { token } from "./grammar.js";

/** Where a session token may ride beside `Authorization`. */
export interface CarrierOptions {
  /** Arrow Flight's `auth-token-bin`, in which its clients send what their handshake gave them. Default: `false`. */
  readonly authTokenBin?: boolean | undefined;
  /** A cookie, for clients with a jar. Default: none. */
  readonly cookie?: CookieOptions | undefined;
}

/** A cookie that carries a session token. */
export interface CookieOptions {
  /** RFC 6265 §4.1.1: a token. */
  readonly name: string;
  /**
   * A request header by which a client asks for the cookie, with the value `true`. Whoever sends the cookie gets the
   * next one unasked. Default: none.
   */
  readonly requestHeader?: string | undefined;
}

/** Finds what a request presents. */
export type Extract = (rawHeaders: readonly string[], truncated: boolean) => Extracted;

/** More tokens than this in one request are an attack. */
const maxTokens = 8;

/**
 * The extractor of an engine: `Authorization` alone, or the other carriers too.
 *
 * @throws {AuthError} `invalid_options` for a cookie name that is none.
 */
export function createExtract({ authTokenBin = false, cookie }: CarrierOptions = {}): Extract {
  if (cookie !== undefined && !new RegExp(`^${token}$`).test(cookie.name)) {
    throw new AuthError(
      "invalid_options",
      "carriers.cookie.name must be a cookie name: letters, digits and -._~ (RFC 6265 §4.1.1)",
    );
  }
  if (!authTokenBin && cookie === undefined) return extractCredentials;

  return function extract(rawHeaders, truncated) {
    const authorization = extractCredentials(rawHeaders, truncated);
    if (authorization.kind === "refused") return authorization;
    const beside = new Set<string>();
    let seen = false;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] as string;
      const value = rawHeaders[index + 1] as string;
      if (authTokenBin && isNamed(name, "auth-token-bin")) {
        // It is not a list, and two that disagree have no first.
        if (seen) return { kind: "refused", reason: "duplicate" };
        seen = true;
        // Go's client sends an empty one along until it has logged in.
        if (value !== "") beside.add(decodeTokenBin(value) ?? "");
      }
    }
    if (cookie !== undefined && !isCrossSite(rawHeaders)) {
      for (const value of readCookies(rawHeaders, cookie.name)) beside.add(value);
    }
    if (beside.size === 0) return authorization;
    if (beside.size > maxTokens) return { kind: "refused", reason: "malformed" };
    const isToken = authorization.kind === "credentials" && authorization.payload.startsWith(sessionPrefix);
    if (isToken) beside.delete(authorization.payload);
    if (isToken && beside.size === 0) return authorization;
    return {
      kind: "several",
      authorization: authorization.kind === "none" ? undefined : authorization,
      beside: [...beside],
    };
  };
}

function isNamed(name: string, lowerName: string): boolean {
  return name.length === lowerName.length && name.toLowerCase() === lowerName;
}

/** A gRPC binary header: base64, with padding or without (gRPC over HTTP/2, "Custom-Metadata"). */
function decodeTokenBin(value: string): string | undefined {
  const bytes = decodeBase64(value, { padding: "optional" });
  return bytes && Buffer.from(bytes).toString("latin1");
}

/** HTTP/2 may split the field (RFC 9113 §8.2.3), and a jar may hold one name for two paths. */
function* readCookies(rawHeaders: readonly string[], name: string): Generator<string> {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isNamed(rawHeaders[index] as string, "cookie")) continue;
    for (const pair of (rawHeaders[index + 1] as string).split(";")) {
      const equals = pair.indexOf("=");
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
      // Quotes around a value are not part of it (RFC 6265 §4.1.1).
      const value = pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
      if (value !== "") yield value;
    }
  }
}

/**
 * A page of another site sends the cookie along, whoever wrote the page (CSRF). Such a cookie counts as absent, as
 * `SameSite` makes it in browsers that know it. Programs send neither field.
 */
function isCrossSite(rawHeaders: readonly string[]): boolean {
  const site = readHeader(rawHeaders, "sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = readHeader(rawHeaders, "origin");
  if (origin === undefined) return false;
  const host = readHeader(rawHeaders, ":authority") ?? readHeader(rawHeaders, "host");
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/**
 * What to answer beside the token, or `undefined` when the request neither has the cookie nor asks for it. Without an
 * age: it ends with the client, and its session long before.
 */
export function toSetCookie(
  { name, requestHeader }: CookieOptions,
  rawHeaders: readonly string[],
  sessionToken: string,
): string | undefined {
  const asks =
    requestHeader !== undefined && readHeader(rawHeaders, requestHeader.toLowerCase())?.toLowerCase() === "true";
  if (!asks && readCookies(rawHeaders, name).next().done === true) return undefined;
  return `${name}=${sessionToken}; Path=/; Secure; HttpOnly; SameSite=Strict`;
}
