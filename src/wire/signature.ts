import type { Bytes } from "./bytes.js";
import { toSequence, toUnsigned } from "./der.js";

/** The two numbers that WebCrypto puts side by side (IEEE P1363), as DER (RFC 3279 §2.2.3), which all others write. */
export function toDerSignature(pair: Uint8Array): Bytes {
  const half = pair.length / 2;
  return toSequence(toUnsigned(pair.subarray(0, half)), toUnsigned(pair.subarray(half)));
}
