import { after, rescue } from "./awaitable.js";
import type { CheckCredentials, Offered } from "./check-credentials.js";
import { extractCredentials } from "./credentials/carriers.js";
import type { Deny } from "./credentials/deny.js";
import type { Allowed, AuthenticateOptions, AuthRequest, Decision, Denial } from "./decision.js";
import type { Awaitable } from "./handlers/handler.js";
import type { Identity } from "./identity.js";
import type { SessionManager, TokenRefusal } from "./sessions/session-manager.js";
import { sessionPrefix } from "./sessions/token.js";

export interface AuthenticateParts<I extends Identity> {
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
  manager,
  checkCredentials,
  offered,
  deny,
}: AuthenticateParts<I>) {
  function refuse(request: AuthRequest, reason: TokenRefusal): Denial {
    // Whoever followed an offer until its session ended comes back with the password, and needs another one.
    offered.delete(request.peer);
    return deny(request, reason);
  }

  return function authenticate(request: AuthRequest, options: AuthenticateOptions = {}): Awaitable<Decision<I>> {
    const presented = extractCredentials(request.rawHeaders, request.truncated === true);
    if (presented.kind === "none") return options.anonymous === true ? anonymous : deny(request, "no_credentials");
    if (presented.kind === "refused") {
      return deny(request, presented.reason === "truncated" ? "headers_too_large" : "invalid_request");
    }
    const rotate = options.rotate !== false;
    const { scheme, payload } = presented;
    if (scheme === "bearer" && payload.startsWith(sessionPrefix)) {
      return after(manager.resume(payload, rotate), (resumed) =>
        resumed.kind === "allowed" ? resumed : refuse(request, resumed.reason),
      );
    }
    return rescue<Decision<I>>(
      () =>
        after(checkCredentials(scheme, payload, request, rotate), (checked) =>
          typeof checked === "string" ? deny(request, checked) : (checked satisfies Allowed<I>),
        ),
      () => deny(request, "unavailable"),
    );
  };
}
