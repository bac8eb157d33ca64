import { type Bytes, concat } from "../../wire/bytes.js";
import { toDerSignature } from "../../wire/der.js";
import type { ModernAlgorithm } from "../../wire/public-key.js";

type Subtle = typeof globalThis.crypto.subtle;

/** A key of WebCrypto. */
export type WebCryptoKey = Awaited<ReturnType<Subtle["importKey"]>>;

/** WebCrypto's parameters to import a key of one algorithm and to sign by it. */
interface Dialect {
  readonly import: { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
  readonly sign: { readonly name: string; readonly hash?: string; readonly saltLength?: number };
  /** Converts WebCrypto's signature to the form that the server takes. */
  readonly toSignature: (written: Uint8Array) => Bytes;
}

const asItIs = (written: Uint8Array): Bytes => concat(written);

const dialects: Readonly<Record<ModernAlgorithm, Dialect>> = {
  Ed25519: { import: { name: "Ed25519" }, sign: { name: "Ed25519" }, toSignature: asItIs },
  "P-256": {
    import: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
    toSignature: toDerSignature,
  },
  "P-384": {
    import: { name: "ECDSA", namedCurve: "P-384" },
    sign: { name: "ECDSA", hash: "SHA-384" },
    toSignature: toDerSignature,
  },
  RSA: {
    import: { name: "RSA-PSS", hash: "SHA-256" },
    sign: { name: "RSA-PSS", saltLength: 32 },
    toSignature: asItIs,
  },
};

export function importParametersOf(algorithm: ModernAlgorithm): Dialect["import"] {
  return dialects[algorithm].import;
}

/** Returns the algorithm of a key of WebCrypto; `undefined` for a key that cannot log in. */
export function algorithmOf({ algorithm }: WebCryptoKey): ModernAlgorithm | undefined {
  const { name, namedCurve, hash } = algorithm as { name: string; namedCurve?: string; hash?: { name: string } };
  for (const [known, { import: wanted }] of Object.entries(dialects)) {
    if (wanted.name === name && wanted.namedCurve === namedCurve && wanted.hash === hash?.name) {
      return known as ModernAlgorithm;
    }
  }
  return undefined;
}

/** Signs a message in the one way that keys of this algorithm do. */
export async function signBy(key: WebCryptoKey, algorithm: ModernAlgorithm, message: Bytes): Promise<Bytes> {
  const { sign, toSignature } = dialects[algorithm];
  return toSignature(new Uint8Array(await crypto.subtle.sign(sign, key, message)));
}
