import { isEqual, toBigInt } from "./bytes.js";
import { type DerElement, readElements, readUnsigned, tags } from "./der.js";

// Old Deephaven keys are DSA, which FIPS 186-5 has withdrawn. They are read so that a refusal can name the algorithm.

const oid = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01);

/** Whether an AlgorithmIdentifier is that of DSA (RFC 3279 §2.3.2). */
export function isDsa({ content }: DerElement): boolean {
  return isEqual(readElements(content)?.[0]?.content ?? new Uint8Array(), oid);
}

/** Returns the fault of a DSA key (FIPS 186-4 §4); `undefined` when it has none. */
export function dsaFault(identifier: DerElement | undefined, key: Uint8Array): string | undefined {
  const [p, q, g, ...more] = readNumbers(identifier);
  const [y, ...rest] = readElements(key)?.map(toNumber) ?? [];
  if (p === undefined || q === undefined || g === undefined || y === undefined || more.length + rest.length > 0) {
    return "is not a DSA key in DER";
  }
  const isSized = p >= 2n ** 1023n && p < 2n ** 3072n && q >= 2n ** 159n && q < 2n ** 256n;
  // 1 and p − 1 generate next to nothing: a signature could fit any message.
  const isInRange = g > 1n && g < p - 1n && y > 1n && y < p - 1n && (p - 1n) % q === 0n;
  return isSized && isInRange ? undefined : "is DSA with unsafe numbers. Make another, and not of DSA";
}

/** Reads p, q and g. */
function readNumbers(identifier: DerElement | undefined): readonly bigint[] {
  const [, parameters] = readElements(identifier?.content ?? new Uint8Array()) ?? [];
  const isSequence = parameters?.tag === tags.sequence;
  return (isSequence && readElements(parameters.content)?.map(toNumber)) || [];
}

/** Reads an integer. Returns 0, which every range check refuses, for an element that is no unsigned integer. */
function toNumber(element: DerElement): bigint {
  return toBigInt(readUnsigned(element) ?? new Uint8Array());
}
