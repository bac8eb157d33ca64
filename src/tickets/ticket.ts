import type { Denial } from "../model/decision.js";
import type { Actor, Identity } from "../model/identity.js";
import type { OpenContext, OperateAsWish, SessionOpened } from "../model/log-in.js";
import type { RequestOrigin } from "../model/request.js";
import type { Caller } from "../model/session.js";

/**
 * Issues and redeems tickets: one-time proofs of a caller's identity, each for one service. `source` is the request
 * behind a call, for events.
 */
export interface Tickets<I extends Identity = Identity> {
  /**
   * Issues a ticket, which the caller hands to a service.
   *
   * @returns the ticket, or a denial when the session is over, the policy refuses `operateAs`, or the store cannot
   *   answer
   * @throws {AuthError} `no_session` when the caller came without a session token; `invalid_options` for a malformed
   *   service name or a life out of range
   */
  issue(caller: Caller, request: TicketRequest, source?: RequestOrigin): Promise<IssuedTicket | Denial>;
  /**
   * Consumes a ticket. Of all redeemers, on all nodes, exactly one gets the identity. A second redeemer, or another
   * service, is refused with an alarm, since there is a copy of the ticket.
   *
   * @param service the name of the redeeming service, which it has proved or which you know; never one from the request
   * @throws {AuthError} `invalid_options` for a malformed service name
   */
  redeem(ticket: string, service: string, source?: RequestOrigin): Promise<RedeemedTicket<I> | RefusedTicket>;
  /** Issues a ticket as `issue` does, as a number of 64 random bits, for protocols that carry no more. */
  issueNumber(caller: Caller, request: TicketRequest, source?: RequestOrigin): Promise<IssuedNumber<I> | Denial>;
  /**
   * Redeems a number as `redeem` does. A forged number costs a read of the store, and cannot be distinguished from a
   * used one.
   */
  redeemNumber(number: bigint, service: string, source?: RequestOrigin): Promise<RedeemedTicket<I> | RefusedTicket>;
  /**
   * Opens a new session for the identity of a redeemed ticket, once. The session ends with the session of the ticket, or
   * if the ticket is detached no later than that one would. It has the same time of log-in and the same scopes, and is
   * bound if that one was.
   *
   * @returns the session, or a denial when the policy allows operating as that account for tickets only, or the store
   *   cannot answer
   * @throws {AuthError} `invalid_options` for an object that `redeem` or `redeemNumber` did not return, or for the
   *   second call with it
   */
  open(redeemed: RedeemedTicket<I>, context: OpenContext): Promise<SessionOpened<I> | Denial>;
}

/** The ticket to issue. */
export interface TicketRequest {
  /** The service that will redeem the ticket: 1 to 256 characters, compared exactly. */
  readonly service: string;
  /**
   * How long the ticket is valid, in milliseconds: from 1,000 to 300,000. Default: 30,000, since a hand-over takes
   * seconds.
   */
  readonly lifeMs?: number | undefined;
  /** Operate as another account for this one ticket. Default: none, and the ticket has the caller's own identity. */
  readonly operateAs?: OperateAsWish | undefined;
  /**
   * A session that begins from the ticket goes on when the one that it is issued for ends, by log-out, theft or
   * otherwise: for work that outlives its user's log-in. Where an account operates as another, the grant decides instead. No RPC sets
   * it, since an attacker with a stolen session would. Default: `false`.
   */
  readonly detached?: boolean | undefined;
}

/** An issued ticket, which is secret until it is redeemed. */
export interface IssuedTicket {
  readonly kind: "issued";
  /** The ticket. `inspect`, JSON and a copy by `...` leave it out. */
  readonly ticket: string;
  /** When the ticket expires, in milliseconds since 1970, a whole second. */
  readonly expiresAt: number;
}

/** An issued ticket that is a number, secret until it is redeemed. */
export interface IssuedNumber<I extends Identity = Identity> {
  readonly kind: "issued";
  /** The number. `inspect`, JSON and a copy by `...` leave it out. */
  readonly number: bigint;
  readonly expiresAt: number;
  /** The identity that the service will get. */
  readonly identity: I;
  readonly actor?: Actor | undefined;
}

/** The result of redeeming a ticket: the caller who requested it. */
export interface RedeemedTicket<I extends Identity = Identity> {
  readonly kind: "redeemed";
  readonly identity: I;
  readonly actor?: Actor | undefined;
  /** The scheme that opened the session. */
  readonly scheme: string;
  /** The session for which the ticket was issued. */
  readonly ref: string;
  /** When the caller logged in, in milliseconds since 1970; `undefined` when it is unknown. */
  readonly authenticatedAt?: number | undefined;
  readonly acr?: string | undefined;
  /** The scopes of the credentials of that log-in; `undefined`: they stand for the whole account. */
  readonly scopes?: readonly string[] | undefined;
}

/** The refusal of a ticket. */
export interface RefusedTicket {
  readonly kind: "refused";
  readonly reason: TicketRefusal;
}

/**
 * Why a ticket was refused.
 * - `invalid_ticket`: this deployment did not issue it.
 * - `expired`: its life is over.
 * - `used`: it was redeemed before. An alarm.
 * - `wrong_service`: it was issued for another service; it is consumed all the same. An alarm.
 * - `session_ended`: the session, or the grant to operate as another account, was over when it was redeemed.
 * - `unavailable`: the store cannot answer. The ticket may be valid: try again.
 */
export type TicketRefusal = "invalid_ticket" | "expired" | "used" | "wrong_service" | "session_ended" | "unavailable";

/** A ticket that was presented twice, or by the wrong service. */
export interface TicketMisuse {
  /** The session for which the ticket was issued; unknown for a number. */
  readonly ref: string | undefined;
  readonly reason: "used" | "wrong_service";
  /** The service that presented it. */
  readonly service: string;
}
