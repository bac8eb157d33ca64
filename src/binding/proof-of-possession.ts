import { hash, timingSafeEqual } from "node:crypto";
import { type Awaitable, after } from "../base/awaitable.js";
import type { PossessionOutcome, PossessionRequest, PresentedToken } from "../model/possession.js";
import type { Peer } from "../model/request.js";
import type { Confirmation } from "../model/session.js";
import type { Dpop, DpopCheck } from "./dpop.js";

export interface Possession {
  /**
   * Checks that the caller holds the key of the session. `cnf`: the key or certificate to which the session is bound.
   */
  prove(cnf: Confirmation | undefined, presented: PresentedToken): Awaitable<PossessionOutcome>;
  /**
   * Returns the key or certificate to which a session opened by this request is bound. A `DPoP` header asks for binding
   * and takes precedence over the certificate; a bad proof is refused, and never opens an unbound session.
   */
  bind(request: PossessionRequest): Awaitable<PossessionOutcome>;
  /**
   * Checks what `bind` checks, before the credentials of a log-in are. A proof is marked as used only by `bind` of the
   * answer: callers whose credentials are wrong must not fill the memory of used proofs.
   */
  foresee(request: PossessionRequest): ForeseenBinding;
}

/** A binding that may be made once the credentials of the log-in were accepted, or its refusal. */
export type ForeseenBinding =
  | { readonly kind: "good"; bind(): Awaitable<PossessionOutcome> }
  | Extract<PossessionOutcome, { readonly kind: "refused" }>;

export interface PossessionParts {
  readonly dpop: Dpop;
  /** Bind new sessions to the client certificate, if TLS has verified one (RFC 8705). */
  readonly bindToCertificate: boolean;
}

const proven: PossessionOutcome = Object.freeze({ kind: "proven" });

const notHeld: PossessionOutcome = Object.freeze({ kind: "refused", reason: "invalid_token" });

/** RFC 9449 §7.2: the token of a session bound to a key must not be used as a bearer token. */
const noBearer: PossessionOutcome = Object.freeze({ kind: "refused", reason: "invalid_dpop_proof" });

export function createPossession({ dpop, bindToCertificate }: PossessionParts): Possession {
  const toBinding = (check: DpopCheck): PossessionOutcome =>
    check.kind === "refused" ? check : { kind: "proven", cnf: { jkt: check.jkt }, headers: check.headers };

  function bind(request: PossessionRequest): Awaitable<PossessionOutcome> {
    if (dpop.isPresent(request)) return after(dpop.check(request, {}), toBinding);
    const thumbprint = bindToCertificate ? thumbprintOf(request.peer) : undefined;
    return thumbprint === undefined ? proven : { kind: "proven", cnf: { "x5t#S256": thumbprint } };
  }

  return {
    bind,
    foresee(request) {
      if (!dpop.isPresent(request)) return { kind: "good", bind: () => bind(request) };
      const looked = dpop.look(request);
      return looked.kind === "good" ? { kind: "good", bind: () => after(looked.use(), toBinding) } : looked;
    },
    prove(cnf, { token, scheme, request }) {
      if (cnf === undefined) return scheme === "bearer" ? proven : notHeld;
      if ("x5t#S256" in cnf) {
        return scheme === "bearer" && isSame(thumbprintOf(request.peer), cnf["x5t#S256"]) ? proven : notHeld;
      }
      if (scheme !== "dpop") return noBearer;
      const { jkt } = cnf;
      return after(dpop.check(request, { token, jkt }), (check) =>
        check.kind === "refused" ? check : { kind: "proven", headers: check.headers },
      );
    },
  };
}

const thumbprints = new WeakMap<Peer, string>();

/**
 * Returns the thumbprint of the client certificate (RFC 8705 §3.1: SHA-256 of the DER, base64url), computed once per
 * connection.
 */
function thumbprintOf(peer: Peer): string | undefined {
  const known = thumbprints.get(peer);
  if (known !== undefined) return known;
  const { certificate } = peer;
  // The certificate of a trusted proxy does not identify the callers behind it.
  if (certificate === undefined || peer.trusted) return undefined;
  const thumbprint = hash("sha256", Buffer.from(certificate), "base64url");
  thumbprints.set(peer, thumbprint);
  return thumbprint;
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
