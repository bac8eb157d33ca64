import { createHash, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";

/** Any value may be wrong: `undefined` leaves a member out. */
export type Members = Readonly<Record<string, unknown>>;

/** A client's key. */
export interface ProofMaker {
  readonly jwk: Members;
  /** RFC 7638, worked out here anew. */
  readonly jkt: string;
  /** Signs a `DPoP` proof, at once; what is given replaces what is right. */
  prove(claims: Members, header?: Members): string;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export const athOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** With node:crypto and not with what our client uses, so that each checks the other. */
export function createProofMaker(alg: "ES256" | "EdDSA" | "Ed25519" | "ES384" | "RS256" = "ES256"): ProofMaker {
  const { privateKey } = {
    ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
    ES384: () => generateKeyPairSync("ec", { namedCurve: "P-384" }),
    EdDSA: () => generateKeyPairSync("ed25519"),
    Ed25519: () => generateKeyPairSync("ed25519"),
    RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  }[alg]();
  const digest = { ES256: "sha256", ES384: "sha384", EdDSA: null, Ed25519: null, RS256: "sha256" }[alg];
  const jwk = createPublicKey(privateKey).export({ format: "jwk" }) as Members;
  const { crv, e, kty, n, x, y } = jwk;
  return {
    jwk,
    jkt: createHash("sha256").update(JSON.stringify({ crv, e, kty, n, x, y })).digest("base64url"),
    prove(claims, header = {}) {
      const head = part({ typ: "dpop+jwt", alg, jwk, ...header });
      const body = part({ jti: randomUUID(), htm: "GET", iat: 1_800_000_000, ...claims });
      const signature = sign(digest, Buffer.from(`${head}.${body}`), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${head}.${body}.${signature.toString("base64url")}`;
    },
  };
}
