import { AuthError } from "../base/errors.js";
import type { OptionKinds } from "../base/options.js";
import { requireWholeNumber } from "../base/whole-number.js";

/**
 * Options for checking proofs of a client-held key (RFC 9449). The client decides whether its session is bound: it logs
 * in with a proof.
 */
export interface DpopOptions {
  /**
   * The URLs at which clients reach this deployment, such as `https://api.example`, with a path if a proxy in front
   * removes one. A proof is valid for a URL under one of them. Default: the authority that each request names; set
   * `baseUrls`, since an attacker between client and server may have chosen that one. Required behind a proxy that
   * changes `Host` or the path.
   */
  readonly baseUrls?: readonly string[] | undefined;
  /**
   * Whether a proof must hold a nonce of the server (RFC 9449 §8). Default: `true`: then an attacker who could use the
   * key for a moment has no proofs for later, and the client's clock does not matter. `false` for clients that do not
   * support nonces: then the age of a proof is taken from the client's clock.
   */
  readonly nonce?: boolean | undefined;
  /**
   * How long a nonce is sent to clients, in milliseconds; it is accepted for as long again. Without nonces, the
   * greatest age of a proof. Default: 60,000, since used proofs are remembered for about that long. From 30,000 to
   * 600,000.
   */
  readonly proofLifeMs?: number | undefined;
  /**
   * Whether used proofs are remembered in the store, for all nodes, at the price of a durable write per call. Default:
   * `false`: each process remembers its own, so an attacker who copies token *and* proof from the wire can repeat that
   * one request once on each other node, within `proofLifeMs`.
   */
  readonly sharedReplay?: boolean | undefined;
}

/** The names and kinds of `DpopOptions`. */
export const dpopKinds: OptionKinds<DpopOptions> = {
  baseUrls: "strings",
  nonce: "boolean",
  proofLifeMs: "number",
  sharedReplay: "boolean",
};

export type ResolvedDpopOptions = {
  readonly [Name in keyof DpopOptions]-?: NonNullable<DpopOptions[Name]>;
};

/**
 * Fills in the defaults and checks the options.
 *
 * @throws {AuthError} `invalid_options` for a `proofLifeMs` out of range or a malformed base URL
 */
export function resolveDpop(options: DpopOptions = {}): ResolvedDpopOptions {
  const { baseUrls = [], nonce = true, proofLifeMs = 60_000, sharedReplay = false } = options;
  requireWholeNumber("dpop: proofLifeMs", proofLifeMs, 30_000, 600_000);
  return Object.freeze({ baseUrls: Object.freeze(baseUrls.map(requireBaseUrl)), nonce, proofLifeMs, sharedReplay });
}

/** Checks a base URL and removes the slash at its end. */
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
