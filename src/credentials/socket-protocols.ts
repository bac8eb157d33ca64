import { valuesOf } from "../model/raw-headers.js";
import { ticketProtocolPrefix } from "../wire/socket-ticket.js";

/** The field in which a WebSocket offers subprotocols (RFC 6455 §11.3.4), in lower case. */
export const socketProtocolHeader = "sec-websocket-protocol";

/** Whether a subprotocol carries a ticket. Names are compared without regard to case, so that no spelling gets past. */
function carriesTicket(protocol: string): boolean {
  return protocol.slice(0, ticketProtocolPrefix.length).toLowerCase() === ticketProtocolPrefix;
}

const none: readonly string[] = Object.freeze([]);

/** Returns the subprotocols that carry tickets, in the order of the request. */
export function ticketProtocolsOf(rawHeaders: readonly string[]): readonly string[] {
  const offered = valuesOf(rawHeaders, socketProtocolHeader);
  return offered.length === 0 ? none : toProtocols(offered.join(",")).filter(carriesTicket);
}

/** Returns a list of subprotocols without those that carry tickets; `undefined` when none is left. */
export function withoutTickets(list: string): string | undefined {
  const offered = toProtocols(list);
  const others = offered.filter((protocol) => !carriesTicket(protocol));
  if (others.length === offered.length) return list;
  return others.length === 0 ? undefined : others.join(", ");
}

function toProtocols(list: string): readonly string[] {
  return list.split(",").map((protocol) => protocol.trim());
}
