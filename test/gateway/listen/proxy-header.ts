import { isIPv6 } from "node:net";

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** A version 2 header of these parts, whatever they are worth. */
export function binaryHeader(command: number, family: number, body: Uint8Array, length: number = body.length): Buffer {
  const fixed = Buffer.of(0x20 | command, family, length >> 8, length & 0xff);
  return Buffer.concat([signature, fixed, body]);
}

/** The addresses and ports of a TCP connection over IPv4, from 4 bytes each. */
export function ipv4Body(source: readonly number[], ...extensions: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(...source, 10, 0, 0, 1, 0xc8, 0x22, 0x01, 0xbb), ...extensions]);
}

/** The same over IPv6, from 16 bytes each. */
export function ipv6Body(source: readonly number[]): Buffer {
  return Buffer.concat([Buffer.of(...source), Buffer.alloc(16, 1), Buffer.of(0xc8, 0x22, 0x01, 0xbb)]);
}

/** A version 1 header that names a client. */
export function lineHeader(address: string): string {
  return isIPv6(address) ? `PROXY TCP6 ${address} ::1 51234 443\r\n` : `PROXY TCP4 ${address} 10.0.0.1 51234 443\r\n`;
}
