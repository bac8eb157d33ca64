import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { isBase64url } from "../credentials/base64.js";
import { dpopAlgorithms } from "../credentials/dpop-algorithms.js";

/** The public key of a proof. */
export interface DpopKey {
  /** The key's thumbprint (RFC 7638), to which a session is bound. */
  readonly jkt: string;
  /** Whether the private half of the key made this signature. */
  verifies(signingInput: string, signature: Uint8Array): boolean;
}

/** The base64url length of 32 bytes: a coordinate, or an Ed25519 key. */
const coordinateLength = 43;

/** Members of symmetric and private keys (RFC 7518 §6). A client that sends one has revealed its secret. */
const privateMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/**
 * Reads the key in a proof's header (RFC 9449 §4.2). Returns `undefined` unless `alg` is in `algorithms` and `jwk` is a
 * public key for it in canonical spelling.
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
        // Made here, since it costs more than a verification: a proof by another key than the session's is refused
        // before.
        key ??= createPublicKey({ key: members, format: "jwk" });
        return verify(digest, Buffer.from(signingInput), { key, dsaEncoding: "ieee-p1363" }, signature);
      } catch {
        return false; // no point of the curve
      }
    },
  };
}
