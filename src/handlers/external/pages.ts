import type { JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import type { Platform } from "../../base/platform.js";
import { type Identity, requireIdentityJson } from "../../model/identity.js";
import type { OneTimeProofs } from "../handler.js";
import { toLogInFacts } from "../oidc/claim-mapping.js";
import { createBrowserSecret, createFlow, type ExternalFlow, flowMs, isBrowserSecret, readFlow } from "./flow.js";
import { parseExternalKey } from "./key.js";
import type { Exchanged, ExternalProvider } from "./provider.js";
import { type PageAnswer, toPage, toQuestion, toRedirect } from "./text.js";
import type { WaitingRoom } from "./waiting.js";

/** A request for one of the pages, as an adapter reads it. */
export interface PageRequest {
  readonly method: string;
  /** The path below that of the pages, such as `/login`. */
  readonly path: string;
  /** The query with its `?`; `""` without one. */
  readonly query: string;
  readonly cookie: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly fetchSite: string | undefined;
  /** The body of a form; `""` without one. */
  readonly body: string;
  /** The browser's address as the source of log-ins; `undefined` when it is unknown. */
  readonly source: string | undefined;
}

export interface ExternalPagesParts<I extends Identity> {
  /** The URL of the pages, without a slash at the end. */
  readonly url: string;
  readonly provider: ExternalProvider;
  readonly room: WaitingRoom;
  readonly sameAddress: boolean;
  readonly platform: Platform;
  toIdentity(claims: JWTPayload): Awaitable<I | null | undefined | false>;
}

/** The result for a waiting client, kept as JSON in the store. It holds no token of the provider. */
export type ExternalResult<I extends Identity = Identity> =
  | {
      readonly kind: "accepted";
      readonly identity: I;
      readonly acr?: string;
      readonly authenticatedAt: number | "unknown";
    }
  | { readonly kind: "refused" };

/** The most requests at a time, since an anonymous visitor can make us call the provider or wait for a client. */
const maxUnderWay = 64;

const again = "Go back to the program and start the log-in again.";

const pages = {
  badLink: toPage(400, "This link is not complete", again),
  otherBrowser: toPage(
    400,
    "This log-in did not begin here",
    `It was begun in another browser, took too long, or cookies are turned off. ${again}`,
  ),
  unavailable: toPage(503, "The log-in cannot be checked now", "Try again in a moment."),
  failed: toPage(400, "The log-in was not confirmed", again),
  nobody: toPage(403, "This account may not log in here", "Ask the operator of this service."),
  refused: toPage(200, "The program was not logged in", "The program was told. You can close this page."),
  notWaiting: toPage(400, "No program is waiting", again),
  elsewhere: toPage(
    403,
    "The program is on another machine",
    "It waits at another network address than yours, so it was not logged in. If another person sent you the link, that was an " +
      "attempt to get into your account.",
  ),
  done: toPage(200, "You are logged in", "Go back to the program. You can close this page."),
  forbidden: toPage(403, "This answer came from elsewhere", again),
};

/**
 * Makes the pages of `external`: `/login` sends the browser to the provider, `/callback` checks the provider's answer
 * and asks the person, `/confirm` takes the person's answer.
 *
 * @returns a function that returns the answer of a page, or `undefined` for any other request
 */
export function createExternalPages<I extends Identity>(
  parts: ExternalPagesParts<I>,
): (request: PageRequest, proofs: OneTimeProofs) => Promise<PageAnswer | undefined> {
  const { provider, room, platform } = parts;
  const url = new URL(parts.url);
  // The prefix makes a browser refuse a cookie that another host of the domain, or plain HTTP, has set (RFC 6265bis
  // §4.1.3).
  const cookieName = url.protocol === "https:" ? "__Host-sallyport-external" : "sallyport-external";
  const secure = url.protocol === "https:" ? "; Secure" : "";
  let underWay = 0;

  async function logIn({ query, cookie }: PageRequest): Promise<PageAnswer> {
    const key = parseExternalKey(single(query, "key") ?? "");
    if (key === undefined) return pages.badLink;
    // A browser keeps its secret, so that it can do several log-ins at a time.
    const secret = readCookie(cookie) ?? createBrowserSecret(platform);
    const location = await provider.authorizationUrl(createFlow(secret, key, platform));
    const life = `Max-Age=${flowMs / 1_000}`;
    // Lax: the provider's redirect comes from another site and must carry the cookie; a form of another site does not.
    return toRedirect(location, `${cookieName}=${secret}; Path=/; ${life}; HttpOnly; SameSite=Lax${secure}`);
  }

  async function callback({ query, cookie, source }: PageRequest, proofs: OneTimeProofs): Promise<PageAnswer> {
    const flow = flowOf(cookie, single(query, "state"));
    if (flow === undefined) return pages.otherBrowser;
    const answer = await acceptOrRefuse(await provider.exchange(flow, query));
    if (answer === undefined) return pages.failed;
    const waiting = await room.claim(flow.keyName, proofs);
    if (waiting === undefined) return pages.notWaiting;
    const isElsewhere = waiting.source !== undefined && source !== undefined && waiting.source !== source;
    if (answer.kind === "refused" || (isElsewhere && parts.sameAddress)) {
      await tell(flow, { kind: "refused" }, proofs);
      return answer.kind === "refused" ? answer.page : pages.elsewhere;
    }
    const { identity, ...facts } = answer.accepted;
    await proofs.put(`confirm ${flow.state}`, JSON.stringify({ kind: "accepted", identity, ...facts }), flowMs);
    const { name = identity.subject } = identity as { readonly name?: string };
    const action = `${url.pathname}/confirm`;
    return toQuestion({ who: name, source: waiting.source, code: flow.code, action, state: flow.state });
  }

  async function confirm(request: PageRequest, proofs: OneTimeProofs): Promise<PageAnswer> {
    const { origin, fetchSite = "same-origin" } = request;
    if (origin !== url.origin || fetchSite !== "same-origin") return pages.forbidden;
    const flow = flowOf(request.cookie, single(request.body, "state"));
    if (flow === undefined) return pages.otherBrowser;
    const json = await proofs.take(`confirm ${flow.state}`);
    if (json === undefined) return pages.notWaiting;
    const yes = single(request.body, "answer") === "yes";
    await tell(flow, yes ? (JSON.parse(json) as ExternalResult<I>) : { kind: "refused" }, proofs);
    return yes ? pages.done : pages.refused;
  }

  async function acceptOrRefuse(exchanged: Exchanged) {
    if (exchanged.kind === "failed") return undefined;
    if (exchanged.kind === "refused") return { kind: "refused", page: pages.refused } as const;
    const { claims } = exchanged;
    const identity = await parts.toIdentity(claims);
    if (!identity) return { kind: "refused", page: pages.nobody } as const;
    requireIdentityJson(identity);
    // Without `auth_time` the log-in at the provider may be long ago, so it is never fresh enough for a step-up.
    return { kind: "accepted", accepted: { identity, authenticatedAt: "unknown", ...toLogInFacts(claims) } } as const;
  }

  function flowOf(cookie: string | undefined, state: string | undefined): ExternalFlow | undefined {
    const secret = readCookie(cookie);
    return secret === undefined || state === undefined ? undefined : readFlow(secret, state, platform);
  }

  /**
   * Reads the browser's secret. Of two cookies of the same name neither is used: an attacker may have set one of them.
   */
  function readCookie(header = ""): string | undefined {
    const values = header.split(/; */).filter((pair) => pair.startsWith(`${cookieName}=`));
    const value = values[0]?.slice(cookieName.length + 1);
    return values.length === 1 && isBrowserSecret(value) ? value : undefined;
  }

  function tell(flow: ExternalFlow, result: ExternalResult<I>, proofs: OneTimeProofs): Promise<void> {
    return room.announce(flow.keyName, JSON.stringify(result), proofs);
  }

  return async (request, proofs) => {
    const page = new Map([
      ["GET /login", logIn],
      ["GET /callback", callback],
      ["POST /confirm", confirm],
    ]).get(`${request.method} ${request.path}`);
    if (page === undefined) return undefined;
    if (underWay >= maxUnderWay) return pages.unavailable;
    underWay++;
    try {
      return await page(request, proofs);
    } catch {
      return pages.unavailable;
    } finally {
      underWay--;
    }
  };
}

/** Returns the value of a parameter that occurs exactly once. */
function single(query: string, name: string): string | undefined {
  const values = new URLSearchParams(query).getAll(name);
  return values.length === 1 ? values[0] : undefined;
}
