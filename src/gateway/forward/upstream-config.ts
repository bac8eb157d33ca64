export interface UpstreamConfig {
  readonly name: string;
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** Whether the upstream gets the caller's identity in `x-sallyport-*` headers. */
  readonly identity: "headers" | "none";
  readonly connectTimeoutMs: number;
  /** The longest time from the request's end to the response's headers. */
  readonly headersTimeoutMs: number;
  /** The longest time between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
}
