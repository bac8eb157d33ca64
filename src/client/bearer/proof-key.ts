import { generateKeyPair, generateProof, type KeyPair } from "dpop";
import { type Delay, systemDelay } from "./delay.js";

/** A call, as far as a proof names it. */
export interface ProvenCall {
  readonly method: string;
  /** In a browser it may be relative to the page. */
  readonly url: string;
  /** Left out at a log-in. */
  readonly token?: string | undefined;
}

/** A key that the client holds, and proves to hold with every call (RFC 9449): a session that is bound to it is worth nothing elsewhere. */
export interface ProofKey {
  /** The value of a `DPoP` field for one call, once. */
  prove(call: ProvenCall): Promise<string>;
  /**
   * To be told the value of `DPoP-Nonce` of every answer.
   *
   * @returns whether it is another nonce than the one before
   */
  learn(nonce: string | null): boolean;
  /** The nonce may be too old for a call that cannot be repeated. */
  readonly isStale: boolean;
}

/** Options of {@link createProofKey}. */
export interface ProofKeyOptions {
  /**
   * The key, such as one kept in IndexedDB: a private ECDSA P-256 or Ed25519 key that can `sign`, and its public half.
   * Default: a new P-256 key, whose private half no script can read.
   */
  readonly keyPair?: KeyPair | undefined;
  /** The timer, for tests. Default: the platform's. */
  readonly delay?: Delay | undefined;
}

/** A server takes a nonce for 30 s at least. */
const staleMs = 20_000;

/**
 * Makes a {@link ProofKey}.
 *
 * @throws {TypeError} where there is no WebCrypto: a page must come from `https:` or from the machine itself
 */
export function createProofKey({ keyPair, delay = systemDelay }: ProofKeyOptions = {}): ProofKey {
  if (globalThis.crypto?.subtle === undefined) {
    throw new TypeError("A bound session needs WebCrypto, which browsers give to https: and localhost pages only");
  }
  const made = keyPair === undefined ? generateKeyPair("ES256") : Promise.resolve(keyPair);
  made.catch(() => {}); // whoever asks for a proof is told
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
