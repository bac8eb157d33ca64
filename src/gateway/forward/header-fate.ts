/** How the gateway treats a header field. */
export type Fate = "pass" | "hop" | "managed" | "own" | "authorization" | "cookie";

/**
 * Fields of one connection (RFC 9110 §7.6.1), and those that the next message gets anew: framing, `Expect`, which the
 * gateway has answered, and `Trailer`, whose trailers are not sent on.
 */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);

/** Fields that the gateway sets by itself: `Host` from the canonical target, the framing from what was parsed. */
const own: ReadonlySet<string> = new Set(["host", "content-length", "transfer-encoding"]);

/**
 * Normalised names of fields by which upstreams learn the caller or the target. A client's own never reach the
 * upstream: they include the certificate that a proxy forwards (RFC 9440, and Envoy's by its prefix). The last ones
 * replace the path or the method that a rule was matched against. `Proxy` would be the variable
 * `HTTP_PROXY` of a CGI program, by which many HTTP clients choose their proxy (httpoxy, CVE-2016-5385).
 */
const managed: ReadonlySet<string> = new Set([
  "authorization",
  "client-cert",
  "client-cert-chain",
  "dpop-nonce",
  "forwarded",
  "proxy",
  "proxy-authorization",
  "sallyport-reason",
  "sallyport-token",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "x-real-ip",
  "x-original-method",
  "x-original-uri",
  "x-original-url",
  "x-rewrite-url",
]);

/**
 * Names of managed fields, for a proxy that removes fields by their names: some of those that begin with `X-Forwarded-` among
 * them, since their number is not bounded.
 */
export const managedFields: readonly string[] = Object.freeze([
  ...managed,
  ...["method", "uri", "user", "prefix"].map((name) => `x-forwarded-${name}`),
]);

const managedPrefixes = ["x-sallyport-", "x-forwarded-"] as const;

/** Prefixes that grpc-gateway and similar proxies remove: the rest of the name becomes metadata. */
const metadataPrefix = /^(?:grpc-metadata-|grpcgateway-)+/;

interface Known {
  readonly lower: string;
  readonly normalised: string;
  readonly fate: Fate;
}

const known = new Map<string, Known>();

/** Names that clients invent must not fill the memory. */
const maxKnown = 2_000;

/** Returns how the gateway treats a field of this name, in a request and in an answer. */
export function fateOf(name: string): Fate {
  return lookUp(name).fate;
}

/** Returns a name in lower case, without making a string of it each time. */
export function lowerOf(name: string): string {
  return lookUp(name).lower;
}

/**
 * Returns the one name by which an upstream may know a field of this name: that of CGI variables and of metadata. Fields
 * of clients that are taken out are compared by it.
 */
export function normalisedOf(name: string): string {
  return lookUp(name).normalised;
}

function lookUp(name: string): Known {
  let found = known.get(name);
  if (found === undefined) {
    const lower = name.toLowerCase();
    found = { lower, normalised: normalise(lower), fate: judge(lower) };
    if (known.size >= maxKnown) known.clear();
    known.set(name, found);
  }
  return found;
}

function judge(lower: string): Fate {
  // A proof of the key is part of the credentials (RFC 9449), and can be used only once.
  if (lower === "dpop") return "authorization";
  if (lower === "authorization" || lower === "cookie") return lower;
  if (lower.startsWith(":") || own.has(lower)) return "own";
  const normalised = normalise(lower);
  if (hopByHop.has(normalised)) return "hop";
  // `Transfer_Encoding` frames the body for an upstream that takes it for the field.
  return own.has(normalised) || isManagedHeader(lower) ? "managed" : "pass";
}

/**
 * Whether only the gateway may set a header. Names are compared normalised: an upstream that hands headers on as CGI
 * variables reads `X_Sallyport_Subject`, `X.Sallyport.Subject` and `X!Sallyport!Subject` as `X-Sallyport-Subject`.
 */
export function isManagedHeader(name: string): boolean {
  const normalised = normalise(name.toLowerCase());
  return managed.has(normalised) || managedPrefixes.some((prefix) => normalised.startsWith(prefix));
}

function normalise(lower: string): string {
  return lower.replace(/[^a-z0-9]/g, "-").replace(metadataPrefix, "");
}
