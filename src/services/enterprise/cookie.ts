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

/** A caller that presented a cookie. */
export interface CookieCaller<I extends Identity> extends Caller<I> {
  readonly session: Session;
}

/** The cookie is not valid or no longer valid. */
export interface DeadCookie {
  readonly dead: DenialReason;
}

/** Reads cookies. A cookie is the token of a session, as bytes. */
export interface Cookies<I extends Identity> {
  /**
   * Returns the caller that presented a cookie, and keeps its session alive.
   *
   * @throws rejects with a `ConnectError` `Unavailable` when it cannot be decided now
   */
  read(cookie: Uint8Array, context: HandlerContext): Promise<CookieCaller<I> | DeadCookie>;
  /** Returns until when the cookie is valid without a refresh, in milliseconds since 1970. */
  deadlineOf(session: Session): bigint;
}

/** The fields that may carry credentials: the cookie in the message is the only one of this call. */
const credentialFields = ["authorization", "cookie", "auth-token-bin", "dpop"];

// A value of another shape would be passed to the handler for Bearer.
const tokenShape = /^sps_[A-Za-z0-9_-]{80}$/;

export function createCookies<I extends Identity>(auth: Auth<I>, { platform }: ResolvedEnterpriseOptions): Cookies<I> {
  return {
    async read(cookie, context) {
      const token = Buffer.from(cookie).toString("latin1");
      if (!tokenShape.test(token)) return { dead: "invalid_token" };
      // The other fields say where the call comes from: a trusted proxy names its client, and a trace has an id.
      const { peer, target, rawHeaders = [] } = toLogInContext(context, ...credentialFields);
      const request = { ...target, peer, rawHeaders: [...rawHeaders, "authorization", `Bearer ${token}`] };
      // The token is not rotated: some clients accept no other cookie than their first.
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
 * Whether the session's tokens last as long as the session. The token of any other session would be superseded later,
 * and presenting it here then would end the session as stolen.
 */
function isForCookies({ rules }: Session): boolean {
  return rules.policy === "overlapping" && rules.lifetimeMs >= rules.absoluteMs;
}
