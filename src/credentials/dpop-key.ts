import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { isBase64url } from "./base64.js";

/** The public key of a proof. */
export interface ProofKey {
  /** Its RFC 7638 thumbprint: what a session is bound to. */
  readonly jkt: string;
  /** Whether the holder of the private half signed this. */
  verifies(signingInput: string, signature: Uint8Array): boolean;
}

interface ProofAlgorithm {
  readonly kty: string;
  readonly crv: string;
  /** The members that make the key, in the order that RFC 7638 §3.2 hashes them. */
  readonly coordinates: readonly ("x" | "y")[];
  readonly digest: string | null;
}

const ed25519: ProofAlgorithm = { kty: "OKP", crv: "Ed25519", coordinates: ["x"], digest: null };

/**
 * One row per algorithm: asymmetric, of one key size, and quick to verify. RSA is left out, since the caller chooses the
 * modulus and could make each check cost what it likes.
 */
const algorithms: ReadonlyMap<unknown, ProofAlgorithm> = new Map([
  ["ES256", { kty: "EC", crv: "P-256", coordinates: ["x", "y"], digest: "sha256" }],
  ["EdDSA", ed25519],
  ["Ed25519", ed25519],
]);

/** For the `algs` parameter of a challenge (RFC 9449 §7.1). */
export const proofAlgorithms: string = [...algorithms.keys()].join(" ");

/** 32 bytes: a coordinate, or an Ed25519 key. */
const coordinateLength = 43;

/** Of symmetric and of private keys (RFC 7518 §6). Who sends one has no secret any more. */
const privateMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/**
 * The key in a proof's header (RFC 9449 §4.2), or `undefined` unless `alg` is pinned and `jwk` is a public key of it,
 * in its one spelling.
 */
export function readProofKey(alg: unknown, jwk: unknown): ProofKey | undefined {
  const algorithm = algorithms.get(alg);
  if (algorithm === undefined || typeof jwk !== "object" || jwk === null) return undefined;
  const { kty, crv, coordinates, digest } = algorithm;
  const given = jwk as Readonly<Record<string, unknown>>;
  if (given.kty !== kty || given.crv !== crv || privateMembers.some((name) => name in given)) return undefined;
  const members: Record<string, string> = { crv, kty };
  for (const name of coordinates) {
    const value = given[name];
    if (typeof value !== "string" || value.length !== coordinateLength || !isBase64url(value)) return undefined;
    members[name] = value;
  }

  let key: KeyObject | undefined;
  return {
    jkt: hash("sha256", JSON.stringify(members), "base64url"),
    verifies(signingInput, signature) {
      try {
        // Made here, since it costs more than to verify: whoever holds another key never comes this far.
        key ??= createPublicKey({ key: members, format: "jwk" });
        return verify(digest, Buffer.from(signingInput), { key, dsaEncoding: "ieee-p1363" }, signature);
      } catch {
        return false; // no point of the curve
      }
    },
  };
}
