import { toTrustedChain } from "../../adapters/node/forwarded-for.js";
import { AuthError } from "../../base/errors.js";
import { type AddressBlock, isInBlock, parseAddressBlock, parseIpAddress } from "../../base/ip-address.js";
import { readHeader } from "../../credentials/carriers.js";
import type { Peer } from "../../model/request.js";
import { toCanonicalAuthority } from "./canonical-authority.js";

/** Is this the address of a proxy in front of us, whose word counts? */
export type TrustAddress = (address: string) => boolean;

/**
 * Compiles the CIDR blocks of `trustedProxies`. An IPv4 address counts as such also where it comes mapped into IPv6.
 *
 * @throws {AuthError} `invalid_options` for what is no block, and for one that is larger than any private network: a
 *   caller in it could claim any address.
 */
export function parseTrustedProxies(blocks: readonly string[]): TrustAddress {
  const trusted = blocks.map(requireBlock);
  return (text) => {
    const address = parseIpAddress(text);
    return address !== undefined && trusted.some((block) => isInBlock(address, block));
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
    address = parseIpAddress(peer.address)?.toString() ?? "unknown";
    addresses.set(peer, address);
  }
  return address;
}

function requireBlock(text: string): AddressBlock {
  const block = parseAddressBlock(text, "name your proxies");
  if (!("fault" in block)) return block;
  throw new AuthError("invalid_options", `trustedProxies: ${JSON.stringify(text)}: ${block.fault}`);
}

function all(rawHeaders: readonly string[], lowerName: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === lowerName);
}

/** The value of a field that came exactly once. */
function only(rawHeaders: readonly string[], lowerName: string): string | undefined {
  return all(rawHeaders, lowerName).length === 1 ? readHeader(rawHeaders, lowerName) : undefined;
}
