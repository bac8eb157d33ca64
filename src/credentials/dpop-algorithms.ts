export interface DpopAlgorithm {
  readonly kty: string;
  readonly crv: string;
  /** The members that make the key, in the order that RFC 7638 §3.2 hashes them. */
  readonly coordinates: readonly ("x" | "y")[];
  readonly digest: string | null;
}

export const ed25519: DpopAlgorithm = { kty: "OKP", crv: "Ed25519", coordinates: ["x"], digest: null };

/**
 * One row per algorithm: asymmetric, of one key size, and quick to verify. RSA is left out, since the caller chooses the
 * modulus and could make each check cost what it likes.
 */
export const dpopAlgorithms: ReadonlyMap<unknown, DpopAlgorithm> = new Map([
  ["ES256", { kty: "EC", crv: "P-256", coordinates: ["x", "y"], digest: "sha256" }],
  ["EdDSA", ed25519],
  ["Ed25519", ed25519],
]);

/** For the `algs` parameter of a challenge (RFC 9449 §7.1). */
export const dpopAlgorithmNames: string = [...dpopAlgorithms.keys()].join(" ");
