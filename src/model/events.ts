import type { Awaitable } from "../base/awaitable.js";
import type { AuthenticationReason } from "./decision.js";
import { toActorNames } from "./identity.js";
import type { RequestOrigin } from "./request.js";
import type { Caller } from "./session.js";

/** Returns the names of a caller, for events. */
export function toParty({ identity, actor, scheme, session }: Caller): EventParty {
  return { ref: session?.ref, subject: identity.subject, ...toActorNames(actor), scheme };
}

/** The owner of a session, or the caller of a request, as far as the engine has verified them. */
export interface EventParty {
  readonly ref?: string | undefined;
  readonly subject?: string | undefined;
  /** The subject of the actor who operates as `subject`. */
  readonly actor?: string | undefined;
  /** The subjects that operate as the actor in turn, when a session is nested: nearest first. */
  readonly via?: readonly string[] | undefined;
  /** The registered scheme that was presented, in lower case. */
  readonly scheme?: string | undefined;
}

/** The owner of a session. */
export interface SessionOwner extends EventParty {
  readonly ref: string;
  readonly subject: string;
}

/** Who ended sessions, where a caller or an operator was named. */
export interface Ender {
  /** The subject of the caller or operator. */
  readonly by?: string | undefined;
  /** The subjects of the actors that operated as `by`, nearest first. */
  readonly byActors?: readonly string[] | undefined;
}

/**
 * What the engine reports to an observer (`onEvent`): for logs, metrics and alarms. An event holds no secret.
 * What an observer throws is ignored; it cannot change a decision.
 */
export type AuthEvent =
  | {
      readonly kind: "session-opened";
      readonly ref: string;
      readonly subject: string;
      /** The subject of the actor who operates as `subject`. */
      readonly actor?: string | undefined;
      /** The subjects that operate as the actor in turn, when a session is nested: nearest first. */
      readonly via?: readonly string[] | undefined;
      readonly scheme: string;
    }
  /**
   * A session was ended by log-out, by an operator or by a rule, or (`expired`) its deadline was found to have passed.
   */
  | ({
      readonly kind: "session-ended";
      readonly ref: string;
      readonly reason: string;
      /** Absent where the store holds the session no more; so is `actor`. */
      readonly subject?: string | undefined;
    } & EventParty &
      Ender)
  /** Credentials were accepted on a call that may open no session (`rotate: false`): once per connection. */
  | ({ readonly kind: "credentials-accepted"; readonly subject: string; readonly scheme: string } & EventParty)
  /** An actor began to operate as the subject. */
  | {
      readonly kind: "operate-as";
      readonly ref: string;
      readonly subject: string;
      readonly actor: string;
      readonly via?: readonly string[] | undefined;
    }
  /**
   * An actor was not permitted to operate as the subject. `subject` is absent when no account has the name they gave.
   */
  | {
      readonly kind: "operate-as-refused";
      readonly actor: string;
      readonly via?: readonly string[] | undefined;
      readonly subject?: string | undefined;
    }
  | {
      readonly kind: "ticket-issued" | "ticket-redeemed";
      readonly ref: string;
      readonly subject: string;
      readonly actor?: string | undefined;
      readonly via?: readonly string[] | undefined;
      readonly service: string;
    }
  /**
   * A ticket was redeemed twice, or by another service than it was for: an attacker may hold a copy. `ref` is absent
   * for the number of a ticket.
   */
  | {
      readonly kind: "ticket-misused";
      readonly ref?: string | undefined;
      readonly reason: "used" | "wrong_service";
      readonly service: string;
    }
  /**
   * A ticket was refused, and nothing says that there is a copy of it. `ref` is absent for the number of a ticket, and
   * for text that is no ticket.
   */
  | {
      readonly kind: "ticket-refused";
      readonly ref?: string | undefined;
      readonly reason: "invalid_ticket" | "expired" | "session_ended" | "unavailable";
      readonly service: string;
    }
  | ({ readonly kind: "subject-ended"; readonly subject: string; readonly reason: string } & Ender)
  /** A request was refused. The name that it claims is left out: it may be a password in the wrong field. */
  | ({ readonly kind: "refused"; readonly reason: AuthenticationReason } & EventParty)
  /** A new generation was written. */
  | { readonly kind: "rotated"; readonly ref: string; readonly generation: number }
  /**
   * A client went on with an old token for `rotateAfterMs`, although it was offered this generation: its responses do not
   * reach it whole, or it does not follow. Under `confirm-then-cut`; again each `rotateAfterMs`.
   */
  | ({ readonly kind: "offer-lapsed"; readonly generation: number } & SessionOwner)
  /** A token newer than the store's was presented: the store had lost a write, and its row was moved forward. */
  | ({ readonly kind: "healed"; readonly generation: number } & SessionOwner)
  /** A late request, or a copy, was refused without harm. */
  | ({ readonly kind: "superseded"; readonly generation: number } & SessionOwner)
  /**
   * A generation superseded long ago was presented: an attacker may hold a token of this session. Reported once, but
   * again with the next such call when the store did not confirm that the session was ended.
   */
  | ({ readonly kind: "reuse"; readonly generation: number } & SessionOwner)
  /**
   * A wrong password began a delay of an account, or made it longer. `account` is the name that was
   * typed, in canonical spelling: it need not exist.
   */
  | { readonly kind: "account-throttled"; readonly account: string; readonly delayMs: number }
  /**
   * An account accepts no password any more, after too many failures in a row (NIST SP 800-63B-4 §3.2.2), until its
   * owner logs in by other means or an operator resets it.
   */
  | { readonly kind: "account-stopped"; readonly account: string; readonly failures: number }
  /**
   * An operator has reset an account, or the owner of one that was stopped has logged in by other means: its password is
   * accepted again.
   */
  | { readonly kind: "account-reset"; readonly account: string }
  /** The budget of a source has run out, or that of all sources together when `source` is absent: passwords get 429. */
  | { readonly kind: "source-throttled"; readonly source: string | undefined }
  /**
   * A handler threw, was late or returned no verdict; the caller got 503, unless `recheck` failed: then `recheck-failed`
   * comes too. `failure.error` is the handler's own.
   */
  | { readonly kind: "handler-failed"; readonly scheme: string; readonly failure: HandlerFailure }
  /**
   * A function of the application failed, such as `trustProxy` or `onReuse`: it threw, rejected, or returned a promise
   * where it must answer at once. A caller who waited for its answer got 503. `error` is the function's own.
   */
  | { readonly kind: "callback-failed"; readonly callback: string; readonly error: unknown }
  /** A handler could not say whether an account is still there. Its sessions go on for `recheckStaleMs`, then get 503. */
  | { readonly kind: "recheck-failed"; readonly scheme: string }
  /**
   * This process does not know the owner of a session, or knows other roles, and has not seen them change: it acts for
   * itself alone, and writes nothing. In a rolling deployment of users this is over with the deployment.
   */
  | { readonly kind: "recheck-disagrees"; readonly ref: string; readonly subject: string; readonly scheme: string }
  /** The store could not answer: the caller got 503, or, while no request asked it, the store found it by itself. */
  | { readonly kind: "store-failed"; readonly error: unknown }
  /**
   * The key ring could not be read again. The keys of before stay in use, but a restart would fail, and a key that was
   * added since is unknown here. `repeated`: nor could it the time before. `error` is the ring's own.
   */
  | { readonly kind: "keys-failed"; readonly error: unknown; readonly repeated: boolean }
  /** Live sessions were signed by keys that the ring lacks: their tokens are refused. */
  | ({ readonly kind: "keys-missing" } & KeysMissing)
  /** After `keys-failed` or `keys-missing`: the ring can be read, and holds the keys that signed. */
  | { readonly kind: "keys-recovered" }
  /** Keys were revoked in the ring: what they signed, and every session that had opened by then, is refused from now on. */
  | { readonly kind: "keys-revoked"; readonly keyIds: readonly number[] }
  /**
   * A token names a key that the ring lacks: it is of another deployment, or forged, or this is not the ring that signed it.
   * Once a minute at most; `tokens`: how many since the event before.
   */
  | { readonly kind: "unknown-key"; readonly keyId: number; readonly tokens: number }
  /** A gateway started with a configuration, reloaded it or refused it. `digest`: the beginning of its SHA-256. */
  | {
      readonly kind: "configuration";
      readonly change: "started" | "reloaded" | "refused";
      readonly digest?: string | undefined;
    }
  /** A record of the audit was not written. `repeated`: nor was the record before it, of the same sink. */
  | { readonly kind: "audit-failed"; readonly error: unknown; readonly repeated: boolean };

/** The keys that a ring lacks, by what the store says of some live sessions. */
export interface KeysMissing {
  readonly keyIds: readonly number[];
  /** How many of the sessions that were looked at these keys signed. */
  readonly sessions: number;
  /** How many were looked at. */
  readonly of: number;
  /** Most of them: the ring is another deployment's. */
  readonly foreign: boolean;
}

/** Where an event comes from. */
export interface EventOrigin {
  /** Milliseconds since 1970, by the platform. */
  readonly at: number;
  /** The client's address: the connection's, or as a trusted proxy says. Absent where no request is at hand. */
  readonly address?: string | undefined;
  /** The request's id: its trace-id, its `X-Request-Id` if that has a plain form, or else one of its own. */
  readonly correlationId?: string | undefined;
}

/**
 * An observer of the engine. Called synchronously, in the order of events; what it throws or rejects with is ignored.
 */
export type OnEvent = (event: AuthEvent, origin: EventOrigin) => void;

/** Reports an event to the observers. Never throws and is not awaited. */
export type Emit = (event: AuthEvent, source?: RequestOrigin) => void;

/**
 * Records an event whose action must not happen unrecorded, and reports it to the observers. Throws or rejects with
 * `AuthError` `unavailable` when it could not be recorded and the audit has `onFailure: "refuse"`: then the action must
 * be undone.
 */
export type Recording = (event: AuthEvent, source?: RequestOrigin) => Awaitable<void>;

/** Why a handler's answer counted as `unavailable` although it did not say so. */
export type HandlerFailure =
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timed-out" }
  /** `found`: what came back instead, by its kind and never by its value. */
  | { readonly kind: "invalid-verdict"; readonly found: string };
