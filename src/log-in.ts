import { type Beginner, type BeginSessionParts, createBeginSession } from "./begin-session.js";
import type { PossessionOutcome, PossessionRequest } from "./credentials/proof-of-possession.js";
import type { Denial, HeaderFields } from "./decision.js";
import {
  type Awaitable,
  declined,
  type HandlerContext,
  type Peer,
  provedAt,
  type Target,
  type Verdict,
} from "./handlers/handler.js";
import type { HandlerTable } from "./handlers/handler-table.js";
import type { CredentialMemory } from "./handlers/remembered-credentials.js";
import { type HandlerFailure, runHandler } from "./handlers/run-handler.js";
import { type Identity, toActorNames } from "./identity.js";
import { toParty } from "./party.js";
import { askAccount, type GuardedCheck } from "./policies/guarded-check.js";
import type { OperateAsWish } from "./policies/operate-as.js";
import { sourceOf } from "./policies/source.js";
import type { Throttle } from "./policies/throttle.js";
import type { OneTimeProofs } from "./proofs.js";
import { resolveRules } from "./sessions/rules.js";
import type { Caller, Session } from "./sessions/session.js";
import type { SessionRules } from "./stores/store.js";

/** A scheme and what was presented for it: text as in a header, or bytes of a handshake message. */
export interface Proof {
  readonly scheme: string;
  readonly payload: string | Uint8Array;
  /** The scheme or alias must be spelled exactly as it was configured. Default: `false`, as in a header. */
  readonly exact?: boolean | undefined;
}

/** Where a log-in by message came from. */
export interface LogInContext {
  readonly peer: Peer;
  readonly target: Target;
  /** Aborted when the caller has left: then no session opens. Default: it is taken to wait for the outcome. */
  readonly signal?: AbortSignal | undefined;
  /** As received, for a proof of possession; default: none. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** Operate as somebody else from the start. */
  readonly operateAs?: OperateAsWish | undefined;
  /**
   * The session's policy and durations, where a front's clients need others: `{ ...auth.rules, policy: "overlapping" }`.
   * Checked as those of `createAuth` are. Default: `auth.rules`.
   */
  readonly rules?: SessionRules | undefined;
  /** From the `challenged` outcome of the round before. */
  readonly challenge?: { readonly round: number; readonly state: unknown };
}

/** A session was opened by a message. */
export interface SessionOpened<I extends Identity = Identity> {
  readonly kind: "opened";
  readonly caller: Caller<I>;
  readonly session: Session;
  /** Hidden: `inspect`, JSON and a copy by `...` go without. */
  readonly token: string;
  /** What else the answer must carry. */
  readonly headers?: HeaderFields | undefined;
}

/** What became of a log-in by message: a session, one more round, or a denial. */
export type LogInOutcome<I extends Identity = Identity> =
  | SessionOpened<I>
  | { readonly kind: "challenged"; readonly payload: Uint8Array; readonly round: number; readonly state: unknown }
  | Denial;

/** @throws rejects with `AuthError` `invalid_options` for rules that cannot be. Whatever else happens is an outcome. */
export type LogIn<I extends Identity = Identity> = (proof: Proof, context: LogInContext) => Promise<LogInOutcome<I>>;

/**
 * From now on as somebody else, in a session of its own: the one that the caller has goes on.
 *
 * @param caller who asks, as a front has let them in
 * @param context where the request came from: for a caller without a session, the new one is bound to what it proves
 */
export type BeginOperateAs<I extends Identity = Identity> = (
  caller: Caller,
  wish: OperateAsWish,
  context?: OperateAsContext,
) => Promise<SessionOpened<I> | Denial>;

/**
 * Opens a session for somebody whom something of ours has proved, without a handler.
 *
 * @param who `cnf` there: the session must be bound too, to whatever it is that this request proves
 */
export type OpenFor<I extends Identity = Identity> = (
  who: Beginner,
  context: OpenContext,
) => Promise<SessionOpened<I> | Denial>;

/** Where a request to operate as somebody came from. */
export type OperateAsContext = Pick<LogInContext, "peer" | "target" | "rawHeaders">;

/** Where a request for a session came from, and what it is to be like. */
export type OpenContext = Pick<LogInContext, "peer" | "target" | "rawHeaders" | "rules">;

export interface LogInParts<I extends Identity> extends BeginSessionParts<I> {
  readonly table: HandlerTable<I>;
  /** What a session that opens for this request is bound to. */
  readonly bind: (request: PossessionRequest) => Awaitable<PossessionOutcome>;
  readonly proofs: (scheme: string) => OneTimeProofs;
  readonly memory: CredentialMemory<I>;
  readonly guardedCheck: GuardedCheck<I>;
  readonly throttle: Throttle;
  readonly rememberMs: number;
  readonly handlerTimeoutMs: number;
}

/** A log-in by message: the same handlers as for a header, but the caller asked for a session and always gets one. */
export function createLogIn<I extends Identity>(
  parts: LogInParts<I>,
): {
  readonly logIn: LogIn<I>;
  readonly beginOperateAs: BeginOperateAs<I>;
  readonly openFor: OpenFor<I>;
} {
  const { platform, table } = parts;
  const { open, refusing } = createBeginSession<I>(parts);
  return { logIn, beginOperateAs, openFor };

  async function logIn(proof: Proof, context: LogInContext): Promise<LogInOutcome<I>> {
    // Some would break the bounds that the rotation rule is proved with.
    const rules = context.rules && resolveRules(context.rules);
    const scheme = proof.exact === true ? (table.names.get(proof.scheme) ?? "") : table.schemeOf(proof.scheme);
    const handler = table.get(scheme);
    const payload = handler?.fromHandshake === undefined ? toHeaderPayload(proof.payload) : proof.payload;
    const { peer, target, rawHeaders = [], challenge } = context;
    // Before a password is hashed: the first answer to a proof is mostly a nonce.
    const possession = await parts.bind({ ...target, peer, rawHeaders });
    const refused = refusing(context, handler && { scheme });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    // Not `?? declined`: a handler that returns nothing is broken, and broken is 503.
    const decide = (given: HandlerContext): Awaitable<Verdict<I>> => {
      if (typeof payload === "string") return handler?.fromHeader ? handler.fromHeader(payload, given) : declined;
      return handler?.fromHandshake ? handler.fromHandshake(payload, given) : declined;
    };
    const round = challenge?.round ?? 1;
    const onFailure = (failure: HandlerFailure) => parts.emit({ kind: "handler-failed", scheme, failure }, context);
    const asked = askAccount(handler, payload, onFailure);
    if (asked === undefined) return refused("unavailable");
    const { account } = asked;
    const remembers = handler?.remember === true && parts.rememberMs > 0;
    const key = remembers ? parts.memory.keyOf(handler, payload) : undefined;
    // Whoever hangs up before the answer has guessed all the same, and must not end a check that others share.
    const signal = account === undefined && key === undefined ? context.signal : undefined;
    const checked = await parts.guardedCheck({
      account,
      source: account === undefined ? undefined : sourceOf(peer, rawHeaders),
      key,
      from: context,
      run: () =>
        runHandler<I>(decide, {
          platform,
          timeoutMs: parts.handlerTimeoutMs,
          ownTimeoutMs: handler?.timeoutMs,
          signal,
          peer,
          target,
          source: () => sourceOf(peer, rawHeaders),
          proofs: () => parts.proofs(scheme),
          round,
          state: challenge?.state,
          onFailure,
        }),
    });
    if ("kind" in checked) return refused(checked.reason, checked.headers);
    const { verdict, checkedAt } = checked;
    switch (verdict.kind) {
      case "accepted": {
        if (verdict.expiresAt !== undefined && verdict.expiresAt - platform.now() < 1) {
          return refused("invalid_credentials");
        }
        // A key, a ticket, somebody else's word: whoever has one need not guess.
        if (account === undefined) await parts.throttle.lift((verdict.actor ?? verdict.identity).subject);
        const { identity, actor, acr, expiresAt } = verdict;
        const proved = { provedAt: provedAt(handler, verdict.authenticatedAt), checkedAt };
        const who = { identity, actor, acr, expiresAt, ...proved, scheme, rules, source: context };
        return open(who, context.operateAs, refused, possession);
      }
      case "challenged":
        return { kind: "challenged", payload: verdict.payload, round: round + 1, state: verdict.state };
      case "unavailable":
        return refused("unavailable");
      case "declined":
      case "rejected":
        return refused("invalid_credentials");
      default:
        return verdict satisfies never;
    }
  }

  async function beginOperateAs(
    caller: Caller,
    wish: OperateAsWish,
    context?: OperateAsContext,
  ): Promise<SessionOpened<I> | Denial> {
    const refused = refusing(context, toParty(caller));
    const { session, authenticatedAt, acr } = caller;
    // Nobody logs in again by this: the new session ends with the old one, is as old a log-in, and is bound likewise.
    const { scheme, expiresAt, cnf, rules } = session ?? { scheme: caller.scheme };
    const provedAt = authenticatedAt ?? "unknown";
    // Of credentials that come with every call the check may be as long ago as they are remembered: whoever was ended since
    // is not let in by that.
    const checkedAt = platform.monotonic() - (session === undefined ? parts.rememberMs : 0);
    const from = session?.ref;
    const who = { ...caller, scheme, expiresAt, provedAt, checkedAt, acr, rules, source: context, from } as const;
    const { subject } = caller.identity;
    if (wish.subject === subject) {
      parts.emit({ kind: "operate-as-refused", actor: subject, subject }, context);
      return refused("operate_as_refused");
    }
    if (session !== undefined || context === undefined) return open(who, wish, refused, { cnf });
    const { peer, target, rawHeaders = [] } = context;
    const possession = await parts.bind({ ...target, peer, rawHeaders });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    return open(who, wish, refused, possession);
  }

  async function openFor(who: Beginner, context: OpenContext): Promise<SessionOpened<I> | Denial> {
    const rules = context.rules && resolveRules(context.rules);
    const { peer, target, rawHeaders = [] } = context;
    const party = { subject: who.identity.subject, ...toActorNames(who.actor), scheme: who.scheme };
    const refused = refusing(context, party);
    const possession = await parts.bind({ ...target, peer, rawHeaders });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    // Whoever has the ticket must not get rid of the key by it.
    if (who.cnf !== undefined && possession.cnf === undefined) return refused("invalid_token");
    return open({ ...who, rules, source: context }, undefined, refused, possession);
  }
}

const visible = /^[!-~](?:[ -~]*[!-~])?$/;

/** For a handler that reads headers only: a message of visible ASCII is what it would read there. */
function toHeaderPayload(payload: string | Uint8Array): string | Uint8Array {
  if (typeof payload === "string") return payload;
  const text = Buffer.from(payload).toString("latin1");
  return text === "" || visible.test(text) ? text : payload;
}
