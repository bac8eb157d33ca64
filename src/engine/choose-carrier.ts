import { type Awaitable, after } from "../base/awaitable.js";
import type { Extracted, PresentedCredentials } from "../credentials/carriers.js";
import type { Identity } from "../model/identity.js";
import type { AuthRequest } from "../model/request.js";
import { isSessionToken } from "../model/session.js";
import type { SessionManager } from "../sessions/session-manager.js";
import { toRef } from "../sessions/token.js";

type Several = Extract<Extracted, { readonly kind: "several" }>;

/** The credentials that count, or why none do. */
export type Chosen =
  | PresentedCredentials
  | { readonly kind: "refused"; readonly reason: "invalid_request" | "invalid_token" | "unavailable" };

export type ChooseCarrier = (presented: Several, request: AuthRequest) => Awaitable<Chosen>;

const ambiguous: Chosen = Object.freeze({ kind: "refused", reason: "invalid_request" });

const unknown: Chosen = Object.freeze({ kind: "refused", reason: "invalid_token" });

const cannotTell: Chosen = Object.freeze({ kind: "refused", reason: "unavailable" });

/**
 * Which of several carriers counts. Carriers of one session are one credential: its highest generation. A carrier that
 * names no live session is what a jar or a client forgot to drop, and counts for nothing beside a better one. Two live
 * sessions are refused, and so is a live session beside other credentials: nobody may guess who is meant.
 *
 * `Authorization` is what a client chose to send with this very call, so when that is refused nothing takes its place;
 * `auth-token-bin` likewise stands above a cookie.
 */
export function createChooseCarrier<I extends Identity>({
  verify,
  resume,
}: Pick<SessionManager<I>, "verify" | "resume">): ChooseCarrier {
  /** Whether one of these tokens is good, without turning it. */
  function anyLive(tokens: readonly string[], request: AuthRequest): Awaitable<boolean | "unavailable"> {
    const [token, ...others] = tokens;
    if (token === undefined) return false;
    return after(resume(token, { rotate: false }, "bearer", request), (resumed) => {
      if (resumed.kind === "allowed") return true;
      return resumed.reason === "unavailable" ? "unavailable" : anyLive(others, request);
    });
  }

  return function chooseCarrier({ authorization, beside }, request) {
    const own =
      authorization && isSessionToken(authorization.scheme, authorization.payload) ? authorization : undefined;
    // By session, and the more explicit carrier first: a `Map` keeps the place of what is set again.
    const newest = new Map<string, { readonly token: string; readonly generation: number }>();
    for (const token of own === undefined ? beside : [own.payload, ...beside]) {
      const fields = verify(token);
      if (fields === undefined && token === own?.payload) return own;
      if (fields === undefined) continue;
      const ref = toRef(fields.sessionId);
      const { generation } = fields;
      if (generation > (newest.get(ref)?.generation ?? 0)) newest.set(ref, { token, generation });
    }
    const [strongest, ...others] = [...newest.values()].map(({ token }) => token);
    if (authorization !== undefined && own === undefined) {
      return after(
        anyLive(
          [...newest.values()].map(({ token }) => token),
          request,
        ),
        (live) => {
          if (live === false) return authorization;
          return live === true ? ambiguous : cannotTell;
        },
      );
    }
    if (strongest === undefined) return unknown;
    const chosen: Chosen = { kind: "credentials", scheme: "bearer", name: "Bearer", ...own, payload: strongest };
    return after(anyLive(others, request), (othersLive) => {
      if (othersLive === false) return chosen;
      if (othersLive === "unavailable") return cannotTell;
      // Who is refused is refused as without the others: `expired` says to log in again, `ambiguous` does not.
      return after(anyLive([strongest], request), (live) => (live === false ? chosen : ambiguous));
    });
  };
}
