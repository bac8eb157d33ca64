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
 * Makes the choice among several carriers. Carriers of one session are one credential: its highest generation. A
 * carrier that names no live session was kept by a cookie jar or a client, and is ignored beside a live one. Two live
 * sessions are refused, and so is a live session beside other credentials: the request does not say which caller it is
 * from.
 *
 * A client chose `Authorization` for this call, so if it is refused no other carrier takes its place; `auth-token-bin`
 * likewise ranks above a cookie.
 */
export function createChooseCarrier<I extends Identity>({
  verify,
  resume,
}: Pick<SessionManager<I>, "verify" | "resume">): ChooseCarrier {
  /** Whether one of these tokens is accepted, without rotating it. */
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
    // By session, the more explicit carrier first: a `Map` keeps the place of a key that is set again.
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
      // A token that is refused gets the denial that it would get alone: `expired` asks for a log-in, `ambiguous` does
      // not.
      return after(anyLive([strongest], request), (live) => (live === false ? chosen : ambiguous));
    });
  };
}
