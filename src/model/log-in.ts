import type { Denial } from "./decision.js";
import type { Actor, Identity } from "./identity.js";
import type { HeaderFields, Peer, RequestOrigin, Target } from "./request.js";
import type { Caller, Confirmation, GrantContent, Session, SessionRules } from "./session.js";

/** A scheme and the credentials that were presented for it: text as in a header, or bytes of a handshake message. */
export interface LogInCredentials {
  readonly scheme: string;
  readonly payload: string | Uint8Array;
  /** The scheme or alias must be spelled exactly as it was configured. Default: `false`, as in a header. */
  readonly exact?: boolean | undefined;
}

/** Where a log-in by message came from. */
export interface LogInContext {
  readonly peer: Peer;
  readonly target: Target;
  /** Aborted when the client has left: then no session opens. Default: the client is taken to wait for the outcome. */
  readonly signal?: AbortSignal | undefined;
  /** The header fields as received, for a proof of possession. Default: none. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The account to operate as from the start. Default: the caller's own. */
  readonly operateAs?: OperateAsWish | undefined;
  /**
   * The session's policy and durations, where a front's clients need others: `{ ...auth.front.rules, policy: "overlapping" }`.
   * Checked like those of `createAuth`. Default: `auth.front.rules`.
   */
  readonly rules?: SessionRules | undefined;
  /** From the `challenged` outcome of the round before. */
  readonly challenge?: { readonly round: number; readonly state: unknown };
}

/** A session was opened by a message. */
export interface SessionOpened<I extends Identity = Identity> {
  readonly kind: "opened";
  readonly caller: Caller<I>;
  readonly session: Session;
  /** Not enumerable: `inspect`, JSON and a copy by `...` leave it out. */
  readonly token: string;
  /** Further header fields that the response must carry. */
  readonly headers?: HeaderFields | undefined;
}

/** The outcome of a log-in by message: a session, one more round, or a denial. */
export type LogInOutcome<I extends Identity = Identity> =
  | SessionOpened<I>
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly round: number; readonly state: unknown }
  | Denial;

/**
 * Logs a caller in by a message.
 *
 * @throws rejects with `AuthError` `invalid_options` for invalid `rules`; any other failure is a denial
 */
export type LogInByMessage<I extends Identity = Identity> = (
  credentials: LogInCredentials,
  context: LogInContext,
) => Promise<LogInOutcome<I>>;

/**
 * Opens another session, in which the caller operates as another account. The session that the caller has goes on.
 *
 * @param caller the actor, as a front has authenticated them
 * @param context the origin of the request: for a caller without a session, the new one is bound to the key or
 *   certificate that this request proves
 */
export type BeginOperateAs<I extends Identity = Identity> = (
  caller: Caller,
  wish: OperateAsWish,
  context?: OperateAsContext,
) => Promise<SessionOpened<I> | Denial>;

/**
 * Opens a session for a subject that was proved without a handler, such as by a ticket.
 *
 * @param who the subject; if it has `cnf`, the session must be bound as well, to the key or certificate that this
 *   request proves
 */
export type OpenFor<I extends Identity = Identity> = (
  who: SessionSubject,
  context: OpenContext,
) => Promise<SessionOpened<I> | Denial>;

/** The origin of a request to operate as another account. */
export type OperateAsContext = Pick<LogInContext, "peer" | "target" | "rawHeaders">;

/** The origin of a request for a session, and the session's rules. */
export type OpenContext = Pick<LogInContext, "peer" | "target" | "rawHeaders" | "rules">;

/** The subject of a new session. */
export interface SessionSubject extends LoggedIn, WouldBeActor {
  /** The session that this one begins from, and ends with. If that session is over, this one does not open. */
  readonly from?: string | undefined;
  /** The session goes on when the one of `from` ends. Default: `false`. */
  readonly detached?: boolean | undefined;
}

/** When the caller proved who they are, milliseconds since 1970; `"unknown"` is never fresh enough for a step-up. */
export type ProvedAt = number | "now" | "unknown";

/** The account to operate as, and the actor's reason. */
export interface OperateAsWish {
  readonly subject: string;
  /** The actor's reason: 1 to 256 characters without control characters; some policies require one. */
  readonly reason?: string | undefined;
  /** The longest time to operate as the account, in milliseconds. */
  readonly maxMs?: number | undefined;
}

/** The account that asks to operate as another: a caller, or a subject that is logging in. */
export interface WouldBeActor extends Pick<LoggedIn, "scheme" | "acr" | "provedAt" | "scopes"> {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  readonly session?: Session | undefined;
}

/** A log-in, as a handler accepted it. */
export interface LoggedIn {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  /** The scheme of the log-in, in lower case. */
  readonly scheme: string;
  readonly acr?: string | undefined;
  /** Required, without a default: a log-in of unknown age must not become a fresh one. */
  readonly provedAt: ProvedAt;
  /** The key or certificate that the session is bound to. */
  readonly cnf?: Confirmation | undefined;
  readonly grant?: GrantContent | undefined;
  /** The scopes of the credentials; `undefined`: they stand for the whole account. */
  readonly scopes?: readonly string[] | undefined;
  /** What let the caller in, as the handler said. */
  readonly via?: string | undefined;
  /** The refs of the sessions from which this one begins, nearest first. Default: none. */
  readonly parents?: readonly string[] | undefined;
  /** Milliseconds since 1970: the session ends then at the latest. */
  readonly expiresAt?: number | undefined;
  /** Default: those of the engine. */
  readonly rules?: SessionRules | undefined;
  /** The request of the log-in, for events. */
  readonly source?: RequestOrigin | undefined;
  /** Monotonic instant before the credentials were checked. A subject ended since then gets no session. */
  readonly checkedAt: number;
}
