import { hash, timingSafeEqual } from "node:crypto";
import type { AuthenticationReason, AuthRequest, HeaderFields } from "../decision.js";
import type { Awaitable, Peer } from "../handlers/handler.js";
import type { Confirmation } from "../sessions/confirmation.js";

/** A session token as it was presented. */
export interface PresentedToken {
  readonly token: string;
  /** `bearer`, or `dpop` (RFC 9449 §7.1). */
  readonly scheme: string;
  readonly request: PossessionRequest;
}

/** Where a proof of possession rides. */
export type PossessionRequest = Pick<AuthRequest, "method" | "path" | "rawHeaders" | "peer">;

/** Whether the caller holds what a session is bound to, or what a new one is to be bound to. */
export type PossessionOutcome =
  | { readonly kind: "proven"; readonly cnf?: Confirmation | undefined; readonly headers?: HeaderFields | undefined }
  | { readonly kind: "refused"; readonly reason: PossessionRefusal; readonly headers?: HeaderFields | undefined };

export type PossessionRefusal = Extract<
  AuthenticationReason,
  "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce" | "unavailable"
>;

export interface Possession {
  /** Whether the caller may use this token. `cnf` is what its session is bound to. */
  prove(cnf: Confirmation | undefined, presented: PresentedToken): Awaitable<PossessionOutcome>;
  /** What a session that opens for this request is bound to. */
  bind(request: PossessionRequest): Awaitable<PossessionOutcome>;
}

export interface PossessionOptions {
  /** Bind new sessions to the client certificate, where TLS has verified one (RFC 8705). */
  readonly bindToCertificate: boolean;
}

const proven: PossessionOutcome = Object.freeze({ kind: "proven" });
const notHeld: PossessionOutcome = Object.freeze({ kind: "refused", reason: "invalid_token" });

export function createPossession({ bindToCertificate }: PossessionOptions): Possession {
  return {
    prove(cnf, { scheme, request }) {
      if (cnf === undefined) return scheme === "bearer" ? proven : notHeld;
      if ("x5t#S256" in cnf) {
        return scheme === "bearer" && isSame(thumbprintOf(request.peer), cnf["x5t#S256"]) ? proven : notHeld;
      }
      return notHeld;
    },
    bind(request) {
      const thumbprint = bindToCertificate ? thumbprintOf(request.peer) : undefined;
      return thumbprint === undefined ? proven : { kind: "proven", cnf: { "x5t#S256": thumbprint } };
    },
  };
}

const thumbprints = new WeakMap<Peer, string>();

/** RFC 8705 §3.1: SHA-256 of the DER, base64url. Once per connection. */
function thumbprintOf(peer: Peer): string | undefined {
  const known = thumbprints.get(peer);
  if (known !== undefined) return known;
  const { certificate } = peer;
  if (certificate === undefined) return undefined;
  const thumbprint = hash("sha256", Buffer.from(certificate), "base64url");
  thumbprints.set(peer, thumbprint);
  return thumbprint;
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
