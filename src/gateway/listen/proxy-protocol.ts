import { isIPv4, isIPv6 } from "node:net";
import { toCanonicalAddress } from "../../base/ip-address.js";

/**
 * The header by which a proxy that relays bytes names their client (HAProxy, "The PROXY protocol", versions 1 and 2; AWS
 * NLB, Envoy and nginx write it).
 */
export interface ProxyHeader {
  /** How many bytes it has. */
  readonly bytes: number;
  /** The client's address. `undefined`: it names none (`UNKNOWN`, `LOCAL`, a UNIX socket). */
  readonly address: string | undefined;
}

/** §2.1: the longest line of version 1, CRLF included. */
const maxLineBytes = 107;

/** §2.2: the first bytes of version 2. No other protocol begins with them. */
const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Signature, version and command, family, length. */
const fixedBytes = 16;

/**
 * The longest version 2 header, in bytes: what §2.2 bids a sender stay below is 536; TLVs with a certificate's names and
 * a cloud's identifiers stay below 2 KiB.
 */
const maxHeaderBytes = 4_096;

const lineStart = Buffer.from("PROXY ");

/**
 * Parses the header at the start of a connection.
 *
 * @param head the bytes so far
 * @returns `"more"` while it is incomplete, `"invalid"` for any bytes that are not the beginning of a header
 */
export function parseProxyHeader(head: Uint8Array): ProxyHeader | "more" | "invalid" {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (isStartOf(signature, bytes)) return parseBinary(bytes);
  if (isStartOf(lineStart, bytes)) return parseLine(bytes);
  return "invalid";
}

function isStartOf(expected: Buffer, bytes: Buffer): boolean {
  const compared = Math.min(expected.length, bytes.length);
  return expected.compare(bytes, 0, compared, 0, compared) === 0;
}

function parseLine(bytes: Buffer): ProxyHeader | "more" | "invalid" {
  const line = bytes.subarray(0, maxLineBytes);
  const end = line.indexOf("\r\n", 0, "latin1");
  if (end === -1) return bytes.length < maxLineBytes ? "more" : "invalid";
  const text = line.toString("latin1", 0, end);
  // §2.1: whatever follows UNKNOWN is to be ignored.
  if (/^PROXY UNKNOWN(?: |$)/.test(text)) return { bytes: end + 2, address: undefined };
  const [, family, source = "", destination = "", ...ports] =
    /^PROXY TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/.exec(text) ?? [];
  if (family === undefined || ports.some((port) => Number(port) > 65_535)) return "invalid";
  const isOfFamily = family === "4" ? isIPv4 : isIPv6;
  if (!isOfFamily(source) || !isOfFamily(destination)) return "invalid";
  return { bytes: end + 2, address: toCanonicalAddress(source) };
}

function parseBinary(bytes: Buffer): ProxyHeader | "more" | "invalid" {
  if (bytes.length < fixedBytes) {
    // The version, as soon as it is there: bytes that no header has are not waited for.
    return bytes.length > signature.length && (bytes[12] ?? 0) >> 4 !== 2 ? "invalid" : "more";
  }
  const version = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const length = bytes.readUInt16BE(14);
  const total = fixedBytes + length;
  const command = version & 0x0f;
  if (version >> 4 !== 2 || command > 1 || total > maxHeaderBytes) return "invalid";
  if (bytes.length < total) return "more";
  // §2.2: LOCAL is the proxy's own connection, such as a health check, and its addresses are to be ignored.
  if (command === 0) return { bytes: total, address: undefined };
  const body = bytes.subarray(fixedBytes, total);
  const size = addressBytes.get(family);
  if (size === undefined || body.length < size || !hasWholeExtensions(body.subarray(size))) return "invalid";
  return { bytes: total, address: toAddress(family, body) };
}

/** What the addresses and ports of each family take (§2.2): TCP over IPv4 and IPv6, a UNIX socket, unspecified. */
const addressBytes: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);

function toAddress(family: number, body: Buffer): string | undefined {
  if (family === 0x11) return [...body.subarray(0, 4)].join(".");
  if (family !== 0x21) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => body.readUInt16BE(2 * index).toString(16));
  return toCanonicalAddress(groups.join(":"));
}

/** Whether the type-length-value extensions behind the addresses fill the header exactly. They are not used. */
function hasWholeExtensions(rest: Buffer): boolean {
  let at = 0;
  while (at < rest.length) {
    if (at + 3 > rest.length) return false;
    at += 3 + rest.readUInt16BE(at + 1);
  }
  return at === rest.length;
}
