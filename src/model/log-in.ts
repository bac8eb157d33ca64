import type { Denial } from "./decision.js";
import type { Actor, Identity } from "./identity.js";
import type { HeaderFields, Peer, RequestOrigin, Target } from "./request.js";
import type { Caller, Confirmation, GrantContent, Session, SessionRules } from "./session.js";

/** A scheme and what was presented for it: text as in a header, or bytes of a handshake message. */
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
  /** Aborted when the caller has left: then no session opens. Default: it is taken to wait for the outcome. */
  readonly signal?: AbortSignal | undefined;
  /** As received, for a proof of possession; default: none. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** Operate as somebody else from the start. */
  readonly operateAs?: OperateAsWish | undefined;
  /**
   * The session's policy and durations, where a front's clients need others: `{ ...auth.front.rules, policy: "overlapping" }`.
   * Checked as those of `createAuth` are. Default: `auth.front.rules`.
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
  /** Hidden: `inspect`, JSON and a copy by `...` go without. */
  readonly token: string;
  /** What else the answer must carry. */
  readonly headers?: HeaderFields | undefined;
}

/** What became of a log-in by message: a session, one more round, or a denial. */
export type LogInOutcome<I extends Identity = Identity> =
  | SessionOpened<I>
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly round: number; readonly state: unknown }
  | Denial;

/** @throws rejects with `AuthError` `invalid_options` for rules that cannot be. Whatever else happens is an outcome. */
export type LogInByMessage<I extends Identity = Identity> = (
  credentials: LogInCredentials,
  context: LogInContext,
) => Promise<LogInOutcome<I>>;

/**
 * From now on as somebody else, in a session of its own: the one that the caller has goes on.
 *
 * @param caller who asks, as a front has let them in
 * @param context where the request came from: for a caller without a session, the new one is bound to what it proves
 */
export type BeginOperateAs<I extends Identity = Identity> = (
  caller: Caller,
  wish: OperateAsWish,
  context?: OperateAsContext,
) => Promise<SessionOpened<I> | Denial>;

/**
 * Opens a session for somebody whom something of ours has proved, without a handler.
 *
 * @param who `cnf` there: the session must be bound too, to whatever it is that this request proves
 */
export type OpenFor<I extends Identity = Identity> = (
  who: SessionSubject,
  context: OpenContext,
) => Promise<SessionOpened<I> | Denial>;

/** Where a request to operate as somebody came from. */
export type OperateAsContext = Pick<LogInContext, "peer" | "target" | "rawHeaders">;

/** Where a request for a session came from, and what it is to be like. */
export type OpenContext = Pick<LogInContext, "peer" | "target" | "rawHeaders" | "rules">;

/** Who gets a session. */
export interface SessionSubject extends LoggedIn, WouldBeActor {
  /** The session that this one begins from: where that one is over, this one does not begin. */
  readonly from?: string | undefined;
}

/** When the caller proved who they are, milliseconds since 1970; `"unknown"` is never fresh enough for a step-up. */
export type ProvedAt = number | "now" | "unknown";

/** Whom to operate as, and what the actor says about it. */
export interface OperateAsWish {
  readonly subject: string;
  /** Why: 1 to 256 characters without control characters; some policies ask for one. */
  readonly reason?: string | undefined;
  /** For how long at most, in milliseconds. */
  readonly maxMs?: number | undefined;
}

/** Who asks: a caller, or whoever has just logged in. */
export interface WouldBeActor {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  readonly session?: Session | undefined;
}

/** Who logged in, as a handler accepted it. */
export interface LoggedIn {
  readonly identity: Identity;
  readonly actor?: Actor | undefined;
  /** In lower case. */
  readonly scheme: string;
  readonly acr?: string | undefined;
  /** Said by whoever opens: a log-in of which nobody knows the age must not become a fresh one. */
  readonly provedAt: ProvedAt;
  /** What the session is bound to. */
  readonly cnf?: Confirmation | undefined;
  readonly grant?: GrantContent | undefined;
  /** Milliseconds since 1970: the session ends then at the latest. */
  readonly expiresAt?: number | undefined;
  /** Default: those of the engine. */
  readonly rules?: SessionRules | undefined;
  /** The request that they logged in by, for events. */
  readonly source?: RequestOrigin | undefined;
  /** Monotonic instant before the credentials were checked. A subject ended since then gets no session. */
  readonly checkedAt: number;
}
