import type { ClientTlsFiles } from "./client-tls.js";

export interface UpstreamTls extends ClientTlsFiles {
  /** The name to ask for by SNI and to look for in the certificate. Default: the host of the origin. */
  readonly serverName?: string | undefined;
}

export interface UpstreamConfig {
  readonly name: string;
  /** As `parseOrigin` reads it. */
  readonly origin: string;
  /** The origins of further addresses that do the same. Default: none. */
  readonly others?: readonly string[] | undefined;
  /** The `Host` that the upstream gets, with its port. Default: that of the request. */
  readonly host?: string | undefined;
  /** `grpc`: it speaks gRPC only, and calls of Connect and gRPC-Web are translated. Default: `http`. */
  readonly protocol?: "http" | "grpc";
  /** Whether the upstream gets the caller's identity in `x-sallyport-*` headers. */
  readonly identity: "headers" | "none";
  /** Whether the upstream takes paths that differ by case, or by dots and spaces at the end of a segment, for one. */
  readonly ignoresCase: boolean;
  /** Whether `Via` tells the upstream that a gateway sent the request (RFC 9110 §7.6.3). */
  readonly via: boolean;
  readonly connectTimeoutMs: number;
  /** The longest time from the request's end to the response's headers. */
  readonly headersTimeoutMs: number;
  /** The longest time between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  /** To each of its addresses. */
  readonly maxConnections: number;
  /** The most bytes of the head of an answer. */
  readonly maxHeaderBytes: number;
  /** Of an `https` upstream: what is trusted and shown. Default: what Node trusts, and nothing. */
  readonly tls?: UpstreamTls | undefined;
}
