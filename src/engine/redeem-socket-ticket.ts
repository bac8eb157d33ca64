import { type Awaitable, after } from "../base/awaitable.js";
import { isCrossSite } from "../credentials/cross-site.js";
import type { Deny } from "../credentials/deny.js";
import type { Allowed, AuthenticationReason, Denial, SocketTicket } from "../model/decision.js";
import { toParty } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import { soleOf } from "../model/raw-headers.js";
import type { AuthRequest } from "../model/request.js";
import type { Caller } from "../model/session.js";
import type { LoadOpen } from "../sessions/load-open.js";
import type { SessionManager } from "../sessions/session-manager.js";
import type { RedeemedTicket, Tickets } from "../tickets/ticket.js";

export interface RedeemSocketTicketParts<I extends Identity> {
  readonly tickets: Pick<Tickets<I>, "redeem">;
  readonly loadOpen: LoadOpen;
  readonly remembered: SessionManager<I>["remembered"];
  readonly deny: Deny;
}

/**
 * Decides on a ticket that a WebSocket presents.
 *
 * @param accepted what the route accepts; `undefined`: no ticket
 */
export type RedeemSocketTicket<I extends Identity> = (
  ticket: string,
  accepted: SocketTicket | undefined,
  request: AuthRequest,
) => Awaitable<Allowed<I> | Denial>;

/**
 * Makes the check of tickets that WebSockets present. The caller is that of the session for which the ticket was issued, so
 * that the WebSocket ends with it. A ticket that operates as another account is refused: nothing would end the WebSocket
 * with the grant of that one ticket.
 */
export function createRedeemSocketTicket<I extends Identity>({
  tickets,
  loadOpen,
  remembered,
  deny,
}: RedeemSocketTicketParts<I>): RedeemSocketTicket<I> {
  return function redeemSocketTicket(ticket, accepted, request) {
    if (accepted === undefined) return deny(request, "invalid_credentials");
    // Before the ticket is consumed: a page that may not use it must not be able to spend it.
    if (!isFromAllowedPage(request, accepted)) return deny(request, "not_permitted");
    return redeem(ticket, accepted.service, request);
  };

  async function redeem(ticket: string, service: string, request: AuthRequest): Promise<Allowed<I> | Denial> {
    const redeemed = await tickets.redeem(ticket, service, request);
    if (redeemed.kind === "refused") return deny(request, reasonOf(redeemed.reason));
    const reading = await loadOpen(redeemed.ref);
    if (reading === undefined) return deny(request, "revoked", { party: { ref: redeemed.ref } });
    const session = remembered(reading.row);
    const { caller } = session.allowed;
    if (!isOf(caller, redeemed)) return deny(request, "operate_as_refused", { party: toParty(caller) });
    return after(session.checkEnded(), (hasAnswered) => {
      if (!hasAnswered) return deny(request, "unavailable", { party: toParty(caller) });
      if (session.endedReason !== undefined) return deny(request, "revoked", { party: toParty(caller) });
      return { kind: "allowed", caller: session.allowed.caller };
    });
  }
}

function isFromAllowedPage({ rawHeaders }: AuthRequest, { allowsOrigin }: SocketTicket): boolean {
  if (!isCrossSite(rawHeaders)) return true;
  const origin = soleOf(rawHeaders, "origin");
  return typeof origin === "string" && allowsOrigin?.(origin) === true;
}

function reasonOf(refusal: string): AuthenticationReason {
  if (refusal === "unavailable") return "unavailable";
  return refusal === "session_ended" ? "revoked" : "invalid_credentials";
}

/** Whether a ticket has the identity of its session. */
function isOf({ identity, actor }: Caller, redeemed: RedeemedTicket): boolean {
  return identity.subject === redeemed.identity.subject && actor?.subject === redeemed.actor?.subject;
}
