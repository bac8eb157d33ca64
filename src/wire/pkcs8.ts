import { type Bytes, concat, fromBigInt, toBigInt } from "./bytes.js";
import { readSequence, tags, toBits, toDer, toSequence, toUnsigned } from "./der.js";
import { identifierOf, type KeyAlgorithm, type ModernAlgorithm, readIdentifier } from "./public-key.js";

/**
 * Returns the algorithm of a private key in PKCS #8 (RFC 5208 §5, RFC 5958); `undefined` for other bytes and for
 * algorithms that are not accepted.
 */
export function algorithmOfPkcs8(pkcs8: Uint8Array): KeyAlgorithm | undefined {
  const [version, identifier, key] = readSequence(pkcs8) ?? [];
  const isKey = version?.tag === tags.integer && (version.content[0] ?? 2) < 2 && key?.tag === tags.octets;
  return isKey ? readIdentifier(identifier) : undefined;
}

/**
 * Writes an Ed25519 private key as PKCS #8 (RFC 8410 §7).
 *
 * @param seed 32 bytes
 */
export function toEd25519Pkcs8(seed: Uint8Array): Bytes {
  return toPkcs8("Ed25519", toDer(tags.octets, seed));
}

/**
 * Writes an EC private key as PKCS #8 (RFC 5915 §3).
 *
 * @param scalar as many bytes as a coordinate
 */
export function toEcPkcs8(algorithm: "P-256" | "P-384", scalar: Uint8Array, point: Uint8Array): Bytes {
  const publicKey = toDer(0xa1, toBits(point));
  return toPkcs8(algorithm, toSequence(toUnsigned(Uint8Array.of(1)), toDer(tags.octets, scalar), publicKey));
}

/** The numbers of an RSA key (RFC 8017 §3.2), big-endian. */
export interface RsaNumbers {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  /** q⁻¹ mod p. */
  readonly qInverse: Uint8Array;
}

/** Writes an RSA private key as PKCS #8 (RFC 8017 §A.1.2). */
export function toRsaPkcs8({ n, e, d, p, q, qInverse }: RsaNumbers): Bytes {
  const exponent = (prime: Uint8Array): Bytes => fromBigInt(toBigInt(d) % (toBigInt(prime) - 1n));
  const numbers = [new Uint8Array(), n, e, d, p, q, exponent(p), exponent(q), qInverse];
  return toPkcs8("RSA", toSequence(...numbers.map(toUnsigned)));
}

function toPkcs8(algorithm: ModernAlgorithm, key: Uint8Array): Bytes {
  return toSequence(toUnsigned(new Uint8Array()), identifierOf(algorithm), toDer(tags.octets, concat(key)));
}
