/** How an upstream is logged in to: the RPCs of Deephaven Core, Flight's handshake, those of Sallyport, or a path of HTTP. */
export type CredentialWire = "deephaven" | "flight" | "sallyport" | "http";

/** The gateway's own credential at an upstream, by which it opens a session there for each session of its callers. */
export interface UpstreamCredential {
  readonly wire: CredentialWire;
  /** The scheme of the `Authorization` field by which the gateway logs in. */
  readonly scheme: string;
  /** The user whose password `secret` is, where the scheme is `Basic`. */
  readonly user?: string | undefined;
  readonly secret: string;
  /** `http` only: what is asked by GET to log in, and to keep the session alive. */
  readonly path?: string | undefined;
  /** `http` only: what is asked by POST to log out. Default: the session is left to its own end. */
  readonly logOutPath?: string | undefined;
  /** How often the upstream's session is used while that of the caller lives, in milliseconds. */
  readonly keepAliveMs: number;
}

/** Returns the value of `Authorization` by which the gateway logs in. */
export function toLogInValue({ scheme, user, secret }: UpstreamCredential): string {
  return `${scheme} ${user === undefined ? secret : Buffer.from(`${user}:${secret}`).toString("base64")}`;
}

/** The form of an upstream's token: RFC 6750 §2.1, and what UUIDs have. */
const bearer = /^Bearer ([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

/** Returns the token that an upstream gives in the header or the trailers of an answer. */
export function tokenIn(fields: readonly string[]): string | undefined {
  let token: string | undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (name.length === 13 && name.toLowerCase() === "authorization")
      token = bearer.exec(fields[index + 1] as string)?.[1];
  }
  return token;
}
