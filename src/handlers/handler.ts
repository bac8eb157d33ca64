import type { Awaitable } from "../base/awaitable.js";
import type { Outside } from "../base/breaker.js";
import type { Actor, Identity } from "../model/identity.js";
import type { ProvedAt } from "../model/log-in.js";
import type { Peer, Target } from "../model/request.js";

/**
 * Keeps what a handler needs between two messages, for all nodes: in the engine's store, under names that no other
 * scheme or realm can read. Its methods throw or reject with `AuthError` `unavailable` when the store cannot answer.
 */
export interface OneTimeProofs {
  /** The engine's realm. Include it in what a client signs, so that the signature is refused by other deployments. */
  readonly realm: string;
  /**
   * Keeps `json` for `lifeMs` milliseconds. Returns `false`, and keeps nothing, when the name is taken.
   *
   * @param name may be secret: the store gets its SHA-256
   * @param json stored as it is, so it must hold no secret: see `derive`
   */
  put(name: string, json: string, lifeMs: number): Awaitable<boolean>;
  /**
   * Removes the JSON of a name and returns it: only the first call over all nodes gets it. `undefined` when there is
   * none.
   */
  take(name: string): Awaitable<string | undefined>;
  /**
   * Derives 32 secret bytes that only the nodes of this deployment can compute: HMAC-SHA-256 of `input` under a signing
   * key. With `input` and `keyId` the secret can be derived again, so it need not be stored.
   *
   * @param keyId the `keyId` of an earlier result. Default: the key that signs now
   * @returns `undefined` when the ring no longer holds the key
   */
  derive(input: string, keyId?: number): { readonly keyId: number; readonly secret: Uint8Array } | undefined;
}

/**
 * Decides on the credentials of one authentication scheme. It returns a verdict, and never writes or sees a response.
 *
 * It must have at least one of `fromHeader` and `fromHandshake`; `createAuth` checks. See `docs/writing-a-handler.md`.
 */
export interface Handler<I extends Identity = Identity> {
  /** The scheme (RFC 9110 §11.1): an HTTP token, compared without regard to case. */
  readonly scheme: string;
  /**
   * `"session"`: accepted credentials open a session, and the response carries its token (passwords, shared keys).
   * `"nothing"`: the credentials themselves come with every call (JWT, API key), and no session is made.
   */
  readonly opens: "session" | "nothing";
  /**
   * `"certificate"`: the handler decides by the client certificate that TLS has verified, on requests without an
   * `Authorization` field; `fromHeader` is then called with `""`. At most one handler may be such. Default: `"header"`.
   */
  readonly carrier?: "header" | "certificate";
  /**
   * With `carrier: "certificate"`: the field, in lower case, in which a trusted proxy forwards the certificate of its client.
   * A request of a trusted proxy with this field is the handler's, too. Default: none.
   */
  readonly forwardedIn?: string | undefined;
  /**
   * A further header that carries the payload alone, such as `X-API-Key`, for clients that cannot set `Authorization`. It is
   * a credential like `Authorization`: a request with both is refused. The value is visible ASCII without blanks and
   * commas. Not for `Bearer` and `DPoP`, nor within a `chain`. Default: none.
   */
  readonly header?: string | undefined;
  /**
   * `true` if the verdict depends on the payload alone (not on peer, target or round). The engine may then remember for
   * `rememberMs` that a payload was accepted. Default: `false`.
   */
  readonly remember?: boolean;
  /**
   * Returns a number that differs when an earlier verdict may no longer hold (a user file was edited). The engine calls
   * it for every call of a session that this handler opened, and before it uses a remembered verdict; it must be cheap.
   * After another number it asks `recheck`, and forgets verdicts. Numbers are compared within one process only.
   */
  epoch?(): number;
  /**
   * Decides again about a caller that this handler let in earlier: the account may have been disabled or deleted, have
   * other roles, or have lost the key or password that was used. Return the identity as it is now; `undefined`, `null`
   * or `false` when the account or what let the caller in is gone, and the session ends on every node. Throw when it
   * cannot be decided now: the session goes on for `recheckStaleMs`, and then callers get 503.
   *
   * The engine asks when a token turns, after another `epoch`, and every `recheckMs` while the session is used. Without
   * this method a session lives to its absolute limit, whatever becomes of the account.
   *
   * @param identity the identity of the session, as JSON gives it back
   */
  recheck?(identity: I, context: RecheckContext): Awaitable<I | null | undefined | false>;
  /**
   * How long this handler may take, in milliseconds, if longer than `handlerTimeoutMs`: for a handler that waits for a
   * person. At most `maxLoginMs`, 600,000: after a longer log-in the session would be revoked when it opens. Default:
   * `handlerTimeoutMs`.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * For secrets that people choose: returns the account that the credentials name. The engine then throttles guesses;
   * it counts them under one spelling, which ignores case, accents, width, invisible characters and white space. Return
   * `undefined` for a payload that is no guess, such as a malformed one. Leave the method out if the secret is long and
   * random, such as a key or a ticket: such log-ins are never throttled.
   */
  accountOf?(payload: string | Uint8Array): string | undefined;
  /**
   * Returns the challenge for `WWW-Authenticate` (RFC 9110 §11.6.1), or `undefined` for none. Default: `<scheme>
   * realm="<realm>"`.
   */
  challenge?(realm: string): string | undefined;
  /** Decides on the text after the scheme in an `Authorization` value; `""` when there was none. */
  fromHeader?(payload: string, context: HandlerContext): Awaitable<Verdict<I>>;
  /**
   * Called by `auth.close()`, to write what waits to be written and to close connections. Another engine may use the
   * handler after that.
   */
  close?(): Awaitable<void>;
  /** Returns the state of what the handler asks outside this process, such as a directory: for metrics. Default: nothing. */
  outside?(): readonly Outside[];
  /** Decides on one message of a handshake (a log-in RPC, Arrow Flight's `Handshake`). */
  fromHandshake?(payload: Uint8Array, context: HandlerContext): Awaitable<Verdict<I>>;
}

/** What a handler may know when it decides again. */
export interface RecheckContext {
  /** What let the caller in, as the verdict said; `undefined` if it did not, or the session is of an earlier version. */
  readonly via: string | undefined;
  /** Aborted when the deadline (`handlerTimeoutMs`) has passed: a later answer is ignored. */
  readonly signal: AbortSignal;
  /** As in `OneTimeProofs`. */
  readonly derive: OneTimeProofs["derive"];
}

/** What a handler may know of the request. It holds neither the response nor headers, but for the one that it names. */
export interface HandlerContext {
  /**
   * Aborted when the deadline (`handlerTimeoutMs`, or the handler's `timeoutMs`) has passed, or the caller has left: a
   * later verdict is ignored.
   */
  readonly signal: AbortSignal;
  readonly peer: Peer;
  readonly target: Target;
  /** The lines of the handler's `forwardedIn`. Absent unless the peer is a trusted proxy. */
  readonly forwarded?: readonly string[] | undefined;
  /**
   * The caller's address as the source of log-ins: an IPv4 address or a /64 of IPv6; behind a trusted proxy, the one
   * that the proxy names. `undefined` when it is unknown or a loopback address.
   */
  readonly source?: string | undefined;
  /** Keeps values between two messages, for all nodes, each to be taken once. */
  readonly proofs: OneTimeProofs;
  /** 1 on the first message of a log-in, and one more after each `challenged`. */
  readonly round: number;
  /** The `state` of this handler's last `challenged` verdict; `undefined` in round 1. */
  readonly state?: unknown;
}

/**
 * The decision of a handler.
 * - `accepted`: the credentials are right.
 * - `challenged`: one more round; `payload` goes to the client, `state` comes back with the next message.
 * - `declined`: the handler does not decide on these credentials. In a chain, the next handler is asked.
 * - `rejected`: the credentials are wrong. Ends the attempt; no other handler is asked.
 * - `unavailable`: the handler cannot decide now. The caller gets 503, never 401. A thrown error means the same.
 */
export type Verdict<I extends Identity = Identity> =
  | {
      readonly kind: "accepted";
      readonly identity: I;
      /** The account that logged in, when it operates as `identity` (RFC 8693 `act`). */
      readonly actor?: Actor | undefined;
      /**
       * The strength of the log-in, as the identity provider names it (OpenID Connect `acr`): visible ASCII without
       * quotes.
       */
      readonly acr?: string | undefined;
      /**
       * When the caller logged in, in milliseconds since 1970. Default: now, if the credentials themselves are the
       * log-in (`opens: "session"`); `"unknown"`, if they were issued for an earlier one (`opens: "nothing"`).
       */
      readonly authenticatedAt?: number | "unknown" | undefined;
      /**
       * When the credentials expire, in milliseconds since 1970. A session that opens, and all that begins by it, ends
       * then at the latest.
       */
      readonly expiresAt?: number | undefined;
      /**
       * What the credentials may do out of all that their account may, as your application names it (RFC 6749 §3.3).
       * With scopes, an empty list too, the caller does not stand for the whole account: see `Caller.scopes`. Default:
       * the whole account.
       */
      readonly scopes?: readonly string[] | undefined;
      /**
       * What let the caller in, for `recheck`: the fingerprint of a key, the id of an API key, a mark of the password.
       * The session keeps it, so it must hold no secret. 1 to 64 characters of visible ASCII.
       */
      readonly via?: string | undefined;
    }
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly state: unknown }
  | { readonly kind: "declined" }
  | { readonly kind: "rejected" }
  | { readonly kind: "unavailable" };

/** Returns when the caller logged in: what the verdict said, or the default for the handler's `opens`. */
export function provedAt(handler: Pick<Handler, "opens"> | undefined, said: number | "unknown" | undefined): ProvedAt {
  return said ?? (handler?.opens === "session" ? "now" : "unknown");
}

/** The verdict `declined`: the handler does not decide on these credentials. */
export const declined: Verdict<never> = Object.freeze({ kind: "declined" });

/** The verdict `rejected`: the credentials are wrong, and the caller gets 401. */
export const rejected: Verdict<never> = Object.freeze({ kind: "rejected" });

/** The verdict `unavailable`: the handler cannot decide now, and the caller gets 503, never 401. */
export const unavailable: Verdict<never> = Object.freeze({ kind: "unavailable" });
