import { generateKeyPair, generateProof, type KeyPair } from "dpop";
import type { OptionKinds } from "../../wire/option-fault.js";
import { type Delay, systemDelay } from "./delay.js";
import { requireClientOptions } from "./require-options.js";

/** The parts of a call that its proof names. */
export interface ProvenCall {
  readonly method: string;
  /** The URL of the call; in a browser it may be relative to the page. */
  readonly url: string;
  /** The token of the call; absent at a log-in. */
  readonly token?: string | undefined;
}

/**
 * A key that the client proves to hold with every call (RFC 9449), so that a copied token of a session bound to it is
 * useless.
 */
export interface ProofKey {
  /** Makes the value of the `DPoP` field for one call, to be used once. */
  prove(call: ProvenCall): Promise<string>;
  /**
   * Takes the nonce of an answer. Call it with every `DPoP-Nonce`.
   *
   * @returns whether the nonce is a new one
   */
  learn(nonce: string | null): boolean;
  /** Whether the nonce may be too old for a call that cannot be repeated. */
  readonly isStale: boolean;
}

/** Options of {@link createProofKey}. */
export interface ProofKeyOptions {
  /**
   * The key, such as one kept in IndexedDB: a private ECDSA P-256 or Ed25519 key with the usage `sign`, and its public
   * half. Default: a new P-256 key, whose private half no script can read.
   */
  readonly keyPair?: KeyPair | undefined;
  /** The timer, for tests. Default: the platform's. */
  readonly delay?: Delay | undefined;
}

const proofKeyKinds: OptionKinds<ProofKeyOptions> = { keyPair: "object", delay: "function" };

/** The age from which a nonce counts as stale. A server accepts a nonce for at least 30 s. */
const staleMs = 20_000;

/**
 * Makes a {@link ProofKey}.
 *
 * @throws {TypeError} without WebCrypto, which browsers give only to pages of `https:` and `localhost`
 */
export function createProofKey(options: ProofKeyOptions = {}): ProofKey {
  requireClientOptions("createProofKey", options, proofKeyKinds);
  const { keyPair, delay = systemDelay } = options;
  if (globalThis.crypto?.subtle === undefined) {
    throw new TypeError("A bound session needs WebCrypto, which browsers give to https: and localhost pages only");
  }
  const made = keyPair === undefined ? generateKeyPair("ES256") : Promise.resolve(keyPair);
  made.catch(() => {}); // `prove` reports the error
  let nonce: string | undefined;
  let isStale = true;
  let cancel: (() => void) | undefined;

  return {
    async prove({ method, url, token }) {
      const { origin, pathname } = new URL(url, (globalThis as { location?: { href: string } }).location?.href);
      return generateProof(await made, origin + pathname, method, nonce, token);
    },
    learn(next) {
      if (next === null) return false;
      const isNew = next !== nonce;
      nonce = next;
      isStale = false;
      cancel?.();
      cancel = delay(staleMs, () => {
        isStale = true;
      });
      return isNew;
    },
    get isStale() {
      return isStale;
    },
  };
}
