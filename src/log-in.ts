import type { Deny } from "./credentials/deny.js";
import type { Denial } from "./decision.js";
import { AuthError } from "./errors.js";
import type { OnEvent } from "./events.js";
import {
  type Awaitable,
  declined,
  type HandlerContext,
  type Peer,
  type Target,
  type Verdict,
} from "./handlers/handler.js";
import type { HandlerTable } from "./handlers/handler-table.js";
import { runHandler } from "./handlers/run-handler.js";
import type { Identity } from "./identity.js";
import type { Platform } from "./platform.js";
import type { OneTimeProofs } from "./proofs.js";
import type { Caller, Session } from "./sessions/session.js";
import type { SessionManager } from "./sessions/session-manager.js";

/** A scheme and what was presented for it: text as in a header, or bytes of a handshake message. */
export interface Proof {
  readonly scheme: string;
  readonly payload: string | Uint8Array;
}

/** Where a log-in by message came from. */
export interface LogInContext {
  readonly peer: Peer;
  readonly target: Target;
  /** From the `challenged` outcome of the round before. */
  readonly challenge?: { readonly round: number; readonly state: unknown };
}

/** What became of a log-in by message: a session, one more round, or a denial. */
export type LogInOutcome<I extends Identity = Identity> =
  | { readonly kind: "opened"; readonly caller: Caller<I>; readonly session: Session; readonly token: string }
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly round: number; readonly state: unknown }
  | Denial;

export type LogIn<I extends Identity = Identity> = (proof: Proof, context: LogInContext) => Promise<LogInOutcome<I>>;

export interface LogInParts<I extends Identity> {
  readonly platform: Platform;
  readonly table: HandlerTable<I>;
  readonly manager: SessionManager<I>;
  readonly deny: Deny;
  readonly proofs: (scheme: string) => OneTimeProofs;
  readonly handlerTimeoutMs: number;
  readonly emit: OnEvent;
}

const noHeaders = { rawHeaders: [] };

/** A log-in by message: the same handlers as for a header, but the caller asked for a session and always gets one. */
export function createLogIn<I extends Identity>(parts: LogInParts<I>): LogIn<I> {
  const { platform, table, manager, deny } = parts;

  return async (proof, context): Promise<LogInOutcome<I>> => {
    const scheme = proof.scheme.toLowerCase();
    const handler = table.get(scheme);
    const { payload } = proof;
    // Not `?? declined`: a handler that returns nothing is broken, and broken is 503.
    const decide = (given: HandlerContext): Awaitable<Verdict<I>> => {
      if (typeof payload === "string") return handler?.fromHeader ? handler.fromHeader(payload, given) : declined;
      return handler?.fromHandshake ? handler.fromHandshake(payload, given) : declined;
    };
    const checkedAt = platform.monotonic();
    const round = context.challenge?.round ?? 1;
    const verdict = await runHandler<I>(decide, {
      platform,
      timeoutMs: parts.handlerTimeoutMs,
      ownTimeoutMs: handler?.timeoutMs,
      peer: context.peer,
      target: context.target,
      proofs: () => parts.proofs(scheme),
      round,
      state: context.challenge?.state,
      onFailure: (failure) => parts.emit({ kind: "handler-failed", scheme, failure }),
    });
    switch (verdict.kind) {
      case "accepted":
        if (verdict.expiresAt !== undefined && verdict.expiresAt - platform.now() < 1) {
          return deny(noHeaders, "invalid_credentials");
        }
        try {
          const { allowed, session, token } = await manager.open({ ...verdict, scheme, checkedAt }, true);
          return { kind: "opened", caller: allowed.caller, session, token };
        } catch (error) {
          if (error instanceof AuthError && error.code === "invalid_identity") {
            parts.emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } });
          }
          return deny(noHeaders, "unavailable");
        }
      case "challenged":
        return { kind: "challenged", payload: verdict.payload, round: round + 1, state: verdict.state };
      case "unavailable":
        return deny(noHeaders, "unavailable");
      case "declined":
      case "rejected":
        return deny(noHeaders, "invalid_credentials");
      default:
        return verdict satisfies never;
    }
  };
}
