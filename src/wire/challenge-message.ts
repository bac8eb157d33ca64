import { type Bytes, concat, toUtf8 } from "./bytes.js";

/** What a private key signs to prove that it is there now. */
export interface ChallengeMessage {
  /** The server's realm: a signature for one deployment is worth nothing at another. */
  readonly realm: string;
  /** What the signature is for, such as `log-in`: it is worth nothing for anything else. */
  readonly purpose: string;
  /** As whom: the name as it was sent. */
  readonly user: string;
  /** SHA-256 of the public key's SPKI. */
  readonly fingerprint: Uint8Array;
  /** The 32 random bytes of the server. */
  readonly nonce: Uint8Array;
}

const label = toUtf8("sallyport challenge 1");

/**
 * The bytes to be signed: label ‖ realm ‖ purpose ‖ user ‖ fingerprint ‖ nonce, each behind its length in four bytes,
 * big-endian, so that no two messages make the same bytes. They are longer than 32 bytes, so no bare nonce is one either.
 */
export function toSignedBytes({ realm, purpose, user, fingerprint, nonce }: ChallengeMessage): Bytes {
  return lengthPrefixed(label, toUtf8(realm), toUtf8(purpose), toUtf8(user), fingerprint, nonce);
}

function lengthPrefixed(...parts: readonly Uint8Array[]): Bytes {
  return concat(
    ...parts.flatMap((part) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, part.length);
      return [length, part];
    }),
  );
}
