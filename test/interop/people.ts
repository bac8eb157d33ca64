/** Who there is, on both servers: the class of the real one's Basic handler has the same. */
export const users: ReadonlyMap<string, string> = new Map([
  ["user", "p:w"],
  ["grüße", "pässwörd:1"],
]);
/** Whoever logs in by this name finds the user directory down. */
export const outage = "outage";
export const key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
export const pskClass = "io.deephaven.authentication.psk.PskAuthenticationHandler";
export const anonymousClass = "io.deephaven.auth.AnonymousAuthenticationHandler";
export const cookieName = "deephaven-auth-cookie";

/** A server that the clients are run against. */
export interface Subject {
  readonly port: number;
  /** Longer than it takes until an answer brings a new token. */
  readonly rotateSeconds: number;
  /** Enough for ten keep-alives. */
  readonly staySeconds: number;
  close(): Promise<void>;
}
