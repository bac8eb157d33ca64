import { type Bytes, concat, isEqual, toBigInt, toUtf8 } from "../../wire/bytes.js";
import { type DerElement, readElements, readSequence, readUnsigned, tags } from "../../wire/der.js";

// RFC 8018 §A: PBES2 of PBKDF2 with HMAC-SHA-2 and AES-CBC, which OpenSSL has written since 1.1.

const oids = {
  pbes2: Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d),
  pbkdf2: Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c),
} as const;

const hmac = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02);

const hashes: ReadonlyMap<number, string> = new Map([
  [9, "SHA-256"],
  [10, "SHA-384"],
  [11, "SHA-512"],
]);

const aes = Uint8Array.of(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01);

const keyBits: ReadonlyMap<number, number> = new Map([
  [2, 128],
  [42, 256],
]);

/** The most iterations, a minute's work. OpenSSL's default is 2,048, and users choose up to a million. */
const maxIterations = 20_000_000;

interface Encrypted {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly hash: string;
  readonly bits: number;
  readonly iv: Bytes;
  readonly data: Bytes;
}

/**
 * Decrypts a private key in PKCS #8 (`ENCRYPTED PRIVATE KEY`, RFC 5958 §3).
 *
 * @returns PKCS #8, or the fault, worded to follow "the key"
 */
export async function decryptPkcs8(
  der: Uint8Array,
  passphrase: string,
): Promise<{ readonly pkcs8: Bytes } | { readonly fault: string }> {
  const encrypted = readEncrypted(der);
  if (encrypted === undefined) {
    return { fault: "is encrypted in a way that is not read here. Convert it: openssl pkcs8 -topk8 -in FILE -out NEW" };
  }
  const { salt, iterations, hash, bits, iv, data } = encrypted;
  const { subtle } = crypto;
  const base = await subtle.importKey("raw", toUtf8(passphrase), "PBKDF2", false, ["deriveKey"]);
  const pbkdf2 = { name: "PBKDF2", salt, iterations, hash };
  const key = await subtle.deriveKey(pbkdf2, base, { name: "AES-CBC", length: bits }, false, ["decrypt"]);
  try {
    return { pkcs8: new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, key, data)) };
  } catch {
    return { fault: "does not open with this passphrase" };
  }
}

function readEncrypted(der: Uint8Array): Encrypted | undefined {
  const [method, data] = readSequence(der) ?? [];
  const [pbes2, parameters] = inside(method);
  const [derivation, cipher] = inside(parameters);
  const [pbkdf2, numbers] = inside(derivation);
  const [salt, iterations, ...more] = inside(numbers);
  const [cipherName, iv] = inside(cipher);
  const [prf] = inside(more.find(({ tag }) => tag === tags.sequence));
  const hash = hashes.get(lastAfter(hmac, prf) ?? 0);
  const bits = keyBits.get(lastAfter(aes, cipherName) ?? 0);
  const count = Number(toBigInt(readUnsigned(iterations) ?? new Uint8Array()));
  const isKnown = isEqual(contentOf(pbes2), oids.pbes2) && isEqual(contentOf(pbkdf2), oids.pbkdf2);
  if (!isKnown || hash === undefined || bits === undefined || count < 1 || count > maxIterations) return undefined;
  if (salt?.tag !== tags.octets || iv?.content.length !== 16 || data?.tag !== tags.octets) return undefined;
  return {
    salt: concat(salt.content),
    iterations: count,
    hash,
    bits,
    iv: concat(iv.content),
    data: concat(data.content),
  };
}

function inside(element: DerElement | undefined): readonly DerElement[] {
  return (element?.tag === tags.sequence && readElements(element.content)) || [];
}

function contentOf(element: DerElement | undefined): Uint8Array {
  return element?.content ?? new Uint8Array();
}

/** Returns the last byte of an OID that is `prefix` and one more byte; else `undefined`. */
function lastAfter(prefix: Uint8Array, oid: DerElement | undefined): number | undefined {
  const bytes = contentOf(oid);
  return isEqual(bytes.subarray(0, -1), prefix) ? bytes.at(-1) : undefined;
}
