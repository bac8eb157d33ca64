import { type Awaitable, after } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import { sourceOf } from "../credentials/source.js";
import {
  declined,
  type Handler,
  type HandlerContext,
  type OneTimeProofs,
  provedAt,
  type Verdict,
} from "../handlers/handler.js";
import type { Checked } from "../handlers/remembered-credentials.js";
import { runHandler } from "../handlers/run-handler.js";
import type { Emit, HandlerFailure } from "../model/events.js";
import type { Actor, Identity } from "../model/identity.js";
import type { ProvedAt } from "../model/log-in.js";
import { valuesOf } from "../model/raw-headers.js";
import type { Peer, RequestOrigin, Target } from "../model/request.js";
import type { CheckRefusal, GuardedCheck } from "../policies/throttle/guarded-check.js";
import { kindName } from "../wire/option-fault.js";

/** Credentials for a handler, and the request that they came with. */
export interface HandlerQuestion<I extends Identity> {
  readonly handler: Handler<I>;
  /** The registered scheme, in lower case. */
  readonly scheme: string;
  /** The credentials: text goes to `fromHeader`, bytes to `fromHandshake`. */
  readonly payload: string | Uint8Array;
  readonly peer: Peer;
  readonly target: Target;
  readonly rawHeaders: readonly string[];
  /** The request, for events. */
  readonly origin: RequestOrigin;
  /**
   * From `memory.keyOf`, where the verdict depends on the credentials alone: then concurrent callers share one check.
   */
  readonly key: string | undefined;
  /** Aborted when the client has left. */
  readonly signal?: AbortSignal | undefined;
  /** Default: 1. */
  readonly round?: number | undefined;
  /** From the `challenged` verdict of the round before. */
  readonly state?: unknown;
}

/** Credentials that are valid and have not expired. */
export interface AcceptedCredentials<I extends Identity> {
  readonly kind: "accepted";
  readonly identity: I;
  readonly actor: Actor | undefined;
  readonly acr: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly via: string | undefined;
  readonly provedAt: ProvedAt;
  /** Monotonic instant before they were checked. */
  readonly checkedAt: number;
  /** Milliseconds since 1970: when the credentials themselves end. */
  readonly expiresAt: number | undefined;
  /** Milliseconds until they expire; infinite without `expiresAt`. */
  readonly lifeMs: number;
  /** The attempt was counted as a guess at an account. */
  readonly counted: boolean;
}

/**
 * The answer about credentials. `wrong`: declined, rejected or expired, which callers must not be able to tell apart.
 */
export type HandlerAnswer<I extends Identity> =
  | AcceptedCredentials<I>
  | Extract<Verdict<I>, { readonly kind: "challenged" }>
  | { readonly kind: "wrong" }
  | CheckRefusal;

export type AskHandler<I extends Identity> = (question: HandlerQuestion<I>) => Awaitable<HandlerAnswer<I>>;

export interface AskHandlerParts<I extends Identity> {
  readonly platform: Platform;
  readonly guardedCheck: GuardedCheck<I>;
  readonly proofs: (scheme: string) => OneTimeProofs;
  readonly handlerTimeoutMs: number;
  readonly emit: Emit;
}

/**
 * Makes a function that checks credentials, from a header or from a message: account → throttle → handler → verdict →
 * expiry. When that function throws or rejects, treat the credentials as unavailable, not as wrong.
 */
export function createAskHandler<I extends Identity>({
  platform,
  guardedCheck,
  proofs,
  handlerTimeoutMs,
  emit,
}: AskHandlerParts<I>): AskHandler<I> {
  return function askHandler(question) {
    const { handler, scheme, payload, peer, rawHeaders, origin, key } = question;
    const onFailure = (failure: HandlerFailure): void => emit({ kind: "handler-failed", scheme, failure }, origin);
    const asked = askAccount(handler, payload, onFailure);
    if (asked === undefined) return cannotTell;
    const { account } = asked;
    const checked = guardedCheck({
      account,
      source: account === undefined ? undefined : sourceOf(peer, rawHeaders),
      key,
      from: origin,
      run: () => run(question, account, onFailure),
    });
    return after(checked, (found) => ("kind" in found ? found : toAnswer(handler, found, account !== undefined)));
  };

  function run(
    { handler, scheme, payload, peer, target, rawHeaders, key, signal, round = 1, state }: HandlerQuestion<I>,
    account: string | undefined,
    onFailure: (failure: HandlerFailure) => void,
  ): Awaitable<Verdict<I>> {
    // Not `?? declined`: a handler that returns nothing is broken, and broken is 503.
    const decide = (context: HandlerContext): Awaitable<Verdict<I>> => {
      if (typeof payload === "string") return handler.fromHeader ? handler.fromHeader(payload, context) : declined;
      return handler.fromHandshake ? handler.fromHandshake(payload, context) : declined;
    };
    return runHandler<I>(decide, {
      platform,
      timeoutMs: handlerTimeoutMs,
      ownTimeoutMs: handler.timeoutMs,
      // A client that leaves before the answer has still guessed, and must not abort a check that other callers share.
      signal: account === undefined && key === undefined ? signal : undefined,
      peer,
      target,
      forwarded: toForwarded(handler, peer, rawHeaders),
      source: () => sourceOf(peer, rawHeaders),
      proofs: () => proofs(scheme),
      round,
      state,
      onFailure,
    });
  }

  function toAnswer(handler: Handler<I>, { verdict, checkedAt }: Checked<I>, counted: boolean): HandlerAnswer<I> {
    switch (verdict.kind) {
      case "accepted": {
        const { identity, actor, acr, scopes, via, expiresAt } = verdict;
        const lifeMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(expiresAt - platform.now());
        if (lifeMs <= 0) return wrong;
        const proved = provedAt(handler, verdict.authenticatedAt);
        const facts = { identity, actor, acr, scopes, via, provedAt: proved, checkedAt };
        return { kind: "accepted", ...facts, expiresAt, lifeMs, counted };
      }
      case "challenged":
        return verdict;
      case "unavailable":
        return cannotTell;
      case "declined":
      case "rejected":
        return wrong;
      default:
        return verdict satisfies never;
    }
  }
}

/** Returns the lines of the field in which a trusted proxy forwards a certificate; from any other peer it does not count. */
function toForwarded(
  { forwardedIn }: Pick<Handler, "forwardedIn">,
  peer: Peer,
  rawHeaders: readonly string[],
): readonly string[] | undefined {
  return forwardedIn !== undefined && peer.trusted ? valuesOf(rawHeaders, forwardedIn) : undefined;
}

/**
 * Asks a handler for the account to throttle, by `handler.accountOf`.
 *
 * @returns the account, which is `undefined` for credentials that are no guess. `undefined` when the handler
 *   misbehaved: treat that as unavailable, never as unthrottled.
 */
function askAccount(
  handler: Pick<Handler, "accountOf">,
  payload: string | Uint8Array,
  onFailure: (failure: HandlerFailure) => void,
): { readonly account: string | undefined } | undefined {
  try {
    const account = handler.accountOf?.(payload);
    if (account === undefined || typeof account === "string") return { account };
    onFailure({ kind: "invalid-verdict", found: `accountOf returned ${kindName(account)}` });
  } catch (error) {
    onFailure({ kind: "threw", error });
  }
  return undefined;
}

const wrong: HandlerAnswer<never> = Object.freeze({ kind: "wrong" });

const cannotTell: CheckRefusal = Object.freeze({ kind: "refused", reason: "unavailable" });
