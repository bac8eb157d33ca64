import { after, rescue } from "./awaitable.js";
import type { CheckCredentials, Offered } from "./check-credentials.js";
import { extractCredentials } from "./credentials/carriers.js";
import type { Deny } from "./credentials/deny.js";
import { isSufficient } from "./credentials/step-up.js";
import type { AuthenticateOptions, AuthRequest, Decision, Denial, StepUp } from "./decision.js";
import type { Awaitable } from "./handlers/handler.js";
import type { HandlerTable } from "./handlers/handler-table.js";
import type { Identity } from "./identity.js";
import type { Platform } from "./platform.js";
import type { Resumed, SessionManager } from "./sessions/session-manager.js";
import { sessionPrefix } from "./sessions/token.js";

export interface AuthenticateParts<I extends Identity> {
  readonly platform: Platform;
  readonly table: HandlerTable<I>;
  readonly manager: SessionManager<I>;
  readonly checkCredentials: CheckCredentials<I>;
  readonly offered: Offered<I>;
  readonly deny: Deny;
}

const anonymous: Decision<never> = Object.freeze({ kind: "anonymous" });

/**
 * THE PATH of a request, whatever front it came through:
 *
 * ```
 * carriers → parse-authorization ─┬─ Bearer <session token> → session-manager.resume → rotation → store
 *                                 └─ other scheme → handler-table → handler → session-manager.open → store
 * ```
 *
 * Whatever is not understood is refused, and rejected credentials never fall through to anonymous.
 */
export function createAuthenticate<I extends Identity>({
  platform,
  table,
  manager,
  checkCredentials,
  offered,
  deny,
}: AuthenticateParts<I>) {
  return function authenticate(request: AuthRequest, options: AuthenticateOptions = {}): Awaitable<Decision<I>> {
    const { stepUp } = options;
    const decision = decide(request, options);
    return stepUp === undefined ? decision : after(decision, (decided) => askForMore(request, decided, stepUp));
  };

  function decide(request: AuthRequest, options: AuthenticateOptions): Awaitable<Decision<I>> {
    const rotate = options.rotate !== false;
    const presented = extractCredentials(request.rawHeaders, request.truncated === true);
    if (presented.kind === "none") {
      const { byCertificate } = table;
      const { peer } = request;
      // The certificate of a proxy says nothing of the callers behind it.
      if (byCertificate !== undefined && peer.certificate !== undefined && !peer.trusted) {
        return check(byCertificate.scheme.toLowerCase(), "", request, rotate);
      }
      return options.anonymous === true ? anonymous : deny(request, "no_credentials");
    }
    if (presented.kind === "refused") {
      return deny(request, presented.reason === "truncated" ? "headers_too_large" : "invalid_request");
    }
    const { scheme, payload } = presented;
    if (isSessionToken(scheme, payload)) {
      return after(manager.resume(payload, rotate, scheme, request), (resumed) =>
        resumed.kind === "allowed" ? resumed : refuse(request, scheme, resumed),
      );
    }
    return check(scheme, payload, request, rotate);
  }

  function check(scheme: string, payload: string, request: AuthRequest, rotate: boolean): Awaitable<Decision<I>> {
    return rescue<Decision<I>>(
      () =>
        after(checkCredentials(scheme, payload, request, rotate), (checked) =>
          checked.kind === "allowed" ? checked : deny(request, checked.reason, checked),
        ),
      () => deny(request, "unavailable"),
    );
  }

  function refuse(request: AuthRequest, scheme: string, refused: Exclude<Resumed<I>, { kind: "allowed" }>): Denial {
    // Whoever followed an offer until its session ended comes back with the password, and needs another one.
    offered.delete(request.peer);
    return deny(request, refused.reason, { scheme, headers: refused.headers });
  }

  /** Anonymous callers are asked to log in at all. */
  function askForMore(request: AuthRequest, decision: Decision<I>, stepUp: StepUp): Decision<I> {
    if (decision.kind === "denied") return decision;
    if (decision.kind === "anonymous") return deny(request, "no_credentials");
    const { caller, headers } = decision;
    if (isSufficient(caller, stepUp, platform.now())) return decision;
    return deny(request, "insufficient_user_authentication", { scheme: caller.scheme, headers, stepUp });
  }
}

/** `DPoP` is how the token of a session that is bound to a key is presented (RFC 9449 §7.1). */
function isSessionToken(scheme: string, payload: string): boolean {
  return (scheme === "bearer" || scheme === "dpop") && payload.startsWith(sessionPrefix);
}
