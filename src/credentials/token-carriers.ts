import { AuthError } from "../base/errors.js";
import type { OptionKinds } from "../base/options.js";
import { firstOf, several, soleOf, valuesOf } from "../model/raw-headers.js";
import { sessionPrefix } from "../model/session.js";
import { decodeBase64 } from "./base64.js";
import type { Extracted } from "./carriers.js";
import { extractFromHeaders } from "./credential-headers.js";
import { isCrossSite } from "./cross-site.js";
import { token } from "./grammar.js";
import { maxAuthorizationLength } from "./parse-authorization.js";

/** The carriers of a session token beside `Authorization`. */
export interface CarrierOptions {
  /**
   * Accept Arrow Flight's `auth-token-bin`, in which its clients send the token that their handshake returned. Default:
   * `false`.
   */
  readonly authTokenBin?: boolean | undefined;
  /** Accept a cookie, for clients that keep cookies. Default: none. */
  readonly cookie?: CookieOptions | undefined;
}

/** A cookie that carries a session token. */
export interface CookieOptions {
  /**
   * The cookie's name: a token (RFC 6265 §4.1.1). If no client fixes it, begin it with `__Host-`: any other cookie can be
   * set by a neighbour host of the same domain (RFC 6265bis §4.1.3.2).
   */
  readonly name: string;
  /**
   * A request header by which a client asks for the cookie, with the value `true`. A client that sends the cookie
   * receives the next one without asking. Default: none.
   */
  readonly requestHeader?: string | undefined;
}

/** The names and kinds of `CarrierOptions`. */
export const carrierKinds: OptionKinds<CarrierOptions> = {
  authTokenBin: "boolean",
  cookie: { name: "string!", requestHeader: "string" } satisfies OptionKinds<CookieOptions>,
};

/** Finds the credentials of a request. */
export type Extract = (rawHeaders: readonly string[], truncated: boolean) => Extracted;

/** The most tokens in one request. No honest client sends more. */
const maxTokens = 8;

/**
 * Makes the extractor of an engine: it reads `Authorization`, and the other carriers that the options enable.
 *
 * @param headers those that carry credentials beside `Authorization`: names in lower case, each with its scheme
 * @param maxLength the longest `Authorization` that is parsed, in characters
 * @throws {AuthError} `invalid_options` for a malformed cookie name
 */
export function createExtract(
  { authTokenBin = false, cookie }: CarrierOptions = {},
  maxLength: number = maxAuthorizationLength,
  headers: ReadonlyMap<string, string> = noHeaders,
): Extract {
  if (cookie !== undefined && !new RegExp(`^${token}$`).test(cookie.name)) {
    throw new AuthError(
      "invalid_options",
      "carriers.cookie.name must be a cookie name: letters, digits and -._~ (RFC 6265 §4.1.1)",
    );
  }
  const extractOwn = (rawHeaders: readonly string[], truncated: boolean) =>
    extractFromHeaders(rawHeaders, truncated, headers, maxLength);
  if (!authTokenBin && cookie === undefined) return extractOwn;

  return function extract(rawHeaders, truncated) {
    const authorization = extractOwn(rawHeaders, truncated);
    if (authorization.kind === "refused") return authorization;
    const beside = new Set<string>();
    if (authTokenBin) {
      const value = soleOf(rawHeaders, "auth-token-bin");
      // The field is not a list (gRPC metadata), and neither of two values may be preferred.
      if (value === several) return { kind: "refused", reason: "duplicate" };
      // Go's client sends an empty value until it has logged in.
      if (value) beside.add(decodeTokenBin(value) ?? "");
    }
    // The browser adds the cookie also when an attacker wrote the page (CSRF). Such a cookie counts as absent, which
    // `SameSite` does in browsers that know it.
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

const noHeaders: ReadonlyMap<string, string> = new Map();

/** Decodes a gRPC binary header: base64, with padding or without (gRPC over HTTP/2, "Custom-Metadata"). */
function decodeTokenBin(value: string): string | undefined {
  const bytes = decodeBase64(value, { padding: "optional" });
  return bytes && Buffer.from(bytes).toString("latin1");
}

/**
 * Reads every value of a cookie: HTTP/2 may split the field (RFC 9113 §8.2.3), and a client may hold one name for two
 * paths.
 */
function* readCookies(rawHeaders: readonly string[], name: string): Generator<string> {
  for (const cookies of valuesOf(rawHeaders, "cookie")) {
    for (const pair of cookies.split(";")) {
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
 * Writes the `Set-Cookie` value for a new token. Returns `undefined` when the request neither sends the cookie nor asks
 * for it. The cookie has no age: it ends with the client, and its session long before.
 */
export function toSetCookie(
  { name, requestHeader }: CookieOptions,
  rawHeaders: readonly string[],
  sessionToken: string,
): string | undefined {
  const asks =
    requestHeader !== undefined && firstOf(rawHeaders, requestHeader.toLowerCase())?.toLowerCase() === "true";
  if (!asks && readCookies(rawHeaders, name).next().done === true) return undefined;
  return `${name}=${sessionToken}; Path=/; Secure; HttpOnly; SameSite=Strict`;
}
