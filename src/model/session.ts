import type { Actor, Identity, Json } from "./identity.js";
import type { RequestOrigin } from "./request.js";

/** How long an end of a subject is remembered, so that it covers log-ins under way; a longer log-in opens revoked. */
export const maxLoginMs = 600_000;

/** The durations of one session, all in milliseconds. */
export interface SessionRules {
  readonly policy: RotationPolicy;
  readonly rotateAfterMs: number;
  readonly overlapMs: number;
  readonly stragglerMs: number;
  /** `overlapping` only: how long one token is valid. */
  readonly lifetimeMs: number;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly unclaimedMs: number;
}

/** `"confirm-then-cut"` supersedes a token once its successor was used; `"overlapping"` lets each live for `lifetimeMs`. */
export type RotationPolicy = "confirm-then-cut" | "overlapping";

/**
 * The key or certificate that the caller of a bound session must prove beside the token, by the names of RFC 7800
 * `cnf`.
 * - `x5t#S256`: holds the client certificate with this SHA-256 thumbprint, base64url (RFC 8705 §3.1).
 * - `jkt`: holds the key with this RFC 7638 thumbprint, base64url (RFC 9449 §6.1).
 */
export type Confirmation = { readonly "x5t#S256": string } | { readonly jkt: string };

/** What a session keeps of its log-in. Stores keep it as one text and never parse it. */
export interface SessionContent<I extends Identity = Identity> {
  readonly identity: I;
  readonly actor?: Actor | undefined;
  /** Authentication context class of the log-in (OpenID Connect `acr`). */
  readonly acr?: string | undefined;
  /** When the caller last proved who they are, milliseconds since 1970; `null`: unknown. Default: when it opened. */
  readonly authenticatedAt?: number | null | undefined;
  /** The session is bound: its token alone is not enough. */
  readonly cnf?: Confirmation | undefined;
  /** The scopes of the credentials of the log-in; absent: they stand for the whole account. */
  readonly scopes?: readonly string[] | undefined;
  /** What let the caller in, as the handler said: it is asked about again. Absent: the handler did not say. */
  readonly via?: string | undefined;
  /** The refs of the sessions from which this one began, nearest first. It ends with any of them. */
  readonly parents?: readonly string[] | undefined;
  /**
   * The grant by which the actor operates as the identity. Absent when a handler named the actor: then no policy is
   * asked.
   */
  readonly grant?: GrantContent | undefined;
}

export interface GrantContent {
  readonly reason?: string | undefined;
  /** In rows of earlier versions, which have no `parents`: the session from which a nested one began. */
  readonly parent?: string | undefined;
  /** The credentials of the actor when they began to operate. The policy is asked about them each time. */
  readonly by?: ActorCredentials | undefined;
  /** The policy lets what is begun by it go on without the session of the actor. */
  readonly detached?: true | undefined;
}

/** The credentials by which an actor asks to operate as another account. */
export interface ActorCredentials {
  /** The scheme of the actor's log-in, in lower case. */
  readonly scheme?: string | undefined;
  /** The strength of that log-in, as the identity provider names it (OpenID Connect `acr`). */
  readonly acr?: string | undefined;
  /**
   * How long before they began to operate the actor proved who they are, in milliseconds; `undefined`: unknown. It does
   * not grow while they operate.
   */
  readonly ageMs?: number | undefined;
  /** The scopes of the credentials; `undefined`: they stand for the whole account. */
  readonly scopes?: readonly string[] | undefined;
}

/** The server's record of one log-in, as a route sees it. */
export interface Session {
  /** Names the session in logs, lists and stores. It is no secret: no token can be made from it. */
  readonly ref: string;
  /** The scheme that opened it, in lower case. */
  readonly scheme: string;
  /** Its policy and durations, fixed when it opened. */
  readonly rules: SessionRules;
  /** When the session opened, milliseconds since 1970 by the store's clock. */
  readonly createdAt: number;
  /** The key or certificate that its caller must prove beside the token; `undefined` for a plain bearer. */
  readonly cnf?: Confirmation | undefined;
  /** When it ends at the latest, milliseconds since 1970 by the store's clock. */
  readonly expiresAt: number;
  /** This session's own data, shared by all nodes: a small JSON value, `undefined` until something was put. */
  state(): Promise<Json | undefined>;
  /**
   * Replaces the data by the result of `change`, which may run several times when nodes race.
   *
   * @throws {AuthError} `session_ended`, or `unavailable` when the store cannot answer.
   */
  updateState(change: (current: Json | undefined) => Json): Promise<Json>;
  /**
   * Calls back once when the session has ended, by log-out, revocation or expiry: in this process only, and not when
   * `auth` is closed. What the callback throws is ignored.
   *
   * @returns a function that removes the callback
   */
  onEnd(callback: (reason: string) => void): () => void;
  /**
   * Ends the session on every node.
   *
   * @param reason goes to lists and events. Default: `"logout"`
   * @param source the request, for events
   */
  end(reason?: string, source?: RequestOrigin): Promise<void>;
  /** Whether this process knows that the session has ended. */
  readonly ended: boolean;
}

/** The caller of a request, as a route sees it. */
export interface Caller<I extends Identity = Identity> {
  readonly identity: I;
  /** The account that operates as `identity`. */
  readonly actor?: Actor | undefined;
  /** When the caller last proved who they are, milliseconds since 1970; `undefined`: unknown. For step-up. */
  readonly authenticatedAt?: number | undefined;
  /** The authentication context class of that proof, as the identity provider names it (OpenID Connect `acr`). */
  readonly acr?: string | undefined;
  /** The scheme that was presented with this request, in lower case. */
  readonly scheme: string;
  /**
   * What the credentials may do out of all that their account may, as your application names it; also of a session that
   * began from such credentials. `undefined`: they stand for the whole account.
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * When the credentials of this request end, milliseconds since 1970, where they are no session token and have an end.
   * Caps all that begins by them. The end of a session is `session.expiresAt`.
   */
  readonly expiresAt?: number | undefined;
  /** Present only when the request carries a session token. */
  readonly session?: Session | undefined;
}

/** Marks a session token, for `Bearer` dispatch and for secret scanners. */
export const sessionPrefix = "sps_";

/** Whether credentials are a session token. `DPoP` presents the token of a session bound to a key (RFC 9449 §7.1). */
export function isSessionToken(scheme: string, payload: string): boolean {
  return (scheme === "bearer" || scheme === "dpop") && payload.startsWith(sessionPrefix);
}
