import type { Allowed, AuthenticateOptions, AuthRequest, Decision, Denial } from "./decision.js";
import type { Awaitable, Handler, Peer, Target } from "./handlers/handler.js";
import type { Identity } from "./identity.js";
import type { Caller, Session } from "./sessions/session.js";

/** The identity type that a handler returns. */
export type IdentityOf<H> = H extends Handler<infer I> ? I : never;

/** The object every front is given. Made by `createAuth`. */
export interface Auth<I extends Identity = Identity> {
  /** Part of every token's MAC and of every challenge. */
  readonly realm: string;
  /**
   * Decides about a request by its headers alone. Data in, data out: writing the answer is the adapter's.
   * Never throws and never rejects: a fault is the denial `unavailable`. An accepted, remembered, not-due token is
   * answered without a promise.
   */
  authenticate(request: AuthRequest, options?: AuthenticateOptions): Awaitable<Decision<I>>;
  /** Runs a handler on a proof that came in a message instead of a header, and opens a session in any case. */
  logIn(proof: Proof, context: LogInContext): Promise<LogInOutcome<I>>;
  /**
   * Who is calling.
   *
   * @param source a request that an adapter has let in, or a Connect `HandlerContext` inside `connectAuth`.
   * @throws {AuthError} `no_caller` when nobody was authenticated; see `optionalCaller`.
   */
  caller(source: object): Caller<I>;
  /** As `caller`, but `undefined` on an anonymous request. */
  optionalCaller(source: object): Caller<I> | undefined;
  readonly sessions: Sessions;
  /** For adapters: where a request, or a Connect context, keeps its caller. One per `createAuth`. */
  readonly slot: CallerSlot<I>;
  /** Stops background work and closes the store. */
  close(): Promise<void>;
}

/** Looks like a Connect `ContextKey`, so that the core needs no import of Connect. */
export interface CallerSlot<I extends Identity = Identity> {
  readonly id: symbol;
  readonly defaultValue: Caller<I> | undefined;
}

/** A scheme and what was presented for it: text as in a header, or bytes of a handshake message. */
export interface Proof {
  readonly scheme: string;
  readonly payload: string | Uint8Array;
}

export interface LogInContext {
  readonly peer: Peer;
  readonly target: Target;
  /** From the `challenged` outcome of the round before. */
  readonly challenge?: { readonly round: number; readonly state: unknown };
}

export type LogInOutcome<I extends Identity = Identity> =
  | { readonly kind: "opened"; readonly caller: Caller<I>; readonly session: Session; readonly token: string }
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly round: number; readonly state: unknown }
  | Denial;

/** Administration of sessions. Every method throws `AuthError` `unavailable` when the store cannot answer. */
export interface Sessions {
  /** Live sessions in the order of `ref`. `limit`: 100 unless told, 1,000 at most. */
  list(query?: { subject?: string; after?: string; limit?: number }): Promise<readonly SessionSummary[]>;
  /** Ends one session on every node. `false` when there is none, or it had ended before. */
  end(ref: string, reason?: string): Promise<boolean>;
  /** Ends every session that this subject opened or that acts for it, and forgets remembered credentials. */
  endSubject(subject: string, reason?: string): Promise<void>;
}

/** A session in a list: nothing in it is secret. Instants are milliseconds since 1970 by the store's clock. */
export interface SessionSummary {
  readonly ref: string;
  readonly subject: string;
  readonly actor: string | undefined;
  readonly scheme: string;
  readonly createdAt: number;
  /** Exact to `rotateAfterMs`: use is not written down more often. */
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  /** A token of it has been presented. */
  readonly claimed: boolean;
}

export type { Allowed };
