import { type Awaitable, after } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { EventParty } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import type { PossessionOutcome, PossessionRefusal, PresentedToken } from "../model/possession.js";
import type { HeaderFields } from "../model/request.js";
import type { Confirmation } from "../model/session.js";
import type { GrantCheck } from "./grant-check.js";
import type { KnownSession } from "./known-sessions.js";

/** Why a session token was refused. */
export type TokenRefusal = "expired" | "revoked" | "superseded" | "no_handler" | PossessionRefusal;

export interface Refused {
  readonly kind: "refused";
  readonly reason: TokenRefusal;
  readonly headers?: HeaderFields | undefined;
  /** The owner of the token, for events. */
  readonly party?: EventParty | undefined;
}

/** The result of the pre-checks, which run before the rotation rule. */
export interface PreChecked {
  readonly refused?: Refused | undefined;
  readonly headers?: HeaderFields | undefined;
  /** Monotonic instant before the first check. */
  readonly askedAt: number;
}

export interface PreCheckParts {
  readonly platform: Platform;
  /** Whether the caller holds the key or certificate that the session is bound to. */
  readonly prove: (cnf: Confirmation | undefined, presented: PresentedToken) => Awaitable<PossessionOutcome>;
  readonly checkGrant: GrantCheck;
}

/**
 * Runs before the rotation rule: proof of possession and the operate-as grant. Without them a caller could rotate, or by
 * reuse revoke, a session that is not theirs.
 */
export function createPreChecks({ platform, prove, checkGrant }: PreCheckParts) {
  return (session: KnownSession<Identity>, presented: PresentedToken): Awaitable<PreChecked> => {
    const askedAt = platform.monotonic();
    return after(prove(session.allowed.caller.session?.cnf, presented), (possession): Awaitable<PreChecked> => {
      if (possession.kind === "refused") return { refused: possession, askedAt };
      const { headers } = possession;
      return after(checkGrant(session), (granted) => (granted ? { headers, askedAt } : { refused: ended, askedAt }));
    });
  };
}

const ended: Refused = Object.freeze({ kind: "refused", reason: "revoked" });
