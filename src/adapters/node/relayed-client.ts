import type { Socket } from "node:net";
import { toCanonicalAddress } from "../../base/ip-address.js";

/** The client of a connection that a proxy relays byte by byte, as the proxy's PROXY header says. */
export interface RelayedClient {
  /** The client's address, or that of the proxy where the header names none. */
  readonly address: string;
  /**
   * Whether the header names the client. Where it does not, the bytes that follow may be those of any client, although
   * the connection comes from a trusted proxy: fields such as `X-Forwarded-For` in them do not count.
   */
  readonly isNamed: boolean;
}

const clientKey = Symbol("sallyport.relayedClient");

type Slot = { [clientKey]?: RelayedClient };

/** Attaches the client to a socket: by a symbol, since the socket of an HTTP/2 session is a proxy object that handles it. */
export function setRelayedClient(socket: Socket, client: RelayedClient): void {
  (socket as Slot)[clientKey] = client;
}

/** Returns the client of a connection that began with a PROXY header; `undefined` for any other. */
export function relayedClientOf(socket: Socket): RelayedClient | undefined {
  return (socket as Slot)[clientKey];
}

/**
 * Returns the client's address in its canonical form: what the PROXY header names, or else the other end of the connection.
 * `undefined` when that is gone.
 */
export function clientAddressOf(socket: Socket): string | undefined {
  const address = relayedClientOf(socket)?.address ?? socket.remoteAddress;
  return address && toCanonicalAddress(address);
}
