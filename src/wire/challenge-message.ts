import { type Bytes, concat, toUtf8 } from "./bytes.js";

/** The message that a client signs to prove that it holds a private key now. */
export interface ChallengeMessage {
  /** The server's realm. A signature made for one deployment is refused at another. */
  readonly realm: string;
  /** The purpose of the signature, such as `log-in`. A signature for one purpose is refused for another. */
  readonly purpose: string;
  /** The user name as the client sent it. */
  readonly user: string;
  /** SHA-256 of the public key's SPKI. */
  readonly fingerprint: Uint8Array;
  /** The 32 random bytes of the server. */
  readonly nonce: Uint8Array;
}

const label = toUtf8("sallyport challenge 1");

/**
 * Returns the bytes to be signed: label ‖ realm ‖ purpose ‖ user ‖ fingerprint ‖ nonce, each after its length in four
 * big-endian bytes, so that no two messages have the same bytes. They are longer than 32 bytes, so they never equal a
 * bare nonce.
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
