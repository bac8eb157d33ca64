import type { Actor, Identity, Json } from "./identity.js";
import type { RequestOrigin } from "./request.js";

/** How long an end of a subject is remembered against log-ins under way; a longer log-in opens revoked. */
export const maxLoginMs = 600_000;

/** The durations of one session, all in milliseconds. */
export interface SessionRules {
  readonly policy: RotationPolicy;
  readonly rotateAfterMs: number;
  readonly overlapMs: number;
  readonly stragglerMs: number;
  /** `overlapping` only: how long one token is good. */
  readonly lifetimeMs: number;
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly unclaimedMs: number;
}

/** `"confirm-then-cut"` supersedes a token once its successor was used; `"overlapping"` lets each live for `lifetimeMs`. */
export type RotationPolicy = "confirm-then-cut" | "overlapping";

/**
 * What a bound session's caller must prove beside the token, by the names of RFC 7800 `cnf`.
 * - `x5t#S256`: holds the client certificate with this SHA-256 thumbprint, base64url (RFC 8705 §3.1).
 * - `jkt`: holds the key with this RFC 7638 thumbprint, base64url (RFC 9449 §6.1).
 */
export type Confirmation = { readonly "x5t#S256": string } | { readonly jkt: string };

/** What a session knows of its log-in. Stores keep it as one text and never look inside. */
export interface SessionContent<I extends Identity = Identity> {
  readonly identity: I;
  readonly actor?: Actor | undefined;
  /** Authentication context class of the log-in (OpenID Connect `acr`). */
  readonly acr?: string | undefined;
  /** When the caller last proved who they are, milliseconds since 1970; `null`: nobody knows. Default: when it opened. */
  readonly authenticatedAt?: number | null | undefined;
  /** The session is bound: its token alone is not enough. */
  readonly cnf?: Confirmation | undefined;
  /** By whose leave the actor operates as the identity. Without one, a handler said so, and nobody asks again. */
  readonly grant?: GrantContent | undefined;
}

export interface GrantContent {
  readonly reason?: string | undefined;
  /** The session of an actor who was operating as somebody already: this one lives no longer than that. */
  readonly parent?: string | undefined;
}

/** The server's record of one log-in, as a route sees it. */
export interface Session {
  /** Names the session in logs, lists and stores. It is no secret: no token can be made from it. */
  readonly ref: string;
  /** The scheme that opened it, in lower case. */
  readonly scheme: string;
  /** Its policy and durations, fixed when it opened. */
  readonly rules: SessionRules;
  /** Milliseconds since 1970, by the store's clock. */
  readonly createdAt: number;
  /** What its caller must prove beside the token; `undefined` for a plain bearer. */
  readonly cnf?: Confirmation | undefined;
  /** When it ends whatever happens, milliseconds since 1970 by the store's clock. */
  readonly expiresAt: number;
  /** This session's own data, shared by all nodes: a small JSON value, `undefined` until something was put. */
  state(): Promise<Json | undefined>;
  /**
   * Replaces the data by what `change` makes of it; `change` may run several times when nodes race.
   *
   * @throws {AuthError} `session_ended`, or `unavailable` when the store cannot answer.
   */
  updateState(change: (current: Json | undefined) => Json): Promise<Json>;
  /**
   * Calls back once when the session has ended, by log-out, revocation or expiry: in this process only, and not when
   * `auth` is closed. What the callback throws is ignored.
   * Returns a function that takes the callback back.
   */
  onEnd(callback: (reason: string) => void): () => void;
  /** Logs out: final on every node. `reason` goes to lists and events; default `"logout"`. `source`: the request, for events. */
  end(reason?: string, source?: RequestOrigin): Promise<void>;
  /** It is known here to have ended. */
  readonly ended: boolean;
}

/** Who is calling: what a route sees. */
export interface Caller<I extends Identity = Identity> {
  readonly identity: I;
  /** Who really logged in, when they operate as `identity`. */
  readonly actor?: Actor | undefined;
  /** When they last proved who they are, milliseconds since 1970; `undefined` when nobody knows. For step-up. */
  readonly authenticatedAt?: number | undefined;
  /** How strong that proof was, as the identity provider names it. */
  readonly acr?: string | undefined;
  /** The scheme that was presented with this request, in lower case. */
  readonly scheme: string;
  /** Only when a session token was presented. */
  readonly session?: Session | undefined;
}

/** Marks a session token, for `Bearer` dispatch and for secret scanners. */
export const sessionPrefix = "sps_";

/** Whether this is for the session manager. `DPoP` presents the token of a session bound to a key (RFC 9449 §7.1). */
export function isSessionToken(scheme: string, payload: string): boolean {
  return (scheme === "bearer" || scheme === "dpop") && payload.startsWith(sessionPrefix);
}
