import ipaddr from "ipaddr.js";
import { parseIpAddress } from "../base/ip-address.js";
import type { Peer } from "../model/request.js";

/**
 * Returns the address of the client of a request: the peer's, or the one that a trusted proxy names. `undefined` behind a
 * trusted proxy that names none: its own address is that of many clients.
 */
export function clientAddress(peer: Peer, rawHeaders: readonly string[]): string | undefined {
  return peer.trusted ? peer.clientOf?.(rawHeaders) : peer.address;
}

/** Returns the source of a request, by the address of its client. */
export function sourceOf(peer: Peer, rawHeaders: readonly string[]): string | undefined {
  return toSource(clientAddress(peer, rawHeaders) ?? "");
}

/**
 * Converts an address to the source that failed log-ins are counted by: an IPv4 address, or the /64 of an IPv6 one, the
 * smallest network that a subscriber gets (RFC 6177 §2).
 *
 * @param address from a socket or a proxy
 * @returns `undefined` for text that is no address, and for a loopback address: behind a local proxy that is not
 *   configured as trusted, all clients would be one source
 */
export function toSource(address: string): string | undefined {
  const parsed = parseIpAddress(address);
  if (parsed === undefined || parsed.range() === "loopback") return undefined;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const { parts } = parsed;
  // RFC 6052 §2.1: by its /64, all of IPv4 would be one source.
  if (parsed.range() === "rfc6052") return toSource(new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString());
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
