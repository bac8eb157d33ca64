import { type Awaitable, after, rescue } from "../base/awaitable.js";
import type { Platform } from "../base/platform.js";
import type { PresentedCredentials } from "../credentials/carriers.js";
import type { Deny } from "../credentials/deny.js";
import { socketProtocolHeader } from "../credentials/socket-protocols.js";
import { isSufficient } from "../credentials/step-up.js";
import { type CookieOptions, type Extract, toSetCookie } from "../credentials/token-carriers.js";
import type { Handler } from "../handlers/handler.js";
import type { HandlerTable } from "../handlers/handler-table.js";
import {
  type Allowed,
  type AuthenticateOptions,
  createOffer,
  type Decision,
  type Denial,
  type DenialReason,
  type StepUp,
} from "../model/decision.js";
import { type EventParty, toParty } from "../model/events.js";
import type { Identity } from "../model/identity.js";
import { indexOfField } from "../model/raw-headers.js";
import type { AuthRequest } from "../model/request.js";
import { isSessionToken } from "../model/session.js";
import type { Resumed, SessionManager } from "../sessions/session-manager.js";
import type { CheckCredentials, Offered } from "./check-credentials.js";
import type { ChooseCarrier } from "./choose-carrier.js";
import type { RedeemSocketTicket } from "./redeem-socket-ticket.js";

export interface AuthenticateParts<I extends Identity> {
  readonly platform: Platform;
  readonly table: HandlerTable<I>;
  readonly manager: SessionManager<I>;
  readonly checkCredentials: CheckCredentials<I>;
  readonly offered: Offered<I>;
  readonly deny: Deny;
  readonly extract: Extract;
  readonly chooseCarrier: ChooseCarrier;
  readonly redeemSocketTicket: RedeemSocketTicket<I>;
  /** Clients may keep their token in a cookie. */
  readonly cookie: CookieOptions | undefined;
}

/** A client that is told 401 for a header that is too long would log in again for ever. */
const tooLarge: ReadonlySet<string> = new Set(["truncated", "too_long"]);

const anonymous: Decision<never> = Object.freeze({ kind: "anonymous" });

/**
 * Makes `authenticate`, the path of every request, independent of the front:
 *
 * ```
 * carriers → parse-authorization ─┬─ Bearer <session token> → session-manager.resume → rotation → store
 *                                 └─ other scheme → handler-table → handler → session-manager.open → store
 * ```
 *
 * Credentials that cannot be parsed are refused, and rejected credentials never fall through to anonymous.
 */
export function createAuthenticate<I extends Identity>({
  platform,
  table,
  manager,
  checkCredentials,
  offered,
  deny,
  extract,
  chooseCarrier,
  redeemSocketTicket,
  cookie,
}: AuthenticateParts<I>) {
  return function authenticate(request: AuthRequest, options: AuthenticateOptions = {}): Awaitable<Decision<I>> {
    try {
      const decision = decideAll(request, options);
      return decision instanceof Promise ? decision.catch(() => deny(request, "unavailable")) : decision;
    } catch {
      // A function of the application failed in a place that has no better answer, such as `trustProxy`.
      return deny(request, "unavailable");
    }
  };

  function decideAll(request: AuthRequest, options: AuthenticateOptions): Awaitable<Decision<I>> {
    const { stepUp } = options;
    let decision = decide(request, options);
    if (cookie !== undefined) decision = after(decision, (decided) => alsoAsCookie(request, decided, cookie));
    return stepUp === undefined ? decision : after(decision, (decided) => askForMore(request, decided, stepUp));
  }

  function decide(request: AuthRequest, options: AuthenticateOptions): Awaitable<Decision<I>> {
    const presented = extract(request.rawHeaders, request.truncated === true);
    switch (presented.kind) {
      case "none": {
        const { byCertificate } = table;
        if (byCertificate !== undefined && hasCertificate(request, byCertificate)) {
          return check(byCertificate.scheme.toLowerCase(), "", request, options);
        }
        return options.anonymous === true ? anonymous : deny(request, "no_credentials");
      }
      case "refused":
        return deny(request, tooLarge.has(presented.reason) ? "headers_too_large" : "invalid_request");
      case "several":
        return rescue<Decision<I>>(
          () =>
            after(chooseCarrier(presented, request), (chosen) => {
              const decision =
                chosen.kind === "refused" ? deny(request, chosen.reason) : resumeOrCheck(chosen, request, options);
              const isWelcome = options.anonymous === true && presented.authorization === undefined;
              return isWelcome ? after(decision, unlessDead) : decision;
            }),
          () => deny(request, "unavailable"),
        );
      case "credentials":
        return resumeOrCheck(presented, request, options);
      default:
        return presented satisfies never;
    }
  }

  function resumeOrCheck(
    { scheme, name, payload, header }: PresentedCredentials,
    request: AuthRequest,
    options: AuthenticateOptions,
  ): Awaitable<Decision<I>> {
    if (header === socketProtocolHeader) return redeemSocketTicket(payload, options.socketTicket, request);
    if (header !== undefined) {
      return after(check(scheme, payload, request, options), (decision) =>
        decision.kind === "allowed" ? { ...decision, vary: header } : decision,
      );
    }
    if (!isSessionToken(scheme, payload)) return check(table.schemeOf(name), payload, request, options);
    const { again = false } = options;
    const how = again ? { ...options, rotate: true } : options;
    return after(manager.resume(payload, how, scheme, request), (resumed) => {
      if (resumed.kind !== "allowed") return refuse(request, scheme, resumed);
      return options.open === undefined && !again ? resumed : offerAgain(resumed, payload);
    });
  }

  function check(
    scheme: string,
    payload: string,
    request: AuthRequest,
    options: AuthenticateOptions,
  ): Awaitable<Decision<I>> {
    return rescue<Decision<I>>(
      () =>
        after(checkCredentials(scheme, payload, request, options), (checked) =>
          checked.kind === "allowed" ? checked : deny(request, checked.reason, { ...checked, party: named(scheme) }),
        ),
      () => deny(request, "unavailable", { party: named(scheme) }),
    );
  }

  /** Returns the scheme, for events, only if it is registered: a client that omits the scheme has put a token there. */
  function named(scheme: string): EventParty | undefined {
    return table.get(scheme) === undefined ? undefined : { scheme };
  }

  function refuse(request: AuthRequest, scheme: string, refused: Exclude<Resumed<I>, { kind: "allowed" }>): Denial {
    // A client that used an offered session until it ended sends its password again, and needs another offer.
    offered.delete(request.peer);
    return deny(request, refused.reason, { scheme, headers: refused.headers, party: refused.party });
  }

  /** Applies the step-up requirement to a decision. Anonymous callers are asked to log in. */
  function askForMore(request: AuthRequest, decision: Decision<I>, stepUp: StepUp): Decision<I> {
    if (decision.kind === "denied") return decision;
    if (decision.kind === "anonymous") return deny(request, "no_credentials");
    const { caller, headers } = decision;
    if (isSufficient(caller, stepUp, platform.now())) return decision;
    const party = toParty(caller);
    return deny(request, "insufficient_user_authentication", { scheme: caller.scheme, headers, stepUp, party });
  }
}

/**
 * Whether the caller has a client certificate. That of a trusted proxy does not identify the callers behind it; the one that it
 * forwards does, where the handler takes it.
 */
function hasCertificate({ peer, rawHeaders }: AuthRequest, { forwardedIn }: Pick<Handler, "forwardedIn">): boolean {
  if (!peer.trusted) return peer.certificate !== undefined;
  return forwardedIn !== undefined && indexOfField(rawHeaders, forwardedIn) !== -1;
}

/**
 * Turns the denial of a dead token into `anonymous`. A cookie jar or an interceptor also sends a dead token with the
 * log-in that is to replace it, and with anonymous calls. It is not used for `Authorization`, by which a client asks to
 * be authenticated.
 */
function unlessDead<I extends Identity>(decision: Decision<I>): Decision<I> {
  return decision.kind === "denied" && deadReasons.has(decision.reason) ? anonymous : decision;
}

const deadReasons: ReadonlySet<DenialReason> = new Set(["invalid_token", "expired", "revoked"]);

/**
 * Offers an accepted token again. Under `overlapping` each token has its own lifetime, and one that was accepted
 * without a successor is the current one. Under the other policy it may be the one before, which would replace its
 * successor at a client that holds that already.
 */
function offerAgain<I extends Identity>(allowed: Allowed<I>, token: string): Allowed<I> {
  const { session } = allowed.caller;
  if (allowed.offer !== undefined || session?.rules.policy !== "overlapping") return allowed;
  const scheme = allowed.caller.scheme === "dpop" ? "DPoP" : "Bearer";
  return { ...allowed, offer: createOffer({ token, scheme, usable: () => !session.ended }) };
}

function alsoAsCookie<I extends Identity>(
  { rawHeaders }: AuthRequest,
  decision: Decision<I>,
  cookie: CookieOptions,
): Decision<I> {
  if (decision.kind !== "allowed" || decision.offer === undefined) return decision;
  const { token, scheme, usable } = decision.offer;
  // A cookie jar has no key, so it cannot use the token of a session that is bound to one.
  const setCookie = scheme === "Bearer" ? toSetCookie(cookie, rawHeaders, token) : undefined;
  return setCookie === undefined ? decision : { ...decision, offer: createOffer({ token, scheme, usable, setCookie }) };
}
