import { toTrustedChain } from "../../adapters/node/forwarded-for.js";
import { createBlockTest, parseIpAddress } from "../../base/ip-address.js";
import { valuesOf } from "../../model/raw-headers.js";
import type { Peer } from "../../model/request.js";
import { toCanonicalAuthority } from "./canonical-authority.js";

/** Whether an address is that of a trusted proxy. */
export type TrustAddress = (address: string) => boolean;

/**
 * Compiles the CIDR blocks of `trustedProxies`.
 *
 * @throws {AuthError} `invalid_options` as `createBlockTest` does
 */
export function parseTrustedProxies(blocks: readonly string[]): TrustAddress {
  return createBlockTest("trustedProxies", blocks);
}

/**
 * Makes `X-Forwarded-For`, `-Proto` and `-Host` for the upstream: name, value, name, value. Values of the request count
 * only when a trusted proxy sent it, and of its chain only the part that trusted proxies have added.
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
    const hops = toTrustedChain(rawHeaders, trust);
    chain = [...hops, address].join(", ");
    const proxies = hops.filter(trust).length + 1;
    const [scheme = ""] = toProxyValues(rawHeaders, "x-forwarded-proto", proxies);
    proto = schemes.get(scheme) ?? proto;
    // Where an inner proxy passes the field on as it came, the value of the outer one is the client's own word.
    const [name = "", ...others] = toProxyValues(rawHeaders, "x-forwarded-host", proxies);
    if (others.every((other) => other === name)) host = toCanonicalAuthority(name)?.authority ?? host;
  }
  return ["x-forwarded-for", chain, "x-forwarded-proto", proto, "x-forwarded-host", host];
}

const addresses = new WeakMap<Peer, string>();

/** Reads the address of a connection, once for each, since it does not change. */
function addressOf(peer: Peer): string {
  let address = addresses.get(peer);
  if (address === undefined) {
    address = parseIpAddress(peer.address)?.toString() ?? "unknown";
    addresses.set(peer, address);
  }
  return address;
}

/** Traefik names the scheme of a WebSocket. */
const schemes: ReadonlyMap<string, string> = new Map([
  ["https", "https"],
  ["http", "http"],
  ["wss", "https"],
  ["ws", "http"],
]);

/**
 * Returns what trusted proxies have written into a field, outermost first, in lower case. Each of `proxies` trusted proxies
 * may append a value to those that came, in one line or several; what stands further left is the client's own word. An
 * empty value counts: a proxy that appends the `Host` of a request without one writes it, behind the client's word.
 */
function toProxyValues(rawHeaders: readonly string[], lowerName: string, proxies: number): string[] {
  const values = valuesOf(rawHeaders, lowerName).join(",").split(",").slice(-proxies);
  return values.map((value) => value.trim().toLowerCase());
}
