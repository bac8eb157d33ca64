import { Code, ConnectError } from "@connectrpc/connect";
import { type Bytes, concat, isEqual } from "../../wire/bytes.js";
import { toSignedBytes } from "../../wire/challenge-message.js";
import { looksLikeDeephavenKeyFile, parseDeephavenKeyFile } from "../../wire/deephaven-key.js";
import { readJwk } from "../../wire/jwk.js";
import { openSshLabel, readOpenSshPrivateKey } from "../../wire/open-ssh-private.js";
import { parsePem } from "../../wire/pem.js";
import { algorithmOfPkcs8 } from "../../wire/pkcs8.js";
import { type ModernAlgorithm, type ReadKey, readSpki } from "../../wire/public-key.js";
import { decryptPkcs8 } from "./encrypted-key.js";
import { algorithmOf, importParametersOf, signBy, type WebCryptoKey } from "./web-crypto.js";

/**
 * A private key to log in by:
 * - the text of a file, or a `Blob` of it: a Deephaven key file, PEM (`PRIVATE KEY`, or `ENCRYPTED PRIVATE KEY` with a
 *   passphrase), a private JWK, or OpenSSH's own format without a passphrase;
 * - a key pair of WebCrypto, whose private half need not be extractable;
 * - a private key of WebCrypto alone, if it is extractable: its public half is taken from it.
 *
 * ECDSA on P-256 or P-384, Ed25519, or RSA of 3,072 bits or more (`RSA-PSS` with `SHA-256` in WebCrypto).
 */
export type PrivateKeySource =
  | string
  | Blob
  | WebCryptoKey
  | { readonly privateKey: WebCryptoKey; readonly publicKey: WebCryptoKey };

/** Options of `AuthClient.privateKey`. */
export interface PrivateKeyLogInOptions {
  /**
   * The user who logs in. Default: the user in a Deephaven key file; required with other formats, which name no user.
   */
  readonly user?: string | undefined;
  /** The account to operate as. Default: the one in a Deephaven key file; else none. */
  readonly operateAs?: string | undefined;
  /** The passphrase of an encrypted key. It is not kept. */
  readonly passphrase?: string | undefined;
  /**
   * The realm of the server, if you know it: for another realm nothing is signed. Default: any realm that the server
   * names.
   */
  readonly realm?: string | undefined;
}

/** Answers challenges by a private key. */
export interface KeySigner {
  readonly user: string;
  /** The account to operate as; `undefined` when it is the user's own. */
  readonly operateAs: string | undefined;
  /** The public key: SPKI in DER. */
  readonly publicKey: Bytes;
  sign(challenge: { readonly realm: string; readonly nonce: Uint8Array }): Promise<Bytes>;
  /**
   * Signs a bare nonce, for the protocol of Deephaven Enterprise only: an attacker who can make a client sign chosen
   * bytes could log in elsewhere with the signature.
   */
  signNonce(nonce: Uint8Array): Promise<Bytes>;
}

/** Opens a private key. Its text is not kept: the result holds a key of WebCrypto that cannot be exported. */
export async function openPrivateKey(source: PrivateKeySource, options: PrivateKeyLogInOptions): Promise<KeySigner> {
  const { realm: wanted, passphrase } = options;
  const text = typeof source === "string" ? source : source instanceof Blob ? await source.text() : undefined;
  const opened = text === undefined ? await fromWebCrypto(source as WebCryptoKey) : await fromText(text, passphrase);
  const { user = opened.user, operateAs = opened.operateAs } = options;
  if (user === undefined) throw refusal("names no user; give one: { user }");
  const { algorithm, privateKey, publicKey } = opened;
  const fingerprint = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey));
  return {
    user,
    operateAs: operateAs === user ? undefined : operateAs,
    publicKey,
    async sign({ realm, nonce }) {
      if (wanted !== undefined && wanted !== realm) {
        throw new ConnectError(
          `the server says that its realm is ${JSON.stringify(realm)}; nothing was signed for it`,
          Code.FailedPrecondition,
        );
      }
      const signed = toSignedBytes({ realm, purpose: "log-in", user, fingerprint, nonce });
      return signBy(privateKey, algorithm, signed);
    },
    async signNonce(nonce) {
      if (algorithm === "P-256") return signBy(privateKey, algorithm, concat(nonce));
      throw refusal(`is ${algorithm}, and Deephaven Enterprise takes ECDSA on P-256. Make one: sallyport keygen`);
    },
  };
}

interface OpenedKey {
  readonly algorithm: ModernAlgorithm;
  readonly privateKey: WebCryptoKey;
  readonly publicKey: Bytes;
  readonly user?: string | undefined;
  readonly operateAs?: string | undefined;
}

async function fromText(text: string, passphrase: string | undefined): Promise<OpenedKey> {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return fromJwk(trimmed);
  if (!trimmed.startsWith("-----") && looksLikeDeephavenKeyFile(trimmed)) return fromDeephaven(trimmed);
  const block = parsePem(trimmed);
  switch (block?.label) {
    case "PRIVATE KEY":
      return fromPkcs8(block.der);
    case "ENCRYPTED PRIVATE KEY":
      if (passphrase === undefined) throw refusal("is encrypted: { passphrase }");
      return fromPkcs8(requirePkcs8(await decryptPkcs8(block.der, passphrase)));
    case openSshLabel:
      return fromPkcs8(requirePkcs8(readOpenSshPrivateKey(block.der)));
    case undefined:
      throw refusal("is in no format that is read here: a Deephaven key file, PEM, JWK or OpenSSH");
    default:
      throw refusal(
        `is PEM with the label ${block?.label}. Convert it: openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW`,
      );
  }
}

async function fromDeephaven(text: string): Promise<OpenedKey> {
  const file = parseDeephavenKeyFile(text);
  if ("fault" in file) throw refusal(`file ${file.fault}`);
  const opened = await fromPkcs8(file.privateKey.der);
  if (!isEqual(opened.publicKey, file.publicKey.der)) throw refusal("file has two halves that do not belong together");
  return { ...opened, user: file.user, operateAs: file.operateAs };
}

async function fromPkcs8(pkcs8: Bytes): Promise<OpenedKey> {
  const algorithm = algorithmOfPkcs8(pkcs8);
  if (algorithm === "DSA") throw refusal("is DSA, which is no longer safe. Make another: sallyport keygen");
  if (algorithm === undefined) throw refusal("must be Ed25519, ECDSA on P-256 or P-384, or RSA");
  const open = (extractable: boolean) =>
    crypto.subtle.importKey("pkcs8", pkcs8, importParametersOf(algorithm), extractable, ["sign"]);
  const [known, privateKey] = await Promise.all([open(true), open(false)]).catch(() => {
    throw refusal("is damaged");
  });
  return { algorithm, privateKey, publicKey: publicHalf(await crypto.subtle.exportKey("jwk", known)).spki };
}

async function fromJwk(text: string): Promise<OpenedKey> {
  const jwk = parseJwk(text);
  const { algorithm, spki: publicKey } = publicHalf(jwk);
  // The members about the key's use are ignored: they may be for another purpose, such as signing JWTs.
  const { alg: _alg, use: _use, key_ops: _operations, ext: _extractable, ...numbers } = jwk;
  const privateKey = await crypto.subtle
    .importKey("jwk", numbers, importParametersOf(algorithm), false, ["sign"])
    .catch(() => {
      throw refusal("is no private JWK, or damaged");
    });
  return { algorithm, privateKey, publicKey };
}

async function fromWebCrypto(source: Exclude<PrivateKeySource, string | Blob>): Promise<OpenedKey> {
  const isPair = "privateKey" in source;
  const privateKey = isPair ? source.privateKey : source;
  const algorithm = algorithmOf(privateKey);
  if (algorithm === undefined || privateKey.type !== "private") {
    throw refusal("must be a private key of WebCrypto: Ed25519, ECDSA on P-256 or P-384, or RSA-PSS with SHA-256");
  }
  if (isPair) {
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", source.publicKey));
    return { algorithm, privateKey, publicKey: requireModern(readSpki(spki)).spki };
  }
  if (!privateKey.extractable) throw refusal("does not show its public half; give the pair: { privateKey, publicKey }");
  return { algorithm, privateKey, publicKey: publicHalf(await crypto.subtle.exportKey("jwk", privateKey)).spki };
}

/** The members of a JWK that are used here. */
interface Jwk {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly key_ops?: string[];
  readonly ext?: boolean;
}

function parseJwk(text: string): Jwk {
  try {
    return JSON.parse(text) as Jwk;
  } catch {
    throw refusal("is no JSON");
  }
}

function publicHalf({ kty, crv, x, y, n, e }: Jwk): { readonly algorithm: ModernAlgorithm; readonly spki: Bytes } {
  return requireModern(readJwk({ kty, crv, x, y, n, e }));
}

/** Refuses a key that the server would refuse, with a clearer message. */
function requireModern(read: ReadKey): { readonly algorithm: ModernAlgorithm; readonly spki: Bytes } {
  if ("fault" in read) throw refusal(read.fault);
  const { algorithm, spki } = read;
  if (algorithm === "DSA") throw refusal("is DSA, which is no longer safe. Make another: sallyport keygen");
  return { algorithm, spki };
}

function requirePkcs8(read: { readonly pkcs8: Bytes } | { readonly fault: string }): Bytes {
  if ("fault" in read) throw refusal(read.fault);
  return read.pkcs8;
}

/**
 * Makes the error for an unusable key.
 *
 * @param fault worded to follow "the private key", without any part of it
 */
function refusal(fault: string): ConnectError {
  return new ConnectError(`the private key ${fault}`, Code.InvalidArgument);
}
