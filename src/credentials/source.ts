import ipaddr from "ipaddr.js";
import { parseIpAddress } from "../base/ip-address.js";
import type { Peer } from "../model/request.js";

/** Where a request comes from: behind a proxy that we trust, from whom that says. */
export function sourceOf(peer: Peer, rawHeaders: readonly string[]): string | undefined {
  return toSource((peer.trusted ? peer.clientOf?.(rawHeaders) : peer.address) ?? "");
}

/**
 * What counts as one source of log-ins: an IPv4 address, or the /64 of an IPv6 one, since that is what one subscriber
 * has at the least (RFC 6177 §2).
 *
 * @param address as a socket or a proxy tells it
 * @returns `undefined` for what is no address, and for this machine itself: with a proxy on it that nobody has named, the
 *   whole world would be one source
 */
export function toSource(address: string): string | undefined {
  const parsed = parseIpAddress(address);
  if (parsed === undefined || parsed.range() === "loopback") return undefined;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  const { parts } = parsed;
  // RFC 6052 §2.1: all of IPv4 would be one source.
  if (parsed.range() === "rfc6052") return toSource(new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString());
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(":")}::/64`;
}
