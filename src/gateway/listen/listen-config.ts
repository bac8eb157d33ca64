/** An address to listen on. */
export interface AddressConfig {
  /** The host, without brackets for IPv6. */
  readonly host: string;
  /** The port; 0 takes a free one. */
  readonly port: number;
}

export interface ListenConfig extends AddressConfig {
  readonly tls: TlsConfig | undefined;
  /** Connections of trusted proxies begin with a PROXY header, which names the client. Default: `false`. */
  readonly proxyProtocol?: boolean | undefined;
}

export interface TlsConfig {
  /** PEM files, read again when they change. */
  readonly cert: string;
  readonly key: string;
  /** PEM file of the CAs that client certificates must come from. */
  readonly clientCa: string | undefined;
  readonly clientCertificate: "none" | "request" | "require";
}

export interface LimitsConfig {
  /** The longest time from accept, or from the end of the last request, to a complete header block. */
  readonly headersTimeoutMs: number;
  /** How long a client may take nothing of an answer while bytes of it are ready. */
  readonly readTimeoutMs: number;
  /** How long a graceful stop waits for calls under way. */
  readonly stopTimeoutMs: number;
  readonly maxConnections: number;
  /** The most bytes of a header block, in both protocols. */
  readonly maxHeaderBytes: number;
  /** The longest `Authorization` that is read, in characters; a longer one is answered 431. */
  readonly maxAuthorizationLength: number;
}
