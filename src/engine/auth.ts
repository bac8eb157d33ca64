import { type Awaitable, after } from "../base/awaitable.js";
import { createDpop } from "../binding/dpop.js";
import { createPossession } from "../binding/proof-of-possession.js";
import { createDeny, type Denied } from "../credentials/deny.js";
import { createExtract } from "../credentials/token-carriers.js";
import type { Handler } from "../handlers/handler.js";
import { createHandlerTable, type IdentityOf } from "../handlers/handler-table.js";
import { createCredentialMemory } from "../handlers/remembered-credentials.js";
import type { AuthenticateOptions, CallerRequirements, Decision, Denial } from "../model/decision.js";
import type { Identity } from "../model/identity.js";
import type { BeginOperateAs, LogInByMessage } from "../model/log-in.js";
import type { AuthRequest, RequestOrigin } from "../model/request.js";
import type { Caller } from "../model/session.js";
import { createOperateAs } from "../policies/operate-as/operate-as.js";
import { requireOperateAs } from "../policies/operate-as/policy.js";
import { createGuardedCheck } from "../policies/throttle/guarded-check.js";
import { type AccountReset, createThrottle } from "../policies/throttle/throttle.js";
import { createAskOwner } from "../sessions/ask-owner.js";
import { createGrantCheck } from "../sessions/grant-check.js";
import { createKnownSessions } from "../sessions/known-sessions.js";
import { createLoadOpen } from "../sessions/load-open.js";
import { createRecheck } from "../sessions/recheck.js";
import { createSealedSlots } from "../sessions/sealed-slots.js";
import { createSessionManager } from "../sessions/session-manager.js";
import { createSessions, type Sessions } from "../sessions/sessions.js";
import { createTokenCodec } from "../sessions/token.js";
import type { Tickets } from "../tickets/ticket.js";
import { createTickets } from "../tickets/tickets.js";
import { createAskForMore, createNotPermitted } from "./ask-for-more.js";
import { createAskHandler } from "./ask-handler.js";
import { createAsk } from "./ask-store.js";
import { createAuthenticate } from "./authenticate.js";
import { createCallerSlot } from "./caller-slot.js";
import { createCheckCredentials, type Offered } from "./check-credentials.js";
import { createChooseCarrier } from "./choose-carrier.js";
import { createEventHub } from "./event-hub.js";
import { type AuthFront, type AuthInternals, createInternals } from "./front.js";
import { createHolds } from "./holds.js";
import { createLogIn } from "./log-in.js";
import { createOneTimeProofs } from "./one-time-proofs.js";
import { openRing } from "./open-ring.js";
import { type AuthOptions, resolveOptions } from "./options.js";
import { purgeTimeoutMs, startPurge } from "./purge.js";
import { createRedeemSocketTicket } from "./redeem-socket-ticket.js";
import { watchEnds } from "./watch-ends.js";
import { epochOf, watchEpochs } from "./watch-epochs.js";

/** The engine, which every front is given. Made by `createAuth`. */
export interface Auth<I extends Identity = Identity> {
  /**
   * Authenticates a request by its headers alone, and returns data: the adapter writes the response. Never throws and
   * never rejects: a fault is the denial `unavailable`. For a token that is accepted, remembered and not due for
   * rotation the decision is no promise.
   */
  authenticate(request: AuthRequest, options?: AuthenticateOptions): Awaitable<Decision<I>>;
  /**
   * Runs a handler on credentials in a message instead of a header. If they are accepted, a session opens in any case.
   */
  readonly logIn: LogInByMessage<I>;
  /** Opens a session in which the caller operates as another account, if the policy `operateAs` grants it. */
  readonly beginOperateAs: BeginOperateAs<I>;
  /**
   * Checks whether a caller meets the requirements of a route: how fresh and strong the log-in is, one of its roles, all
   * of its scopes.
   *
   * @param request the request, which decides the challenges: a script gets none that opens a browser's dialog
   * @returns the denial to write (RFC 9470, RFC 6750 §3.1), or `undefined` when the caller meets them
   */
  askForMore(
    caller: Caller,
    asked: CallerRequirements,
    request: RequestOrigin & Pick<AuthRequest, "rawHeaders">,
  ): Denial | undefined;
  /**
   * Returns the caller of a request.
   *
   * @param source a request that an adapter has authenticated, or a Connect `HandlerContext` inside `connectAuth`
   * @throws {AuthError} `no_caller` when the request was not authenticated; see `optionalCaller`
   */
  caller(source: object): Caller<I>;
  /** Returns the caller of a request; `undefined` for an anonymous request. */
  optionalCaller(source: object): Caller<I> | undefined;
  readonly sessions: Sessions;
  readonly tickets: Tickets<I>;
  readonly throttle: AccountReset;
  /** For adapters and services; a route needs none of it. */
  readonly front: AuthFront<I>;
  /** Stops background work and closes the store. Every further call returns the promise of the first. */
  close(): Promise<void>;
}

/**
 * Makes the engine: checks the options and fills in their defaults, opens the keys, and starts the background work.
 *
 * Routes see the identity type that the handlers return.
 *
 * @throws {AuthError} `invalid_options`; the message says what to do.
 */
export function createAuth<H extends Handler<Identity>>(
  options: AuthOptions<H>,
  { sightings, vias, signer }: AuthInternals = createInternals(),
): Auth<IdentityOf<H>> {
  type I = IdentityOf<H>;
  const resolved = resolveOptions(options);
  const { platform, realm, rules, rememberMs, maxStalenessMs, handlerTimeoutMs, storeTimeoutMs } = resolved;
  const table = createHandlerTable(options.handlers, options.aliases);
  const hub = createEventHub({ platform, onEvent: resolved.onEvent, audit: resolved.audit });
  const { emit, record } = hub;
  const ask = createAsk(platform, storeTimeoutMs, emit);
  const { keys, store, ...ring } = openRing(resolved, signer, emit);
  const loadOpen = createLoadOpen(store, ask);
  const memory = createCredentialMemory<I>(platform, (scheme, error) =>
    emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } }),
  );
  const known = createKnownSessions<I>({
    platform,
    maxStalenessMs,
    maxKnownSessions: resolved.maxKnownSessions,
    watch: watchEnds(store, realm, memory, (subject) => holds.endSubject(subject), emit),
  });
  const proofs = createOneTimeProofs({ realm, store, ask, keys });
  const dpop = createDpop({
    ...{ options: resolved.dpop, realm, keys, platform },
    share: (id, lifeMs) => ask(() => store.put("dpop-proof", id, "{}", lifeMs)),
  });
  const possession = createPossession({ dpop, bindToCertificate: resolved.bindToCertificate });
  const operateAs = createOperateAs<I>({
    platform,
    policy: requireOperateAs(options.operateAs),
    timeoutMs: handlerTimeoutMs,
    loadOpen,
    emit,
  });
  const askOwner = createAskOwner<I>({ platform, proofsOf: proofs, timeoutMs: handlerTimeoutMs, emit });
  const recheck = createRecheck<I>({
    ...{ platform, handlerOf: table.get, askOwner, sightings, emit },
    ...{ recheckMs: resolved.recheckMs, recheckStaleMs: resolved.recheckStaleMs },
  });
  const holds = createHolds<I>({
    ...{ platform, table, known, loadOpen, askOwner, vias },
    ...{ recheckMs: resolved.recheckMs, recheckStaleMs: resolved.recheckStaleMs },
    remembered: (row) => manager.remembered(row),
  });
  const manager = createSessionManager<I>({
    ...{ recheck, sightings, epochOf: (scheme: string) => epochOf(table.get(scheme)) },
    platform,
    realm,
    store,
    storeTimeoutMs,
    ask,
    keys,
    codec: createTokenCodec(realm, keys),
    rules,
    caps: resolved.caps,
    clockMarginMs: resolved.clockMarginMs,
    maxStalenessMs,
    onReuse: resolved.onReuse,
    known,
    prove: possession.prove,
    checkGrant: createGrantCheck({
      ...{ store, ask, known, emit, mayGoOn: operateAs.mayGoOn },
      isLive: (ref) => after(operateAs.loadLive(ref), (live) => live !== undefined),
    }),
    emit,
    record,
  });
  const deny = createDeny(realm, table, (reason, request, party) =>
    emit({ kind: "refused", reason, ...party }, request),
  );
  const offered: Offered<I> = new WeakMap();
  const throttle = createThrottle({ platform, realm, store, storeTimeoutMs, ask, throttle: resolved.throttle, emit });
  const guardedCheck = createGuardedCheck<I>({ platform, memory, throttle });
  const askHandler = createAskHandler<I>({ platform, guardedCheck, proofs, handlerTimeoutMs, emit });
  const checkCredentials = createCheckCredentials<I>({
    ...{ vias, platform, table, askHandler, memory, rememberMs, manager, offered, emit, record },
    nestedSchemes: resolved.nestedSchemes,
    bind: possession.bind,
  });
  const { logIn, beginOperateAs, openFor } = createLogIn<I>({
    ...{
      platform,
      table,
      askHandler,
      memory,
      rememberMs,
      throttle,
      manager,
      possession,
      operateAs,
      deny,
      emit,
      record,
    },
    maxAuthorizationLength: resolved.maxAuthorizationLength,
  });
  const sessions = createSessions({ realm, store, ask, loadOpen, known, memory, emit });
  const tickets = createTickets<I>({
    ...{ platform, realm, store, ask, keys, deny, operateAs, sessions, openFor, emit, record },
    onTicketMisuse: resolved.onTicketMisuse,
  });
  const { slot, ...callers } = createCallerSlot<I>();
  const stopPurge = startPurge(store, createAsk(platform, purgeTimeoutMs, emit), platform);
  const stopEpochs = watchEpochs(table, platform, (scheme) => {
    known.checkAwaited();
    holds.check(scheme);
  });

  let closing: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopPurge();
    ring.stop();
    stopEpochs();
    holds.close();
    known.close();
    await Promise.allSettled(options.handlers.map(async (handler) => handler.close?.()));
    await store.close();
    await hub.close();
  }

  return Object.freeze({
    authenticate: createAuthenticate<I>({
      ...{ platform, table, manager, checkCredentials, offered, deny },
      extract: createExtract(options.carriers, resolved.maxAuthorizationLength, table.headers),
      chooseCarrier: createChooseCarrier<I>(manager),
      redeemSocketTicket: createRedeemSocketTicket<I>({ tickets, loadOpen, deny, remembered: manager.remembered }),
      cookie: options.carriers?.cookie,
    }),
    logIn,
    beginOperateAs,
    askForMore: createAskForMore(deny, platform),
    sessions,
    tickets,
    throttle: Object.freeze({ reset: async (account: string) => throttle.reset(account) }),
    ...callers,
    front: Object.freeze({
      realm,
      rules,
      schemes: table.names,
      credentialHeaders: Object.freeze([...table.headers.keys()]),
      slot,
      sealed: createSealedSlots({ platform, realm, store, ask, keys, known }),
      oneTimeProofs: (scheme: string) => proofs(scheme.toLowerCase()),
      callbackFailed: (callback: string, error: unknown) => emit({ kind: "callback-failed", callback, error }),
      ...{ hold: holds.hold, takeOver: holds.takeOver },
      unavailable: (request: Denied) => deny(request, "unavailable"),
      ...{ notPermitted: createNotPermitted(deny), obstacle: ring.obstacle },
    }),
    close: () => (closing ??= stop()),
  });
}
