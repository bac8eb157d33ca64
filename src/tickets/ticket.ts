import type { Denial } from "../model/decision.js";
import type { Actor, Identity } from "../model/identity.js";
import type { OpenContext, OperateAsWish, SessionOpened } from "../model/log-in.js";
import type { RequestOrigin } from "../model/request.js";
import type { Caller } from "../model/session.js";

/**
 * One-time proofs of who is calling, each for one service: `issue` for a session, `redeem` by that service. `source`: the
 * request behind it, for events.
 */
export interface Tickets<I extends Identity = Identity> {
  /**
   * A ticket that the caller hands to a service.
   *
   * @returns a denial when the session is over, the policy says no to `operateAs`, or the store cannot answer.
   * @throws {AuthError} `no_session` when the caller came without a session token; `invalid_options` for a service name or
   *   a life that cannot be.
   */
  issue(caller: Caller, request: TicketRequest, source?: RequestOrigin): Promise<IssuedTicket | Denial>;
  /**
   * Consumes a ticket: of any number of redeemers, on any number of nodes, one learns who it is. Whoever comes second, or
   * for another service, is refused with an alarm, since somebody holds a copy.
   *
   * @param service who redeems, by a name that they have proved or that you know: never one that came with the request.
   * @throws {AuthError} `invalid_options` for a service name that cannot be.
   */
  redeem(ticket: string, service: string, source?: RequestOrigin): Promise<RedeemedTicket<I> | RefusedTicket>;
  /** As `issue`, but a number of 64 random bits, for protocols that have room for no more. */
  issueNumber(caller: Caller, request: TicketRequest, source?: RequestOrigin): Promise<IssuedNumber<I> | Denial>;
  /** As `redeem`. A number that nobody issued costs a read of the store, and cannot be told from one that was used. */
  redeemNumber(number: bigint, service: string, source?: RequestOrigin): Promise<RedeemedTicket<I> | RefusedTicket>;
  /**
   * Goes on as whoever handed the ticket over: a session of its own, once, for what was just redeemed. It ends no later than
   * the one that the ticket was issued for would, is as old a log-in, and is bound if that one was.
   *
   * @returns a denial when the policy lets nobody operate as that account in a session, or the store cannot answer.
   * @throws {AuthError} `invalid_options` for what `redeem` or `redeemNumber` did not return, or for the second time.
   */
  open(redeemed: RedeemedTicket<I>, context: OpenContext): Promise<SessionOpened<I> | Denial>;
}

/** What to issue. */
export interface TicketRequest {
  /** Who will redeem it: 1 to 256 characters, exact. */
  readonly service: string;
  /** How long it is good, in milliseconds. Default: 30,000: a hand-over takes seconds. At most 300,000. */
  readonly lifeMs?: number | undefined;
  /** For somebody else's rights, for this one ticket. */
  readonly operateAs?: OperateAsWish | undefined;
}

/** A ticket. It is a secret until it is redeemed. */
export interface IssuedTicket {
  readonly kind: "issued";
  /** Hidden: `inspect`, JSON and a copy by `...` go without. */
  readonly ticket: string;
  /** Milliseconds since 1970; of a whole second. */
  readonly expiresAt: number;
}

/** A ticket that is a number. */
export interface IssuedNumber<I extends Identity = Identity> {
  readonly kind: "issued";
  /** Hidden, as a ticket is. */
  readonly number: bigint;
  readonly expiresAt: number;
  /** Who the service will learn it is from. */
  readonly identity: I;
  readonly actor?: Actor | undefined;
}

/** Who handed the ticket over. */
export interface RedeemedTicket<I extends Identity = Identity> {
  readonly kind: "redeemed";
  readonly identity: I;
  readonly actor?: Actor | undefined;
  /** The scheme that opened the session. */
  readonly scheme: string;
  /** The session that it was issued for. */
  readonly ref: string;
  /** When they last proved who they are, milliseconds since 1970; `undefined` when nobody knows. */
  readonly authenticatedAt?: number | undefined;
  readonly acr?: string | undefined;
}

/** Why nobody learns anything from this ticket. */
export interface RefusedTicket {
  readonly kind: "refused";
  readonly reason: TicketRefusal;
}

/**
 * - `invalid_ticket`: not one that this deployment issued.
 * - `expired`: too late.
 * - `used`: somebody was faster. An alarm.
 * - `wrong_service`: it was for another one; it is consumed all the same. An alarm.
 * - `session_ended`: the session, or the grant to operate as somebody, was over when it was redeemed.
 * - `unavailable`: the store cannot tell. It may be good: try again.
 */
export type TicketRefusal = "invalid_ticket" | "expired" | "used" | "wrong_service" | "session_ended" | "unavailable";

/** A ticket that came back twice, or to the wrong service. */
export interface TicketMisuse {
  /** The session that it was issued for; unknown for a number. */
  readonly ref: string | undefined;
  readonly reason: "used" | "wrong_service";
  /** Who tried to redeem it. */
  readonly service: string;
}
