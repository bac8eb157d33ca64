import { type Awaitable, after, rescue } from "../base/awaitable.js";
import { AuthError } from "../base/errors.js";
import type { Platform } from "../base/platform.js";
import { isSufficient } from "../credentials/step-up.js";
import type { Handler } from "../handlers/handler.js";
import type { HandlerTable } from "../handlers/handler-table.js";
import type { CredentialMemory, RememberedCredentials } from "../handlers/remembered-credentials.js";
import type { Allowed, AuthenticateOptions, StepUp } from "../model/decision.js";
import type { Emit, Recording } from "../model/events.js";
import { type Actor, fromIdentityJson, type Identity, requireIdentityJson, toActorNames } from "../model/identity.js";
import type { PossessionOutcome, PossessionRequest } from "../model/possession.js";
import type { AuthRequest, Peer } from "../model/request.js";
import type { Caller, SessionRules } from "../model/session.js";
import type { CheckRefusal } from "../policies/throttle/guarded-check.js";
import { resolveRules } from "../sessions/rules.js";
import type { SessionManager } from "../sessions/session-manager.js";
import type { AcceptedCredentials, AskHandler } from "./ask-handler.js";

/**
 * Checks credentials in a header by the handler of their scheme. When it throws or rejects, treat the credentials as
 * unavailable, not as wrong.
 */
export type CheckCredentials<I extends Identity> = (
  scheme: string,
  payload: string,
  request: AuthRequest,
  options: AuthenticateOptions,
) => Awaitable<Checking<I>>;

export type Checking<I extends Identity> = Allowed<I> | CheckRefusal;

export interface CheckCredentialsOptions<I extends Identity> {
  readonly platform: Platform;
  /** What let callers without a session in, for streams that are asked about again. */
  readonly vias: WeakMap<Caller, string>;
  readonly table: HandlerTable<I>;
  readonly manager: SessionManager<I>;
  readonly memory: CredentialMemory<I>;
  readonly askHandler: AskHandler<I>;
  /** Returns the key or certificate that a session that opens for this request is bound to. */
  readonly bind: (request: PossessionRequest) => Awaitable<PossessionOutcome>;
  readonly rememberMs: number;
  readonly nestedSchemes: boolean;
  readonly offered: Offered<I>;
  readonly emit: Emit;
  readonly record: Recording;
}

/** The caller of the last offer on each connection. */
export type Offered<I extends Identity> = WeakMap<Peer, Caller<I>>;

/**
 * Makes the check of credentials that come with every call. Such a call never gets the session of another: if the
 * handler opens sessions, the caller is *offered* a token once per connection, and the route sees no session until that
 * token is presented.
 */
export function createCheckCredentials<I extends Identity>(options: CheckCredentialsOptions<I>): CheckCredentials<I> {
  const { platform, table, manager, memory, askHandler, rememberMs, offered } = options;
  /** The caller of the last record of accepted credentials on each connection. */
  const accepted: Offered<I> = new WeakMap();

  return function checkCredentials(scheme, payload, request, how) {
    if (options.nestedSchemes && scheme === "bearer") {
      const nested = parseNested(payload);
      const inner = table.schemeOf(nested.name);
      const handler = inner === "bearer" ? undefined : table.get(inner);
      if (handler !== undefined) return check(handler, inner, nested.payload, request, how);
    }
    const handler = table.get(scheme);
    return handler === undefined ? refusalOf(scheme) : check(handler, scheme, payload, request, how);
  };

  function check(
    handler: Handler<I>,
    scheme: string,
    payload: string,
    request: AuthRequest,
    how: AuthenticateOptions,
  ): Awaitable<Checking<I>> {
    const remembers = handler.remember === true && handler.opens === "session" && rememberMs > 0;
    const key = remembers ? memory.keyOf(handler, payload) : undefined;
    const known = key === undefined ? undefined : memory.find(key);
    // The remembered check may be too old for a route for which the credentials in this call would be fresh enough.
    const isOld = known?.provedAt === "now" && !isSufficient(known.allowed.caller, toAge(how.stepUp), platform.now());
    if (known !== undefined && !isOld) return offerOnce(known, request, how);
    const { epoch } = memory;
    const { peer, rawHeaders } = request;
    const asked = askHandler({ handler, scheme, payload, peer, target: request, rawHeaders, origin: request, key });
    return after(asked, (answer) => {
      switch (answer.kind) {
        case "accepted":
          return admit(handler, scheme, request, how, answer, key === undefined ? undefined : { key, epoch });
        case "challenged": // a header has no second round
        case "wrong":
          return refusalOf(scheme);
        case "refused":
          return answer;
        default:
          return answer satisfies never;
      }
    });
  }

  function admit(
    handler: Handler<I>,
    scheme: string,
    request: AuthRequest,
    how: AuthenticateOptions,
    { identity, actor, acr, scopes, via, provedAt, checkedAt, expiresAt, lifeMs }: AcceptedCredentials<I>,
    remember?: { readonly key: string; readonly epoch: number },
  ): Awaitable<Checking<I>> {
    const authenticatedAt = provedAt === "now" ? platform.now() : provedAt === "unknown" ? undefined : provedAt;
    if (handler.opens === "nothing" && how.open === undefined) {
      const caller = Object.freeze({ identity, actor, scheme, authenticatedAt, acr, scopes, expiresAt });
      if (via !== undefined) options.vias.set(caller, via);
      return { kind: "allowed", caller };
    }
    let caller: Caller<I>;
    try {
      // Frozen copies: calls share them, and one call must not change what the next one sees.
      caller = Object.freeze({
        identity: copyOf(identity),
        actor: actor && copyOf<Actor>(actor),
        scheme,
        authenticatedAt,
        acr,
        scopes,
        expiresAt,
      });
    } catch (error) {
      options.emit({ kind: "handler-failed", scheme, failure: { kind: "threw", error } }, request);
      return cannotTell;
    }
    if (via !== undefined) options.vias.set(caller, via);
    const allowed: Allowed<I> = Object.freeze({ kind: "allowed", caller });
    const entry: RememberedCredentials<I> = { allowed, via, checkedAt, expiresAt, provedAt };
    if (remember !== undefined) memory.remember(remember.key, entry, Math.min(rememberMs, lifeMs), remember.epoch);
    return offerOnce(entry, request, how);
  }

  /**
   * Offers a token once per connection. Behind a trusted proxy, where callers share one, every request gets an offer.
   */
  function offerOnce(
    entry: RememberedCredentials<I>,
    request: AuthRequest,
    { rotate = true, open: rules, stepUp }: AuthenticateOptions,
  ): Awaitable<Checking<I>> {
    const { peer } = request;
    const { allowed } = entry;
    const { caller } = allowed;
    // `authenticate` will refuse the request, so the offer would be lost.
    if (stepUp !== undefined && !isSufficient(caller, stepUp, platform.now())) return allowed;
    const everyTime = peer.trusted || rules !== undefined;
    if (!everyTime && isSame((rotate ? offered : accepted).get(peer), caller)) return allowed;
    if (!rotate) {
      accepted.set(peer, caller);
      const { identity, actor, scheme } = caller;
      const event = {
        kind: "credentials-accepted",
        subject: identity.subject,
        ...toActorNames(actor),
        scheme,
      } as const;
      return rescue<Checking<I>>(
        () => after(options.record(event, request), () => allowed),
        () => {
          accepted.delete(peer);
          return cannotTell;
        },
      );
    }
    return after(options.bind(request), (possession) =>
      possession.kind === "refused" ? possession : open(entry, request, possession, rules),
    );
  }

  function open(
    { allowed, via, checkedAt, expiresAt, provedAt }: RememberedCredentials<I>,
    source: AuthRequest,
    { cnf, headers }: Extract<PossessionOutcome, { kind: "proven" }>,
    rules: SessionRules | undefined,
  ): Awaitable<Allowed<I>> {
    const { caller } = allowed;
    const { peer } = source;
    // Rules out of bounds would break the proof of the rotation rule.
    if (rules !== undefined && !sound.has(rules)) {
      resolveRules(rules);
      sound.add(rules);
    }
    offered.set(peer, caller);
    // The caller gets 503. Credentials of a subject that was ended meanwhile are checked anew; a store's failure
    // forgets none.
    const failed = (error: unknown): never => {
      offered.delete(peer);
      if (error instanceof AuthError && error.code === "session_ended") memory.forget(caller.identity.subject);
      throw error;
    };
    const who = { ...caller, via, checkedAt, expiresAt, provedAt, cnf, rules, source };
    const made = rescue(() => manager.offer(who), failed);
    return after(made, (offer) => ({ kind: "allowed", caller, offer, headers }));
  }
}

/** Keeps the age of a step-up only: the strength of a proof does not change when it is checked again. */
function toAge(stepUp: StepUp = {}): StepUp {
  return { maxAgeMs: stepUp.maxAgeMs };
}

/** Rules that were checked already. */
const sound = new WeakSet<SessionRules>();

function copyOf<I extends Identity>(identity: I): I {
  return fromIdentityJson(requireIdentityJson(identity));
}

function isSame(before: Caller | undefined, now: Caller): boolean {
  return (
    before !== undefined &&
    before.scheme === now.scheme &&
    before.identity.subject === now.identity.subject &&
    before.actor?.subject === now.actor?.subject
  );
}

/** Returns the same refusal for a wrong password, an unknown user and an unknown scheme. */
function refusalOf(scheme: string): CheckRefusal {
  return scheme === "bearer" ? wrongToken : wrongCredentials;
}

const wrongToken: CheckRefusal = Object.freeze({ kind: "refused", reason: "invalid_token" });

const wrongCredentials: CheckRefusal = Object.freeze({ kind: "refused", reason: "invalid_credentials" });

const cannotTell: CheckRefusal = Object.freeze({ kind: "refused", reason: "unavailable" });

/** Parses `<scheme> <payload>` inside a `Bearer`, for clients that can send no other scheme. */
function parseNested(payload: string): { readonly name: string; readonly payload: string } {
  const space = payload.indexOf(" ");
  if (space < 0) return { name: payload, payload: "" };
  return { name: payload.slice(0, space), payload: payload.slice(space + 1).trimStart() };
}
