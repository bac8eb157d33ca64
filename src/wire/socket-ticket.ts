/** What a ticket follows in the name of a WebSocket subprotocol. */
export const ticketProtocolPrefix = "sallyport.ticket.";

/**
 * Returns the WebSocket subprotocol that carries a ticket, for pages: a browser sets no header of a WebSocket but
 * `Sec-WebSocket-Protocol` (RFC 6455 §11.3.4).
 *
 * ```js
 * new WebSocket("wss://gate.example/chat", ["chat.v1", toTicketProtocol(ticket)]);
 * ```
 *
 * @param ticket for the service that the route of the gateway names
 */
export function toTicketProtocol(ticket: string): string {
  return ticketProtocolPrefix + ticket;
}
