export interface DpopAlgorithm {
  readonly kty: string;
  readonly crv: string;
  /** The members of the JWK that are hashed for its thumbprint, in the order of RFC 7638 §3.2. */
  readonly coordinates: readonly ("x" | "y")[];
  readonly digest: string | null;
}

export const ed25519: DpopAlgorithm = { kty: "OKP", crv: "Ed25519", coordinates: ["x"], digest: null };

/**
 * The algorithms of proofs: asymmetric, of one key size, and quick to verify. RSA is left out, since the caller chooses
 * the modulus and could make each check as costly as it likes.
 */
export const dpopAlgorithms: ReadonlyMap<unknown, DpopAlgorithm> = new Map([
  ["ES256", { kty: "EC", crv: "P-256", coordinates: ["x", "y"], digest: "sha256" }],
  ["EdDSA", ed25519],
  ["Ed25519", ed25519],
]);

/** The `algs` parameter of a challenge (RFC 9449 §7.1). */
export const dpopAlgorithmNames: string = [...dpopAlgorithms.keys()].join(" ");
