import type { Possession } from "../binding/proof-of-possession.js";
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
import type { Caller } from "../model/session.js";
import type { Throttle } from "../policies/throttle/throttle.js";
import { resolveRules } from "../sessions/rules.js";
import type { AskHandler } from "./ask-handler.js";
import { type BeginSessionParts, createBeginSession } from "./begin-session.js";

export interface LogInParts<I extends Identity> extends BeginSessionParts<I> {
  readonly table: HandlerTable<I>;
  readonly possession: Pick<Possession, "bind" | "foresee">;
  readonly memory: CredentialMemory<I>;
  readonly askHandler: AskHandler<I>;
  readonly throttle: Throttle;
  readonly rememberMs: number;
  /** The longest text that a handler of headers gets, in characters, by a message as by a header. */
  readonly maxAuthorizationLength: number;
}

/** Makes log-in by message. It uses the handlers that check headers, but accepted credentials always open a session. */
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
    // Rules out of bounds would break the proof of the rotation rule.
    const rules = context.rules && resolveRules(context.rules);
    const scheme =
      credentials.exact === true ? (table.names.get(credentials.scheme) ?? "") : table.schemeOf(credentials.scheme);
    const handler = table.get(scheme);
    const payload = handler?.fromHandshake === undefined ? toHeaderPayload(credentials.payload) : credentials.payload;
    const { peer, target, rawHeaders = [], challenge } = context;
    // This comes before a password is hashed, since the first response to a proof mostly asks for a nonce.
    const foreseen = parts.possession.foresee({ ...target, peer, rawHeaders });
    const refused = refusing(context, handler && { scheme });
    if (foreseen.kind === "refused") return refused(foreseen.reason, foreseen.headers);
    if (handler === undefined) return refused("invalid_credentials");
    // A message may have megabytes: to parse a JSON Web Token of that length stops the process for a second.
    if (typeof payload === "string" && payload.length > parts.maxAuthorizationLength) {
      return refused("invalid_credentials");
    }
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
        const { identity, actor, acr, scopes, via, provedAt, checkedAt, expiresAt } = answer;
        // A caller with a key, a ticket or an identity provider's token does not guess passwords. Credentials with scopes do
        // not stand for the account, so by them its password could be guessed for ever.
        if (!answer.counted && scopes === undefined) await parts.throttle.lift((actor ?? identity).subject);
        // The answer would reach no client, and no client could end the session.
        if (context.signal?.aborted === true) return refused("unavailable");
        const possession = await foreseen.bind();
        if (possession.kind === "refused") return refused(possession.reason, possession.headers);
        const facts = { identity, actor, acr, scopes, via, provedAt, checkedAt, expiresAt };
        const who = { ...facts, scheme, rules, source: context };
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
    // This is no new log-in: the new session ends with the old one or with the caller's credentials, has the age of
    // their log-in, and is bound likewise.
    const { scheme, expiresAt, cnf, rules } = session ?? { scheme: caller.scheme, expiresAt: caller.expiresAt };
    const provedAt = authenticatedAt ?? "unknown";
    // Credentials that come with every call may have been checked as long ago as they are remembered: a subject that
    // was ended since then gets no session.
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
    const possession = await parts.possession.bind({ ...target, peer, rawHeaders });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    return open(who, wish, refused, possession);
  }

  async function openFor(who: SessionSubject, context: OpenContext): Promise<SessionOpened<I> | Denial> {
    const rules = context.rules && resolveRules(context.rules);
    const { peer, target, rawHeaders = [] } = context;
    const party = { subject: who.identity.subject, ...toActorNames(who.actor), scheme: who.scheme };
    const refused = refusing(context, party);
    const possession = await parts.possession.bind({ ...target, peer, rawHeaders });
    if (possession.kind === "refused") return refused(possession.reason, possession.headers);
    // A ticket of a bound session must not open an unbound one.
    if (who.cnf !== undefined && possession.cnf === undefined) return refused("invalid_token");
    return open({ ...who, rules, source: context }, undefined, refused, possession);
  }
}

const visible = /^[!-~](?:[ -~]*[!-~])?$/;

/** Returns a message as text, for a handler that reads headers only, if it is visible ASCII as a header would be. */
function toHeaderPayload(payload: string | Uint8Array): string | Uint8Array {
  if (typeof payload === "string") return payload;
  const text = Buffer.from(payload).toString("latin1");
  return text === "" || visible.test(text) ? text : payload;
}
