import { type Bytes, concat } from "./bytes.js";

/**
 * Converts an ECDSA signature from WebCrypto's form (IEEE P1363: two numbers side by side) to DER (RFC 3279 §2.2.3),
 * which other libraries write.
 */
export function toDerSignature(pair: Uint8Array): Bytes {
  const half = pair.length / 2;
  return toSequence(toUnsigned(pair.subarray(0, half)), toUnsigned(pair.subarray(half)));
}

/** The X.690 tags that keys and signatures use. */
export const tags = { integer: 0x02, bitString: 0x03, octets: 0x04, nothing: 0x05, oid: 0x06, sequence: 0x30 } as const;

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * Reads the elements that fill `bytes` exactly. Returns `undefined` for bytes that are not DER: a length in more bytes
 * than it needs, an indefinite length, bytes left over or missing (X.690 §10.1).
 */
export function readElements(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at];
    const first = bytes[at + 1];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    at += 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      const lengthBytes = bytes.subarray(at, at + count);
      // Three bytes are 16 MiB: no key is longer.
      if (count < 1 || count > 3 || lengthBytes.length < count || lengthBytes[0] === 0) return undefined;
      length = lengthBytes.reduce((sum, byte) => sum * 256 + byte, 0);
      if (length < 0x80) return undefined;
      at += count;
    }
    const content = bytes.subarray(at, at + length);
    if (content.length < length) return undefined;
    elements.push({ tag, content });
    at += length;
  }
  return elements;
}

/** Reads the elements of the one sequence that fills `bytes`; `undefined` when there is no such sequence. */
export function readSequence(bytes: Uint8Array): readonly DerElement[] | undefined {
  const [sequence, ...rest] = readElements(bytes) ?? [];
  return sequence?.tag === tags.sequence && rest.length === 0 ? readElements(sequence.content) : undefined;
}

/** Reads a non-negative integer as its big-endian bytes without a leading zero; `undefined` for any other element. */
export function readUnsigned(element: DerElement | undefined): Uint8Array | undefined {
  if (element?.tag !== tags.integer) return undefined;
  const [first, second = 0] = element.content;
  if (first === undefined || first >= 0x80) return undefined;
  if (first > 0) return element.content;
  // A zero in front is there if, and only if, the number would be negative without it (X.690 §8.3.2).
  return second >= 0x80 || element.content.length === 1 ? element.content.subarray(1) : undefined;
}

/** Reads the bytes of a bit string; `undefined` when it has unused bits or is another element. */
export function readBits(element: DerElement | undefined): Uint8Array | undefined {
  return element?.tag === tags.bitString && element.content[0] === 0 ? element.content.subarray(1) : undefined;
}

/** Writes one element. */
export function toDer(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const content = concat(...contents);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, (length >> 8) & 0xff, length & 0xff];
  if (length > 0xffff) throw new RangeError("no key is that long");
  return concat(Uint8Array.from([tag, ...head]), content);
}

export function toSequence(...elements: readonly Uint8Array[]): Bytes {
  return toDer(tags.sequence, ...elements);
}

/** @param magnitude big-endian; leading zeros do not count */
export function toUnsigned(magnitude: Uint8Array): Bytes {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? new Uint8Array(1) : magnitude.subarray(start);
  return toDer(tags.integer, (digits[0] ?? 0) >= 0x80 ? new Uint8Array(1) : new Uint8Array(0), digits);
}

export function toBits(bytes: Uint8Array): Bytes {
  return toDer(tags.bitString, new Uint8Array(1), bytes);
}
