/** The request behind an event. Only its address and its id go into the event. */
export interface RequestOrigin {
  readonly peer?: Peer | undefined;
  readonly rawHeaders?: readonly string[] | undefined;
  /** The request's id where a front knows it. Default: the id in the headers. */
  readonly correlationId?: string | undefined;
}

/** The data of a request that authentication needs, independent of the server. */
export interface AuthRequest {
  readonly method: string;
  /** As received, without the query. */
  readonly path: string;
  /** Name, value, name, value, as received. Not a merged object: that hides a second `Authorization` field. */
  readonly rawHeaders: readonly string[];
  /** The server dropped header fields beyond its limit, so credentials may be missing. */
  readonly truncated?: boolean;
  /** The same object for every request of one connection. */
  readonly peer: Peer;
}

/** Header fields that an answer must carry. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** The client of a connection, as far as the connection tells. One object per connection. */
export interface Peer {
  /** The address at the other end of the connection; empty when it is gone already. */
  readonly address: string;
  /** The client certificate in DER, when TLS asked for one and verified it. */
  readonly certificate?: Uint8Array | undefined;
  /** The peer is a trusted proxy: many callers share this connection. */
  readonly trusted: boolean;
  /** The address of a trusted proxy's client, from the headers of a request: `undefined` when the proxy does not say. */
  clientOf?(rawHeaders: readonly string[]): string | undefined;
}

/** The target of a request. */
export interface Target {
  readonly method: string;
  /** The path as received, without the query. */
  readonly path: string;
}
