export interface UpstreamConfig {
  readonly name: string;
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** Tell the upstream who is calling in `x-sallyport-*` headers. */
  readonly identity: "headers" | "none";
  readonly connectTimeoutMs: number;
  /** From the request's end to the response's headers. */
  readonly headersTimeoutMs: number;
  /** Between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
}
