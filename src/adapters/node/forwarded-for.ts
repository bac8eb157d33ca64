import { parseIpAddress } from "../../base/ip-address.js";

/**
 * Returns the part of `X-Forwarded-For` that trusted proxies have written: from the right, the addresses of trusted
 * proxies and the first other address, which is the client. It is in the order of the field, so the client comes first;
 * empty when there is none.
 *
 * @param trust whether this is the address of a trusted proxy
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
