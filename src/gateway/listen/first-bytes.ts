import type { Socket } from "node:net";
import { readStart } from "../../adapters/node/choose-protocol.js";
import { setRelayedClient } from "../../adapters/node/relayed-client.js";
import { toCanonicalAddress } from "../../base/ip-address.js";
import { parseProxyHeader } from "./proxy-protocol.js";

/**
 * Takes the PROXY header off a connection, and attaches the client that it names to the socket: only where the peer is a
 * trusted proxy, which must send one. A trusted one without it is disconnected: its connection would pass for the proxy's
 * own. What another peer sends is no header, and is left for HTTP or TLS to refuse.
 *
 * @param next called when the header is taken; not when the connection ends before, or is refused
 */
export function takeProxyHeader(socket: Socket, isTrusted: (address: string) => boolean, next: () => void): void {
  const proxy = toCanonicalAddress(socket.remoteAddress ?? "");
  if (!isTrusted(proxy)) {
    next();
    return;
  }
  readStart(socket, (head) => {
    const header = parseProxyHeader(head);
    if (header === "more") return undefined;
    if (header === "invalid") return { taken: head.length, next: () => socket.destroy() };
    const { address } = header;
    setRelayedClient(socket, { address: address ?? proxy, isNamed: address !== undefined });
    return { taken: header.bytes, next };
  });
}
