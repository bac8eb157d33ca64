import ipaddr from "ipaddr.js";
import { toTrustedChain } from "../../adapters/node/forwarded-for.js";
import { AuthError } from "../../base/errors.js";
import { readHeader } from "../../credentials/carriers.js";
import { type Address, parseAddress } from "../../credentials/source.js";
import type { Peer } from "../../model/request.js";
import { toCanonicalAuthority } from "./canonical-authority.js";

/** Is this the address of a proxy in front of us, whose word counts? */
export type TrustAddress = (address: string) => boolean;

/**
 * Compiles the CIDR blocks of `trustedProxies`. An IPv4 address counts as such also where it comes mapped into IPv6.
 *
 * @throws {AuthError} `invalid_options` for what is no block, and for a block that is every address there is: then
 *   anybody could say who they are.
 */
export function parseTrustedProxies(blocks: readonly string[]): TrustAddress {
  const ranges = blocks.map(requireBlock);
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && ranges.some((range) => contains(range, address));
  };
}

/**
 * `X-Forwarded-For`, `-Proto` and `-Host` for the upstream, made anew: name, value, name, value. What the request says
 * counts only when a trusted proxy sent it, and of its chain only the part that trusted proxies vouch for.
 */
export function toForwardedHeaders(
  rawHeaders: readonly string[],
  peer: Peer,
  trust: TrustAddress,
  own: { readonly authority: string; readonly encrypted: boolean },
): string[] {
  const address = addressOf(peer);
  let chain = address;
  let proto = own.encrypted ? "https" : "http";
  let host = own.authority;
  if (peer.trusted) {
    chain = [...toTrustedChain(rawHeaders, trust), address].join(", ");
    const given = only(rawHeaders, "x-forwarded-proto")?.toLowerCase();
    if (given === "https" || given === "http") proto = given;
    host = toCanonicalAuthority(only(rawHeaders, "x-forwarded-host") ?? "")?.authority ?? host;
  }
  return ["x-forwarded-for", chain, "x-forwarded-proto", proto, "x-forwarded-host", host];
}

const addresses = new WeakMap<Peer, string>();

/** A connection keeps its address, so it is read once for each. */
function addressOf(peer: Peer): string {
  let address = addresses.get(peer);
  if (address === undefined) {
    address = parseAddress(peer.address)?.toString() ?? "unknown";
    addresses.set(peer, address);
  }
  return address;
}

function requireBlock(block: string): readonly [Address, number] {
  const [address, bits] = parseBlock(block);
  if (bits === 0) {
    throw new AuthError(
      "invalid_options",
      `trustedProxies: ${JSON.stringify(block)} is every address there is: name the addresses of your proxies`,
    );
  }
  return [address, bits];
}

function parseBlock(block: string): readonly [Address, number] {
  try {
    const [address, bits] = block.includes("/")
      ? ipaddr.parseCIDR(block)
      : ([ipaddr.parse(block), block.includes(":") ? 128 : 32] as const);
    if (!isMapped(address)) return [address, bits];
    if (bits >= 96) return [address.toIPv4Address(), bits - 96];
  } catch {
    // Said below.
  }
  throw new AuthError(
    "invalid_options",
    `trustedProxies: ${JSON.stringify(block)} is no block of addresses, such as 10.1.2.0/24 or fd00:1::/64`,
  );
}

function isMapped(address: Address): address is ipaddr.IPv6 {
  return address.kind() === "ipv6" && (address as ipaddr.IPv6).isIPv4MappedAddress();
}

function contains([network, bits]: readonly [Address, number], address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

function all(rawHeaders: readonly string[], lowerName: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === lowerName);
}

/** The value of a field that came exactly once. */
function only(rawHeaders: readonly string[], lowerName: string): string | undefined {
  return all(rawHeaders, lowerName).length === 1 ? readHeader(rawHeaders, lowerName) : undefined;
}
