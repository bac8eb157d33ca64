import { parseIpAddress } from "../../base/ip-address.js";

/**
 * What proxies of ours vouch for of `X-Forwarded-For`: from the right, as long as they speak, and the first address that
 * they name for somebody else. In the order of the field, so the client comes first; empty when there is none.
 *
 * @param trust is this the address of a proxy whose word counts?
 */
export function toTrustedChain(rawHeaders: readonly string[], trust: (address: string) => boolean): string[] {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "x-forwarded-for",
  );
  const chain: string[] = [];
  for (const hop of values.join(",").split(",").reverse()) {
    const address = parseIpAddress(hop.trim())?.toString();
    if (address === undefined) break;
    chain.unshift(address);
    if (!trust(address)) break;
  }
  return chain;
}
