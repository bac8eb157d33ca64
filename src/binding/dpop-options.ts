import { AuthError } from "../base/errors.js";

/** How proofs of a client-held key are checked (RFC 9449). Sessions are bound by the client: whoever logs in with a proof. */
export interface DpopOptions {
  /**
   * Where clients reach this deployment, such as `https://api.example`; a path where a proxy in front takes it away. A
   * proof is good for a URL under one of them. Default: the authority that each request names, which somebody in the
   * middle may have chosen: name yours. Needed behind a proxy that changes `Host` or the path.
   */
  readonly baseUrls?: readonly string[] | undefined;
  /**
   * A proof must hold a nonce of ours (RFC 9449 §8). Default: `true`: then nobody who had the key for a moment can have
   * made proofs for later, and the client's clock does not matter. `false` for clients that know no nonce: what counts
   * is their clock.
   */
  readonly nonce?: boolean | undefined;
  /**
   * How long a nonce is handed out, and accepted for as long again; without nonces, how old a proof may be. Milliseconds.
   * Default: 60,000: so much is remembered of used proofs. From 30,000 to 600,000.
   */
  readonly proofLifeMs?: number | undefined;
  /**
   * Used proofs are remembered in the store, for all nodes. Default: `false`, each process remembers its own: who
   * copies token *and* proof from the wire can repeat that very request once on each other node, within `proofLifeMs`.
   * Costs a durable write per call.
   */
  readonly sharedReplay?: boolean | undefined;
}

export type ResolvedDpopOptions = {
  readonly [Name in keyof DpopOptions]-?: NonNullable<DpopOptions[Name]>;
};

/** @throws {AuthError} `invalid_options` */
export function resolveDpop(options: DpopOptions = {}): ResolvedDpopOptions {
  const { baseUrls = [], nonce = true, proofLifeMs = 60_000, sharedReplay = false } = options;
  if (!Number.isSafeInteger(proofLifeMs) || proofLifeMs < 30_000 || proofLifeMs > 600_000) {
    throw new AuthError("invalid_options", "dpop: proofLifeMs must be a whole number from 30000 to 600000");
  }
  return Object.freeze({ baseUrls: Object.freeze(baseUrls.map(requireBaseUrl)), nonce, proofLifeMs, sharedReplay });
}

/** Without a slash at the end. */
function requireBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (plain && (url.protocol === "https:" || url.protocol === "http:")) {
    return url.origin + url.pathname.replace(/\/+$/, "");
  }
  throw new AuthError(
    "invalid_options",
    `dpop: baseUrls: ${JSON.stringify(text)} must be a URL such as https://api.example, without user, query or fragment`,
  );
}
