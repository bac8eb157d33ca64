import { fromBase64 } from "./bytes.js";
import { looksLikeDeephavenKeyFile, parseDeephavenKey } from "./deephaven-key.js";
import { readJwk } from "./jwk.js";
import { isOpenSshName, readOpenSshKey } from "./open-ssh.js";
import { parsePem } from "./pem.js";
import { algorithmOfPkcs8 } from "./pkcs8.js";
import { type ReadKey, readSpki } from "./public-key.js";

const privateFault: ReadKey = { fault: "is a private key: keep it secret, and give its public half" };

/**
 * Reads one public key in any of its formats: PEM (`PUBLIC KEY`), JWK, a line of OpenSSH, base64 of SPKI with or without
 * Deephaven's `EC:`.
 *
 * @returns the key, or its fault, worded to follow "the key"
 */
export function parsePublicKey(text: string): ReadKey {
  const trimmed = text.trim();
  if (/PRIVATE KEY-----/.test(trimmed) || looksLikeDeephavenKeyFile(trimmed)) return privateFault;
  if (trimmed.startsWith("-----")) return parsePemKey(trimmed);
  if (trimmed.startsWith("{")) return parseJwk(trimmed);
  const [word = "", base64 = ""] = trimmed.split(/[ \t]+/);
  return isOpenSshName(word) ? parseOpenSshKey(word, base64) : parseBareKey(trimmed);
}

/**
 * Reads a public key of OpenSSH from the first two words of its line.
 *
 * @param name the first word, such as `ssh-ed25519`
 */
export function parseOpenSshKey(name: string, base64: string): ReadKey {
  const blob = fromBase64(base64);
  return blob === undefined ? { fault: "is no base64; copy the whole line" } : readOpenSshKey(blob, name);
}

/** Reads SPKI in base64, with or without Deephaven's sentinel `EC:`. */
export function parseBareKey(base64: string): ReadKey {
  const key = parseDeephavenKey(base64);
  if (key === undefined) return { fault: "is in no format that is read here: PEM, JWK, OpenSSH, or base64 of SPKI" };
  if (algorithmOfPkcs8(key.der) !== undefined) return privateFault;
  const read = readSpki(key.der);
  if ("fault" in read || !key.hasSentinel || read.algorithm.startsWith("P-")) return read;
  return { fault: `says EC: and is ${read.algorithm}` };
}

function parsePemKey(text: string): ReadKey {
  const block = parsePem(text);
  if (block === undefined) return { fault: "is no PEM of one block; copy it whole, from BEGIN to END" };
  if (block.label === "PUBLIC KEY") return readSpki(block.der);
  return {
    fault: `is PEM with the label ${block.label}; it must be PUBLIC KEY. For a certificate: openssl x509 -in FILE -pubkey -noout`,
  };
}

function parseJwk(text: string): ReadKey {
  try {
    return readJwk(JSON.parse(text) as object);
  } catch {
    return { fault: "is no JSON" };
  }
}
