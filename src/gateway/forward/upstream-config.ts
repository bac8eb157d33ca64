import type { ConnectionOptions } from "node:tls";

export interface UpstreamConfig {
  readonly name: string;
  /** Scheme (`http`, `https` or `h2c`), host and port; no path. */
  readonly origin: string;
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
  readonly maxConnections: number;
  /** The most bytes of the head of an answer. */
  readonly maxHeaderBytes: number;
  /** Of an `https` upstream: what to trust in place of the authorities that Node trusts. Default: those. */
  readonly tls?: Pick<ConnectionOptions, "ca">;
}
