import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createAuthFetch } from "./auth-fetch.js";
import type { Bearer } from "./bearer.js";
import { createInterceptedTransport } from "./intercepted-transport.js";

/** The options that a transport factory gets, and must use. */
export interface TransportOptions {
  readonly baseUrl: string;
  readonly interceptors: Interceptor[];
}

/** The address and transport of the services: see `AuthClientOptions`. */
export interface ConnectionOptions {
  readonly baseUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly transport?: Transport | ((options: TransportOptions) => Transport) | undefined;
}

/**
 * Returns the URL of the services.
 *
 * @returns `""` when only the transport knows it
 * @throws {ConnectError} `InvalidArgument` for contradictory or missing options
 */
export function toBaseUrl({ baseUrl, host, port, transport }: ConnectionOptions): string {
  if (baseUrl !== undefined) {
    if (host === undefined && port === undefined) return requireHttp(baseUrl);
    throw refusal("give baseUrl, or host and port; not both");
  }
  if (host !== undefined && port !== undefined) return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (host !== undefined || port !== undefined) throw refusal("give host and port together");
  if (typeof transport === "object") return "";
  throw refusal("give baseUrl, or host and port, or a transport of your own");
}

/** A URL of another scheme would fail at the first call, and an empty one would be the page or nothing. */
function requireHttp(baseUrl: string): string {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const isHttp = URL.canParse(baseUrl, page) && /^https?:$/.test(new URL(baseUrl, page).protocol);
  if (baseUrl !== "" && isHttp) return baseUrl;
  const relative = page === undefined ? "" : ", or a path on this site";
  throw refusal(`baseUrl must be a URL such as https://api.example.com${relative}`);
}

/** Returns a transport with these interceptors: the given one wrapped, or one that the factory makes. */
export function openTransport(
  { transport }: ConnectionOptions,
  options: TransportOptions,
  otherwise: (options: TransportOptions) => Transport,
): Transport {
  if (typeof transport !== "object") return (transport ?? otherwise)(options);
  return createInterceptedTransport(transport, options.baseUrl, options.interceptors);
}

/** Returns a `fetch` that presents the token to the origin of `baseUrl`. */
export function openFetch({ baseUrl, fetch }: FetchOptions, bearer: Bearer): typeof globalThis.fetch {
  if (baseUrl !== "") return createAuthFetch({ baseUrl, bearer, fetch });
  return () =>
    Promise.reject(new TypeError("client.fetch needs baseUrl: only the transport knows where the services are"));
}

interface FetchOptions {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch | undefined;
}

function refusal(message: string): ConnectError {
  return new ConnectError(message, Code.InvalidArgument);
}
