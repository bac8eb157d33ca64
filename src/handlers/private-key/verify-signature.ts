import { constants, createHash, createPublicKey, verify } from "node:crypto";
import { AuthError } from "../../base/errors.js";
import { toBase64url } from "../../wire/bytes.js";
import { readDeephavenKey } from "../../wire/deephaven-key.js";
import { parsePublicKey } from "../../wire/parse-public-key.js";
import { type KeyAlgorithm, type ReadKey, readSpki, type WireKey } from "../../wire/public-key.js";

/** A public key, read from any of the accepted formats. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /**
   * The fingerprint: SHA-256 of `spki` in base64url, 43 characters. It identifies the key, since a key has one
   * encoding.
   */
  readonly fingerprint: string;
}

/**
 * Reads a public key to be enrolled: PEM (`PUBLIC KEY`), JWK, a line of OpenSSH, base64 of SPKI with or without
 * Deephaven's `EC:`. Accepts Ed25519, ECDSA on P-256 and P-384, and RSA of 3,072 to 8,192 bits with a safe exponent.
 *
 * @param options.allowLegacyDsa accept the DSA keys of old Deephaven installations too. Default: `false`, since DSA is
 *   withdrawn (FIPS 186-5)
 * @throws {AuthError} `invalid_options` for any other text. The message names the fault, and shows no part of a private
 *   key that was given by mistake.
 */
export function requirePublicKey(text: string, options: { readonly allowLegacyDsa?: boolean } = {}): PublicKey {
  const read = refuseDsa(parsePublicKey(text), options.allowLegacyDsa === true);
  if ("fault" in read) throw new AuthError("invalid_options", `The key ${read.fault}`);
  return toPublicKey(read);
}

/** Replaces a DSA key by a fault, unless DSA is allowed. */
export function refuseDsa(read: ReadKey, allowed: boolean): ReadKey {
  return "fault" in read || read.algorithm !== "DSA" || allowed
    ? read
    : { fault: "is DSA, which is no longer safe; make another, or say allowLegacyDsa" };
}

/** Reads the public key that a client presents; `undefined` unless it is acceptable for enrolment without DSA. */
export function parsePresentedKey(spki: Uint8Array): PublicKey | undefined {
  const read = readSpki(spki);
  return "fault" in read || read.algorithm === "DSA" ? undefined : toPublicKey(read);
}

/** Reads the public key that a client of Deephaven presents: EC with a sentinel, or DSA without, if that is allowed. */
export function parseDeephavenPresented(bytes: Uint8Array, allowLegacyDsa: boolean): PublicKey | undefined {
  const { der, hasSentinel } = readDeephavenKey(bytes);
  const read = readSpki(der);
  if ("fault" in read) return undefined;
  const isTaken = hasSentinel ? read.algorithm === "P-256" : read.algorithm === "DSA" && allowLegacyDsa;
  return isTaken ? toPublicKey(read) : undefined;
}

export function toPublicKey({ algorithm, spki }: WireKey): PublicKey {
  return Object.freeze({ algorithm, spki, fingerprint: toBase64url(digestOf(spki)) });
}

/** Returns the SHA-256 of `bytes`. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/**
 * Whether the private half of `key` made `signature` over `message`. Each algorithm has exactly one way to sign, so
 * that a client cannot choose a weaker one: ECDSA over SHA-256 on P-256 and SHA-384 on P-384 (FIPS 186-5), RSASSA-PSS
 * over SHA-256 with a salt of 32 bytes (RFC 8017 §8.1), Ed25519 (RFC 8032), DSA over SHA-256. OpenSSL accepts only
 * strict DER and numbers in their range; the tests check that on every version of Node, with a table of signatures that
 * other libraries accepted.
 */
export function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifyProper(key, message, signature);
  } catch {
    return false; // OpenSSL could not read it, so it is not a signature
  }
}

function verifyProper({ algorithm, spki }: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  switch (algorithm) {
    case "Ed25519":
      return verify(null, message, key, signature);
    case "P-384":
      return verify("sha384", message, key, signature);
    case "P-256":
    case "DSA":
      return verify("sha256", message, key, signature);
    case "RSA":
      return verify("sha256", message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature);
    default:
      return algorithm satisfies never;
  }
}
