import ipaddr from "ipaddr.js";
import { AuthError } from "./errors.js";

/** An address of either family; an IPv4 address that is mapped into IPv6 is IPv4. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Parses an IP address.
 *
 * @returns `undefined` for any other text. IPv4 is accepted only as four decimal parts: some parsers take `010.0.0.1`
 *   for another address
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(":") ? !ipaddr.IPv6.isValid(text) : !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.process(text);
}

/**
 * Returns the one form in which addresses are compared, logged and passed on: IPv4 as `203.0.113.7`, also where a socket
 * of both families says `::ffff:203.0.113.7` or `::ffff:cb00:7107`, and IPv6 as RFC 5952 writes it.
 *
 * @returns the text as it is when it is no address
 */
export function toCanonicalAddress(text: string): string {
  return parseIpAddress(text)?.toString() ?? text;
}

/** The addresses that begin with the first `bits` bits of `network`. */
export interface AddressBlock {
  readonly network: IpAddress;
  readonly bits: number;
}

/**
 * The shortest prefixes of a trusted block, in bits: those of the largest private networks, 10.0.0.0/8 (RFC 1918) and
 * fc00::/7 (RFC 4193). No service has proxies with more addresses in front of it, and a client in the block may claim
 * any other address. A limit that refused only `0.0.0.0/0` could be bypassed with its two halves.
 */
const shortestPrefix = { ipv4: 8, ipv6: 7 } as const;

const notABlock = { fault: "this must be an address block, such as 10.0.0.0/8 or fd00::/8" } as const;

/**
 * Reads a CIDR block (RFC 4632 §3.1), such as `10.0.0.0/8` or `fd00::/8`; an address alone is a block of one. A block of
 * IPv4 addresses mapped into IPv6 (`::ffff:10.0.0.0/104`) is the IPv4 block, and is judged as that.
 *
 * @param remedy what the operator should do instead of naming a block that is too large, for its fault
 * @returns the block, or a fault when the text is no block or the block is larger than any private network
 */
export function parseAddressBlock(text: string, remedy: string): AddressBlock | { readonly fault: string } {
  const [, address = "", prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const network = parseIpAddress(address);
  const width = address.includes(":") ? 128 : 32;
  const written = prefix === undefined ? width : Number(prefix);
  if (network === undefined || written > width) return notABlock;
  const kind = network.kind();
  const bits = kind === "ipv4" && width === 128 ? written - 96 : written;
  if (bits < shortestPrefix[kind]) {
    return {
      fault: `this block is larger than any private network, so clients on the internet are in it; ${remedy}`,
    };
  }
  return { network, bits };
}

/** Whether `address` is in `block`. */
export function isInBlock(address: IpAddress, { network, bits }: AddressBlock): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

/**
 * Compiles address blocks to a test. An IPv4 address that is mapped into IPv6 counts as IPv4.
 *
 * @param option the name of the option, for messages
 * @throws {AuthError} `invalid_options` for a text that is no block, and for a block that is larger than any private
 *   network: a client in it could claim any address
 */
export function createBlockTest(option: string, blocks: readonly string[]): (address: string) => boolean {
  const compiled = blocks.map((text) => {
    const block = typeof text === "string" ? parseAddressBlock(text, "name your proxies") : notABlock;
    if (!("fault" in block)) return block;
    throw new AuthError("invalid_options", `${option}: ${JSON.stringify(text)}: ${block.fault}`);
  });
  return (text) => {
    const address = parseIpAddress(text);
    return address !== undefined && compiled.some((block) => isInBlock(address, block));
  };
}

/** Whether only this machine can connect to `host`. A name other than `localhost` may be any machine. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || (host.startsWith("127.") && ipaddr.IPv4.isValidFourPartDecimal(host))
  );
}
