import type { HandlerContext } from "@connectrpc/connect";
import type { Auth } from "../../engine/auth.js";
import { CallStatus } from "../../gen/io/deephaven/proto/auth/auth_pb.js";
import type { DenialReason } from "../../model/decision.js";
import type { Identity } from "../../model/identity.js";
import type { Caller, Session } from "../../model/session.js";
import { toLogInContext } from "../log-in-context.js";
import { toDurationMs } from "../wire-rules.js";
import { toEnterpriseError } from "./error.js";
import type { ResolvedEnterpriseOptions } from "./options.js";

/** A caller who came with a cookie. */
export interface CookieCaller<I extends Identity> extends Caller<I> {
  readonly session: Session;
}

/** The cookie is none, or none any more. */
export interface DeadCookie {
  readonly dead: DenialReason;
}

/** A cookie is the token of a session, as bytes. */
export interface Cookies<I extends Identity> {
  /**
   * Who sent the cookie. It is kept alive by this.
   *
   * @throws rejects with a `ConnectError` when nobody can tell now
   */
  read(cookie: Uint8Array, context: HandlerContext): Promise<CookieCaller<I> | DeadCookie>;
  /** Until when it is good without being refreshed, milliseconds since 1970. */
  deadlineOf(session: Session): bigint;
}

// Anything else would go to the handler for Bearer.
const tokenShape = /^sps_[A-Za-z0-9_-]{80}$/;

export function createCookies<I extends Identity>(auth: Auth<I>, { platform }: ResolvedEnterpriseOptions): Cookies<I> {
  return {
    async read(cookie, context) {
      const token = Buffer.from(cookie).toString("latin1");
      if (!tokenShape.test(token)) return { dead: "invalid_token" };
      const { peer, target } = toLogInContext(context);
      const request = { ...target, peer, rawHeaders: ["authorization", `Bearer ${token}`] };
      // Never turned: there are clients that take no other cookie than their first.
      const decision = await auth.authenticate(request, { rotate: false });
      if (decision.kind === "denied") {
        if (decision.code === "unavailable") throw toEnterpriseError(decision, CallStatus.UNAVAILABLE);
        return { dead: decision.reason };
      }
      const caller = decision.kind === "allowed" ? decision.caller : undefined;
      const session = caller?.session;
      return caller && session && isForCookies(session) ? { ...caller, session } : { dead: "invalid_token" };
    },
    deadlineOf({ rules, expiresAt }) {
      return BigInt(Math.floor(Math.min(platform.now() + toDurationMs(rules), expiresAt)));
    },
  };
}

/**
 * Its tokens last as long as it does. Another session's token would be superseded some day, and to present it here then
 * would end the session as stolen.
 */
function isForCookies({ rules }: Session): boolean {
  return rules.policy === "overlapping" && rules.lifetimeMs >= rules.absoluteMs;
}
