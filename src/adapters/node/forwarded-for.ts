import { parseIpAddress } from "../../base/ip-address.js";
import { valuesOf } from "../../model/raw-headers.js";

/**
 * Returns the part of `X-Forwarded-For` that trusted proxies have written: from the right, the addresses of trusted
 * proxies and the first other address, which is the client. It is in the order of the field, so the client comes first;
 * empty when there is none.
 *
 * @param trust whether this is the address of a trusted proxy
 */
export function toTrustedChain(rawHeaders: readonly string[], trust: (address: string) => boolean): string[] {
  const values = valuesOf(rawHeaders, "x-forwarded-for");
  const chain: string[] = [];
  for (const hop of toListItems(values).reverse()) {
    const address = parseIpAddress(withoutPort(hop))?.toString();
    if (address === undefined) break;
    chain.unshift(address);
    if (!trust(address)) break;
  }
  return chain;
}

/** Splits the lines of a list field. Empty elements do not count (RFC 9110 §5.6.1): some proxies write a trailing comma. */
function toListItems(lines: readonly string[]): string[] {
  return lines
    .join(",")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Azure's proxies write `address:port`; IPv6 then stands in brackets, with or without a port (RFC 7239 §6). */
function withoutPort(hop: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(hop) ?? [];
  return ipv6 ?? ipv4 ?? hop;
}
