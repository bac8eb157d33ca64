import ipaddr from "ipaddr.js";
import type { Peer } from "../model/request.js";

/** An address of either family; IPv4 that comes mapped into IPv6 is IPv4. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** @returns `undefined` for what is none. Only the usual spelling of IPv4: `010.0.0.1` is another address to some. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(":") ? !ipaddr.IPv6.isValid(text) : !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.process(text);
}

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
  const parsed = parseAddress(address);
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
