import type { UpstreamCredential } from "./bridge/credential.js";
import type { ClientTlsFiles } from "./client-tls.js";

export interface UpstreamTls extends ClientTlsFiles {
  /** The name to ask for by SNI and to look for in the certificate. Default: the host of the origin. */
  readonly serverName?: string | undefined;
}

/** How each address of an upstream is asked whether it is well. */
export interface HealthConfig {
  /** Path and query of a GET, which a status of 2xx answers. Default: `grpc.health.v1.Health/Check` is called. */
  readonly path?: string | undefined;
  /** The service to ask for by that call. Default: the server as a whole. */
  readonly service?: string | undefined;
  /** From the end of a check to the next one. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
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
  /** The gateway logs in there for each session of its callers. Default: it does not. */
  readonly credential?: UpstreamCredential | undefined;
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
  /** Of an upstream with several addresses. Default: none is asked. */
  readonly health?: HealthConfig | undefined;
  /** To each of its addresses. */
  readonly maxConnections: number;
  /** The most bytes of the head of an answer. */
  readonly maxHeaderBytes: number;
  /** Of an `https` upstream: what is trusted and shown. Default: what Node trusts, and nothing. */
  readonly tls?: UpstreamTls | undefined;
}
