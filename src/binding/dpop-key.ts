import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { isBase64url } from "../credentials/base64.js";
import { dpopAlgorithms } from "../credentials/dpop-algorithms.js";

/** The public key of a proof. */
export interface DpopKey {
  /** Its RFC 7638 thumbprint: what a session is bound to. */
  readonly jkt: string;
  /** Whether the holder of the private half signed this. */
  verifies(signingInput: string, signature: Uint8Array): boolean;
}

/** 32 bytes: a coordinate, or an Ed25519 key. */
const coordinateLength = 43;

/** Of symmetric and of private keys (RFC 7518 §6). Who sends one has no secret any more. */
const privateMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/**
 * The key in a proof's header (RFC 9449 §4.2), or `undefined` unless `alg` is pinned and `jwk` is a public key of it,
 * in its one spelling.
 */
export function readDpopKey(alg: unknown, jwk: unknown): DpopKey | undefined {
  const algorithm = dpopAlgorithms.get(alg);
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
