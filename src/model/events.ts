import type { Awaitable } from "../base/awaitable.js";
import type { AuthenticationReason } from "./decision.js";
import { toActorNames } from "./identity.js";
import type { RequestOrigin } from "./request.js";
import type { Caller } from "./session.js";

/** A caller, for events. */
export function toParty({ identity, actor, scheme, session }: Caller): EventParty {
  return { ref: session?.ref, subject: identity.subject, ...toActorNames(actor), scheme };
}

/** Whose session it is, or who is calling, as far as the engine knows without believing anybody. */
export interface EventParty {
  readonly ref?: string | undefined;
  readonly subject?: string | undefined;
  /** Who operates as the subject. */
  readonly actor?: string | undefined;
  /** As whom the actor does it, when they operate as somebody already: nearest first. */
  readonly via?: readonly string[] | undefined;
  /** The registered scheme that was presented, in lower case. */
  readonly scheme?: string | undefined;
}

/**
 * What the engine tells an observer (`onEvent`): for logs, metrics and alarms. Nothing in an event is secret.
 * An observer that throws is ignored; it cannot change a decision.
 */
export type AuthEvent =
  | {
      readonly kind: "session-opened";
      readonly ref: string;
      readonly subject: string;
      /** Who operates as the subject. */
      readonly actor?: string | undefined;
      /** As whom the actor does it, when they operate as somebody already: nearest first. */
      readonly via?: readonly string[] | undefined;
      readonly scheme: string;
    }
  /** By log-out, by an operator, by a rule, or (`expired`) because a deadline was found to have passed. */
  | {
      readonly kind: "session-ended";
      readonly ref: string;
      readonly reason: string;
      /** Where this process knows it. */
      readonly subject?: string | undefined;
      /** The subject of whoever ended it, where they were named. */
      readonly by?: string | undefined;
    }
  /** Somebody began to operate as the subject. */
  | {
      readonly kind: "operate-as";
      readonly ref: string;
      readonly subject: string;
      readonly actor: string;
      readonly via?: readonly string[] | undefined;
    }
  /** Somebody was not let. Without a subject there is nobody of the name that they gave. */
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
  /** It was redeemed twice, or by another service than it was for: somebody holds a copy. Without a ref it was a number. */
  | {
      readonly kind: "ticket-misused";
      readonly ref?: string | undefined;
      readonly reason: "used" | "wrong_service";
      readonly service: string;
    }
  | {
      readonly kind: "subject-ended";
      readonly subject: string;
      readonly reason: string;
      readonly by?: string | undefined;
    }
  /** Somebody was not let in. Who they said they were is not told: that may be a password in the wrong field. */
  | ({ readonly kind: "refused"; readonly reason: AuthenticationReason } & EventParty)
  /** A new generation was written. */
  | { readonly kind: "rotated"; readonly ref: string; readonly generation: number }
  /** A token newer than the store's was presented: the store lost a write, and was moved forward. */
  | { readonly kind: "healed"; readonly ref: string; readonly subject: string; readonly generation: number }
  /** A late request, or a copy, was refused without harm. */
  | { readonly kind: "superseded"; readonly ref: string; readonly subject: string; readonly generation: number }
  /**
   * A generation superseded long ago was presented: someone else holds this session. Once, but again with the next
   * such call when the store had not answered that the session was ended.
   */
  | { readonly kind: "reuse"; readonly ref: string; readonly subject: string; readonly generation: number }
  /**
   * A wrong password began a delay of an account, or made it longer. The account is what was typed, in canonical spelling:
   * it need not exist.
   */
  | { readonly kind: "account-throttled"; readonly account: string; readonly delayMs: number }
  /**
   * So many failures in a row that this account accepts no password any more (NIST SP 800-63B-4 §3.2.2), until its owner
   * logs in by other means or an operator resets it.
   */
  | { readonly kind: "account-stopped"; readonly account: string; readonly failures: number }
  | { readonly kind: "account-reset"; readonly account: string }
  /** The budget of a source has run out, of all sources together where none is named: passwords from there get 429. */
  | { readonly kind: "source-throttled"; readonly source: string | undefined }
  /** A handler threw, was late or returned no verdict; the caller got 503. `failure.error` is the handler's own. */
  | { readonly kind: "handler-failed"; readonly scheme: string; readonly failure: HandlerFailure }
  /** The store could not answer; the caller got 503. */
  | { readonly kind: "store-failed"; readonly error: unknown }
  /** A gateway began with this configuration, went on with it, or did not take it. `digest`: the beginning of its SHA-256. */
  | {
      readonly kind: "configuration";
      readonly change: "started" | "reloaded" | "refused";
      readonly digest?: string | undefined;
    }
  /** A record of the audit was not written. `repeated`: nor was the one before, of that sink. */
  | { readonly kind: "audit-failed"; readonly error: unknown; readonly repeated: boolean };

/** Where an event comes from. */
export interface EventOrigin {
  /** Milliseconds since 1970, by the platform. */
  readonly at: number;
  /** Of the client: of the connection, or what a proxy that we trust says. None where no request is at hand. */
  readonly address?: string | undefined;
  /** What the request is called: its trace-id, its `X-Request-Id` of a plain form, or else at random. */
  readonly correlationId?: string | undefined;
}

/** An observer of the engine. Called at once, in the order of events; what it throws or rejects with is ignored. */
export type OnEvent = (event: AuthEvent, origin: EventOrigin) => void;

/** Tells observers. Never throws and is not waited for. */
export type Emit = (event: AuthEvent, source?: RequestOrigin) => void;

/**
 * Tells observers of what must not happen unrecorded. Throws or rejects with `AuthError` `unavailable` when it could not
 * be recorded and the audit says `onFailure: "refuse"`: then it must come to nothing.
 */
export type Recording = (event: AuthEvent, source?: RequestOrigin) => Awaitable<void>;

/** Why a handler's answer counted as `unavailable` although it did not say so. */
export type HandlerFailure =
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timed-out" }
  | { readonly kind: "invalid-verdict" };
