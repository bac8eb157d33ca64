import { type Bytes, concat, isEqual, toBigInt } from "./bytes.js";
import { type Curve, isEd25519Point, isOnCurve, p256, p384 } from "./curves.js";
import { type DerElement, readBits, readSequence, readUnsigned, tags, toBits, toDer, toSequence } from "./der.js";
import { dsaFault, isDsa } from "./dsa.js";

/** The signature algorithm of a key. `DSA` is withdrawn (FIPS 186-5) and refused unless an option allows it. */
export type KeyAlgorithm = "Ed25519" | "P-256" | "P-384" | "RSA" | "DSA";

/** The algorithms that Sallyport makes keys of: all but `DSA`. */
export type ModernAlgorithm = Exclude<KeyAlgorithm, "DSA">;

/** A public key in the form to which every other format is converted. */
export interface WireKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7). */
  readonly spki: Bytes;
}

/** The result of reading a key: the key, or its fault, worded to follow "the key". */
export type ReadKey = WireKey | { readonly fault: string };

/** NIST SP 800-57: 128 bits of strength, good beyond 2030. */
const minRsaBits = 3072;

/** The upper limit: checking one signature of a larger key would cost a server milliseconds. */
const maxRsaBits = 8192;

/** Object identifiers, as the content of their element. */
const oids = {
  ed25519: Uint8Array.of(0x2b, 0x65, 0x70),
  ec: Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01),
  p256: Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07),
  p384: Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x22),
  rsa: Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01),
} as const;

const oid = (content: Uint8Array): Bytes => toDer(tags.oid, content);

/**
 * The content of the AlgorithmIdentifier of each algorithm. DSA has none here: its identifier holds parameters of the
 * key.
 */
const identifiers: ReadonlyMap<ModernAlgorithm, Bytes> = new Map([
  ["Ed25519", oid(oids.ed25519)],
  ["P-256", concat(oid(oids.ec), oid(oids.p256))],
  ["P-384", concat(oid(oids.ec), oid(oids.p384))],
  ["RSA", concat(oid(oids.rsa), toDer(tags.nothing))],
]);

/** Returns the AlgorithmIdentifier (RFC 5280 §4.1.1.2) of a key. It is the same in the public and the private half. */
export function identifierOf(algorithm: ModernAlgorithm): Bytes {
  return toSequence(identifiers.get(algorithm) ?? new Uint8Array());
}

/** Returns the algorithm that an AlgorithmIdentifier names; `undefined` for one that Sallyport does not accept. */
export function readIdentifier(element: DerElement | undefined): KeyAlgorithm | undefined {
  if (element?.tag !== tags.sequence) return undefined;
  for (const [algorithm, content] of identifiers) if (isEqual(element.content, content)) return algorithm;
  return isDsa(element) ? "DSA" : undefined;
}

/**
 * Wraps a raw public key (a point, 32 bytes of Ed25519, PKCS #1 of RSA) in SubjectPublicKeyInfo. It does not check the
 * key.
 */
export function toSpki(algorithm: ModernAlgorithm, key: Uint8Array): Bytes {
  return toSequence(identifierOf(algorithm), toBits(key));
}

/** Returns the raw key inside a SubjectPublicKeyInfo, in the form that `toSpki` takes. */
export function rawKeyOf(spki: Uint8Array): Uint8Array {
  return readBits(readSequence(spki)?.[1]) ?? new Uint8Array();
}

/**
 * Reads and checks a SubjectPublicKeyInfo: strict DER, an accepted algorithm, a point on its curve, an RSA modulus and
 * exponent of a safe size. One key has exactly one accepted encoding, so its fingerprint identifies it.
 */
export function readSpki(spki: Uint8Array): ReadKey {
  const [identifier, bits, ...rest] = readSequence(spki) ?? [];
  const key = readBits(bits);
  if (key === undefined || rest.length > 0) return { fault: "is not SubjectPublicKeyInfo in DER" };
  const algorithm = readIdentifier(identifier);
  if (algorithm === undefined) return { fault: "must be Ed25519, ECDSA on P-256 or P-384, or RSA" };
  const fault = faultOf(algorithm, key, identifier);
  return fault === undefined ? { algorithm, spki: concat(spki) } : { fault };
}

function faultOf(algorithm: KeyAlgorithm, key: Uint8Array, identifier: DerElement | undefined): string | undefined {
  switch (algorithm) {
    case "Ed25519":
      return isEd25519Point(key) ? undefined : "is not a point of Ed25519, or one under which any signature fits";
    case "P-256":
      return pointFault(key, p256, algorithm);
    case "P-384":
      return pointFault(key, p384, algorithm);
    case "RSA":
      return rsaFault(readSequence(key));
    case "DSA":
      return dsaFault(identifier, key);
    default:
      return algorithm satisfies never;
  }
}

function pointFault(point: Uint8Array, curve: Curve, name: string): string | undefined {
  return isOnCurve(point, curve) ? undefined : `is not an uncompressed point of ${name}`;
}

function rsaFault(parts: readonly DerElement[] = []): string | undefined {
  const modulus = readUnsigned(parts[0]);
  const exponent = readUnsigned(parts[1]);
  if (modulus === undefined || exponent === undefined || parts.length !== 2) return "is not an RSA key in DER";
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < minRsaBits) return `is RSA of ${bits} bits; it needs ${minRsaBits}. Make another`;
  if (bits > maxRsaBits) return `is RSA of ${bits} bits; ${maxRsaBits} is the most. Make another`;
  if (!isOdd(modulus)) return "is RSA with an even modulus, so it was not made by a proper tool";
  // FIPS 186-5 §5.4: above 2^16, and odd; below 2^32, so that a check is cheap. Every tool takes 65,537 today.
  const e = toBigInt(exponent);
  if (e <= 2n ** 16n || e >= 2n ** 32n || !isOdd(exponent)) {
    return "is RSA with an unsafe exponent; it should be 65537. Make another";
  }
  return undefined;
}

function isOdd(bytes: Uint8Array): boolean {
  return ((bytes.at(-1) ?? 0) & 1) === 1;
}
