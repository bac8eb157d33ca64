import { constants, createHash, createPublicKey, verify } from "node:crypto";
import { AuthError } from "../../base/errors.js";
import { toBase64url } from "../../wire/bytes.js";
import { readDeephavenKey } from "../../wire/deephaven-key.js";
import { parsePublicKey } from "../../wire/parse-public-key.js";
import { type KeyAlgorithm, type ReadKey, readSpki, type WireKey } from "../../wire/public-key.js";

/** A public key, whatever format it came in. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /** The key's name: SHA-256 of `spki` in base64url, 43 characters. A key has one, since it has one encoding. */
  readonly fingerprint: string;
}

/**
 * Reads a public key to be enrolled: PEM (`PUBLIC KEY`), JWK, a line of OpenSSH, base64 of SPKI with or without
 * Deephaven's `EC:`. Taken are Ed25519, ECDSA on P-256 and P-384, and RSA of 3,072 bits or more with a proper exponent.
 *
 * @param options.allowLegacyDsa take the DSA keys of old Deephaven installations too. Default: `false`.
 * @throws {AuthError} `invalid_options`: the message says what is wrong, and shows no part of a private key that was
 *   given in its place.
 */
export function requirePublicKey(text: string, options: { readonly allowLegacyDsa?: boolean } = {}): PublicKey {
  const read = refuseDsa(parsePublicKey(text), options.allowLegacyDsa === true);
  if ("fault" in read) throw new AuthError("invalid_options", `The key ${read.fault}`);
  return toPublicKey(read);
}

/** @param allowed whether somebody insists on DSA */
export function refuseDsa(read: ReadKey, allowed: boolean): ReadKey {
  return "fault" in read || read.algorithm !== "DSA" || allowed
    ? read
    : { fault: "is DSA, which is no longer safe; make another, or say allowLegacyDsa" };
}

/** The public key that somebody presents; `undefined` unless it is one that could have been enrolled. */
export function parsePresentedKey(spki: Uint8Array): PublicKey | undefined {
  const read = readSpki(spki);
  return "fault" in read || read.algorithm === "DSA" ? undefined : toPublicKey(read);
}

/** The same for a key as Deephaven's clients send it: EC behind a sentinel, or DSA without, if somebody insists. */
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

/** SHA-256. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

/**
 * Whether `signature` over `message` was made by the private half of `key`. Each kind of key has one way to sign, so that
 * nobody can choose a weaker one: ECDSA over SHA-256 on P-256 and SHA-384 on P-384 (FIPS 186-5), RSASSA-PSS over SHA-256
 * with a salt of 32 bytes (RFC 8017 §8.1), Ed25519 (RFC 8032), DSA over SHA-256. OpenSSL takes strict DER and numbers in
 * their range only; a table of what other libraries took holds it to that, on every version of Node.
 */
export function verifySignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifyProper(key, message, signature);
  } catch {
    return false; // what OpenSSL cannot read is not a signature
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
