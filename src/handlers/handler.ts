import type { Awaitable } from "../base/awaitable.js";
import type { Actor, Identity } from "../model/identity.js";
import type { ProvedAt } from "../model/log-in.js";
import type { Peer, Target } from "../model/request.js";

/**
 * What a handler keeps between two messages, for all nodes: in the engine's store, under names that no other scheme or
 * realm reaches. Throws or rejects with `AuthError` `unavailable` when the store cannot answer.
 */
export interface OneTimeProofs {
  /** The engine's realm. Bind to it what a client signs, so that no signature passes for another deployment. */
  readonly realm: string;
  /**
   * Keeps `json` for `lifeMs` milliseconds. `false` when there is one of that name.
   *
   * @param name may be secret: it is kept as SHA-256.
   * @param json is kept as it is, so it must hold no secret: see `derive`.
   */
  put(name: string, json: string, lifeMs: number): Awaitable<boolean>;
  /** Removes what was put and returns it: to one taker on all nodes, once. */
  take(name: string): Awaitable<string | undefined>;
  /**
   * 32 bytes that every node can compute and nobody else: HMAC-SHA-256 of `input` under a signing key. Keep `input` and
   * `keyId`, and the secret itself need not be kept anywhere.
   *
   * @param keyId of an earlier answer. Default: the key that signs now.
   * @returns `undefined` when the ring holds no key of that id any more
   */
  derive(input: string, keyId?: number): { readonly keyId: number; readonly secret: Uint8Array } | undefined;
}

/**
 * Answers for one authentication scheme. It returns a verdict; it never writes a response and never sees one.
 *
 * At least one of the two methods must be there; `createAuth` checks. See `docs/writing-a-handler.md`.
 */
export interface Handler<I extends Identity = Identity> {
  /** The scheme it answers for (RFC 9110 §11.1): an HTTP token, compared without regard to case. */
  readonly scheme: string;
  /**
   * `"session"`: accepted credentials open a session, and the response carries its token (passwords, shared keys).
   * `"nothing"`: the credentials themselves come with every call (JWT, API key), and no session is made.
   */
  readonly opens: "session" | "nothing";
  /**
   * `"certificate"`: it decides by the client certificate that TLS has verified, on requests without an
   * `Authorization` field; `fromHeader` is then called with `""`. One handler at most. Default: `"header"`.
   */
  readonly carrier?: "header" | "certificate";
  /**
   * `true` where the verdict depends on the payload alone (never on peer, target or round), so that the engine may
   * remember for `rememberMs` that it was right. Default: `false`.
   */
  readonly remember?: boolean;
  /**
   * With `remember`: a number that grows when an earlier verdict may no longer hold (a user file was edited). The
   * engine asks before it trusts its memory, and forgets what it remembered under another number. It must be cheap.
   */
  epoch?(): number;
  /**
   * How long this handler may take, milliseconds, where that is longer than `handlerTimeoutMs`: for one that waits for a
   * person. At most `maxLoginMs`, 600,000: a longer log-in would open revoked.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * For secrets that people choose: whose account this is a guess at. The engine then slows guesses down; it counts them
   * under one spelling, to which case, accents, width, invisible characters and white space are nothing. `undefined` when nothing can be guessed with it, such as a malformed payload. Leave the
   * method out where the proof is long and random, a key or a ticket: such log-ins are never throttled.
   */
  accountOf?(payload: string | Uint8Array): string | undefined;
  /**
   * What to say in `WWW-Authenticate` (RFC 9110 §11.6.1), or `undefined` to stay unmentioned.
   * Default: `<scheme> realm="<realm>"`.
   */
  challenge?(realm: string): string | undefined;
  /** Decides on the text after the scheme in an `Authorization` value; `""` when there was none. */
  fromHeader?(payload: string, context: HandlerContext): Awaitable<Verdict<I>>;
  /** Decides on one message of a handshake (a log-in RPC, Arrow Flight's `Handshake`). */
  fromHandshake?(payload: Uint8Array, context: HandlerContext): Awaitable<Verdict<I>>;
}

/** What a handler may know of the request: no headers, no response. */
export interface HandlerContext {
  /**
   * Aborted when the deadline (`handlerTimeoutMs`, or the handler's `timeoutMs`) has passed, or the caller has left:
   * whatever is returned later counts for nothing.
   */
  readonly signal: AbortSignal;
  readonly peer: Peer;
  readonly target: Target;
  /**
   * Where the caller is, as one source of log-ins: an IPv4 address or a /64 of IPv6, behind a trusted proxy as that says.
   * `undefined` when it is not known, and for this machine itself.
   */
  readonly source?: string | undefined;
  /** What is kept between two messages, for all nodes, and taken once. */
  readonly proofs: OneTimeProofs;
  /** 1 on the first message of a log-in, and one more after each `challenged`. */
  readonly round: number;
  /** What this handler put into its last `challenged` verdict; `undefined` in round 1. */
  readonly state?: unknown;
}

/**
 * What a handler decided.
 * - `accepted`: mine and right.
 * - `challenged`: one more round, please; `payload` goes to the client, `state` comes back with the next message.
 * - `declined`: not mine, or not for me to say.
 * - `rejected`: mine and wrong. Ends the attempt; nothing else is tried.
 * - `unavailable`: cannot tell now. The caller gets 503, never 401. A thrown error means the same.
 */
export type Verdict<I extends Identity = Identity> =
  | {
      readonly kind: "accepted";
      readonly identity: I;
      /** Who really logged in, when somebody operates as somebody else (RFC 8693 `act`). */
      readonly actor?: Actor | undefined;
      /** How strong the proof was, as the identity provider names it (OpenID Connect `acr`): visible ASCII without quotes. */
      readonly acr?: string | undefined;
      /**
       * When the caller proved it, milliseconds since 1970. Default: now, where the credentials themselves are the proof
       * (`opens: "session"`); `"unknown"` where they were issued for an earlier one (`opens: "nothing"`).
       */
      readonly authenticatedAt?: number | "unknown" | undefined;
      /** Milliseconds since 1970 after which the credentials are worth nothing; caps the session. */
      readonly expiresAt?: number | undefined;
    }
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly state: unknown }
  | { readonly kind: "declined" }
  | { readonly kind: "rejected" }
  | { readonly kind: "unavailable" };

/** What an accepted verdict says of it, or what its handler's kind stands for where it says nothing. */
export function provedAt(handler: Pick<Handler, "opens"> | undefined, said: number | "unknown" | undefined): ProvedAt {
  return said ?? (handler?.opens === "session" ? "now" : "unknown");
}

/** Not mine, or not for me to say. */
export const declined: Verdict<never> = Object.freeze({ kind: "declined" });

/** Mine and wrong: 401. */
export const rejected: Verdict<never> = Object.freeze({ kind: "rejected" });

/** Cannot tell now: 503, never 401. */
export const unavailable: Verdict<never> = Object.freeze({ kind: "unavailable" });
