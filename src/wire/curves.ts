import { toBigInt } from "./bytes.js";

/** A curve y² = x³ − 3x + b over p (NIST SP 800-186 §3.2.1). */
export interface Curve {
  readonly p: bigint;
  readonly b: bigint;
  /** The length of a coordinate in bytes. */
  readonly size: number;
}

export const p256: Curve = {
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  size: 32,
};

export const p384: Curve = {
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  size: 48,
};

/**
 * Whether `point` is an uncompressed point of the curve (SEC 1 §2.3.3). Compressed and hybrid forms are refused: one
 * key must have one form, and so one fingerprint.
 */
export function isOnCurve(point: Uint8Array, { p, b, size }: Curve): boolean {
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false;
  const x = toBigInt(point.subarray(1, 1 + size));
  const y = toBigInt(point.subarray(1 + size));
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}

const p25519 = 2n ** 255n - 19n;

const d25519 = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/** y of a point of order 8; the other one is its negative. The rest of the small group have y = 0, 1 and −1. */
const yOfOrder8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

const smallOrder: ReadonlySet<bigint> = new Set([0n, 1n, p25519 - 1n, yOfOrder8, p25519 - yOfOrder8]);

/**
 * Whether 32 bytes are an acceptable Ed25519 public key: canonical, on the curve (RFC 8032 §5.1.3), and not of small
 * order, for which one signature fits any message.
 */
export function isEd25519Point(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const y = toBigInt(Uint8Array.from(bytes).reverse()) & (2n ** 255n - 1n);
  if (y >= p25519 || smallOrder.has(y)) return false;
  const y2 = (y * y) % p25519;
  // x² = u/v, and u/v is a square if and only if u·v is.
  const uv = ((y2 - 1n) * (d25519 * y2 + 1n)) % p25519;
  return power(uv < 0n ? uv + p25519 : uv, (p25519 - 1n) / 2n, p25519) === 1n;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % modulus) {
    if ((left & 1n) === 1n) result = (result * square) % modulus;
  }
  return result;
}
