import { type Bytes, concat, fromUtf8, isEqual, toUtf8 } from "./bytes.js";
import { readElements, readUnsigned, tags, toSequence, toUnsigned } from "./der.js";
import { type KeyAlgorithm, type ReadKey, readSpki, toSpki } from "./public-key.js";

/** OpenSSH's names of the accepted algorithms. */
const names: ReadonlyMap<string, KeyAlgorithm> = new Map([
  ["ssh-ed25519", "Ed25519"],
  ["ecdsa-sha2-nistp256", "P-256"],
  ["ecdsa-sha2-nistp384", "P-384"],
  ["ssh-rsa", "RSA"],
]);

/** Whether a word is OpenSSH's name of an algorithm, accepted here or not. */
export function isOpenSshName(word: string): boolean {
  return /^(ssh|ecdsa|sk-ssh|sk-ecdsa|webauthn-sk)-[\w@.-]+$/.test(word);
}

/** Reads the strings of an SSH message (RFC 4251 §5) in order. */
export interface SshReader {
  /** Reads the next string; `undefined` when there is none or it is cut off. */
  next(): Uint8Array | undefined;
  readonly rest: Uint8Array;
}

export function createSshReader(bytes: Uint8Array): SshReader {
  let rest = bytes;
  return {
    next() {
      if (rest.length < 4) return undefined;
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0);
      const value = rest.subarray(4, 4 + length);
      if (value.length < length) return undefined;
      rest = rest.subarray(4 + length);
      return value;
    },
    get rest() {
      return rest;
    },
  };
}

/**
 * Reads a public key of OpenSSH (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
 *
 * @param name the word before the base64, when there was one: the two must agree
 */
export function readOpenSshKey(blob: Uint8Array, name?: string): ReadKey {
  const reader = createSshReader(blob);
  const inside = fromUtf8(reader.next() ?? new Uint8Array()) ?? "";
  if (name !== undefined && name !== inside) return { fault: `is of another kind than its name ${name} says` };
  const algorithm = names.get(inside);
  const spki = algorithm && readBody(algorithm, inside, reader);
  if (algorithm === undefined) {
    return { fault: "must be ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa" };
  }
  return spki === undefined || reader.rest.length > 0 ? { fault: "is damaged" } : readSpki(spki);
}

function readBody(algorithm: KeyAlgorithm, name: string, reader: SshReader): Bytes | undefined {
  const first = reader.next();
  if (first === undefined) return undefined;
  switch (algorithm) {
    case "Ed25519":
      return toSpki(algorithm, first);
    case "P-256":
    case "P-384": {
      const point = reader.next();
      const isCurve = isEqual(first, toUtf8(name.slice("ecdsa-sha2-".length)));
      return point !== undefined && isCurve ? toSpki(algorithm, point) : undefined;
    }
    case "RSA": {
      const [exponent, modulus] = [readMpint(first), readMpint(reader.next())];
      return exponent && modulus && toSpki(algorithm, toSequence(toUnsigned(modulus), toUnsigned(exponent)));
    }
    case "DSA":
      return undefined;
    default:
      return algorithm satisfies never;
  }
}

/**
 * Writes a public key in OpenSSH's format: its name, and the bytes that follow it in base64. RSA keys are only read.
 */
export function toOpenSshKey(
  algorithm: "Ed25519" | "P-256" | "P-384",
  raw: Uint8Array,
): { readonly name: string; readonly blob: Bytes } {
  if (algorithm === "Ed25519") {
    const name = "ssh-ed25519";
    return { name, blob: concat(toSshString(toUtf8(name)), toSshString(raw)) };
  }
  const curve = algorithm === "P-256" ? "nistp256" : "nistp384";
  const name = `ecdsa-sha2-${curve}`;
  return { name, blob: concat(...[toUtf8(name), toUtf8(curve), raw].map(toSshString)) };
}

export function toSshString(bytes: Uint8Array): Bytes {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

/** Reads an mpint (RFC 4251 §5) as its bytes; `undefined` for a negative number or one with a needless leading zero. */
export function readMpint(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && readUnsigned({ tag: tags.integer, content: bytes });
}

export function toMpint(magnitude: Uint8Array): Bytes {
  const [number] = readElements(toUnsigned(magnitude)) ?? [];
  return toSshString(number?.content ?? new Uint8Array());
}
