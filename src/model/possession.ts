import type { AuthenticationReason } from "./decision.js";
import type { AuthRequest, HeaderFields } from "./request.js";
import type { Confirmation } from "./session.js";

/** A session token as it was presented. */
export interface PresentedToken {
  readonly token: string;
  /** `bearer`, or `dpop` (RFC 9449 §7.1). */
  readonly scheme: string;
  readonly request: PossessionRequest;
}

/** The parts of a request that carry a proof of possession. */
export type PossessionRequest = Pick<AuthRequest, "method" | "path" | "rawHeaders" | "peer">;

/** Whether the caller holds the key or certificate that a session, or a new one, is bound to. */
export type PossessionOutcome =
  | { readonly kind: "proven"; readonly cnf?: Confirmation | undefined; readonly headers?: HeaderFields | undefined }
  | { readonly kind: "refused"; readonly reason: PossessionRefusal; readonly headers?: HeaderFields | undefined };

export type PossessionRefusal = Extract<
  AuthenticationReason,
  "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce" | "unavailable"
>;
