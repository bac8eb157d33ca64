import type { Awaitable } from "../base/awaitable.js";
import type { HandlerTable } from "../handlers/handler-table.js";
import type { CredentialMemory } from "../handlers/remembered-credentials.js";
import type { Denial } from "../model/decision.js";
import { toParty } from "../model/events.js";
import { type Identity, toActorNames } from "../model/identity.js";
import type {
  BeginOperateAs,
  LogInByMessage,
  LogInContext,
  LogInCredentials,
  LogInOutcome,
  OpenContext,
  OpenFor,
  OperateAsContext,
  OperateAsWish,
  SessionOpened,
  SessionSubject,
} from "../model/log-in.js";
import type { PossessionOutcome, PossessionRequest } from "../model/possession.js";
import type { Caller } from "../model/session.js";
import type { Throttle } from "../policies/throttle/throttle.js";
import { resolveRules } from "../sessions/rules.js";
import type { AskHandler } from "./ask-handler.js";
import { type BeginSessionParts, createBeginSession } from "./begin-session.js";

export interface LogInParts<I extends Identity> extends BeginSessionParts<I> {
  readonly table: HandlerTable<I>;
  /** What a session that opens for this request is bound to. */
  readonly bind: (request: PossessionRequest) => Awaitable<PossessionOutcome>;
  readonly memory: CredentialMemory<I>;
  readonly askHandler: AskHandler<I>;
  readonly throttle: Throttle;
  readonly rememberMs: number;
}

/** A log-in by message: the same handlers as for a header, but the caller asked for a session and always gets one. */
export function createLogIn<I extends Identity>(
  parts: LogInParts<I>,
): {
  readonly logIn: LogInByMessage<I>;
  readonly beginOperateAs: BeginOperateAs<I>;
  readonly openFor: OpenFor<I>;
} {
  const { platform, table } = parts;
  const { open, refusing } = createBeginSession<I>(parts);
  return { logIn, beginOperateAs, openFor };

  async function logIn(credentials: LogInCredentials, context: LogInContext): Promise<LogInOutcome<I>> {
    // Some would break the bounds that the rotation rule is proved with.
    const rules = context.rules && resolveRules(context.rules);
    const scheme =
      credentials.exact === true ? (table.names.get(credentials.scheme) ?? "") : table.schemeOf(credentials.scheme);
    const handler = table.get(scheme);
    const payload = handler?.fromHandshake === undefined ? toHeaderPayload(credentials.payload) : credentials.payload;
    const { peer, target, rawHeaders = [], challenge } = context;
    // Before a password is hashed: the first answer to a proof is mostly a nonce.
    const possession = await parts.bind({ ...target, peer, rawHeaders });
    const refused = refusing(context, handler && { scheme });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    if (handler === undefined) return refused("invalid_credentials");
    const round = challenge?.round ?? 1;
    const remembers = handler.remember === true && parts.rememberMs > 0;
    const answer = await parts.askHandler({
      handler,
      scheme,
      payload,
      peer,
      target,
      rawHeaders,
      origin: context,
      key: remembers ? parts.memory.keyOf(handler, payload) : undefined,
      signal: context.signal,
      round,
      state: challenge?.state,
    });
    switch (answer.kind) {
      case "accepted": {
        const { identity, actor, acr, provedAt, checkedAt, expiresAt } = answer;
        // A key, a ticket, an identity provider's word: a caller who has one need not guess.
        if (!answer.counted) await parts.throttle.lift((actor ?? identity).subject);
        const who = { identity, actor, acr, provedAt, checkedAt, expiresAt, scheme, rules, source: context };
        return open(who, context.operateAs, refused, possession);
      }
      case "challenged":
        return { kind: "challenged", payload: answer.payload, round: round + 1, state: answer.state };
      case "wrong":
        return refused("invalid_credentials");
      case "refused":
        return refused(answer.reason, answer.headers);
      default:
        return answer satisfies never;
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

  async function openFor(who: SessionSubject, context: OpenContext): Promise<SessionOpened<I> | Denial> {
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
