import type { JWTPayload } from "jose";
import type { Awaitable } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { type Platform, systemPlatform } from "../../base/platform.js";
import type { Identity } from "../../model/identity.js";
import {
  type Handler,
  type HandlerContext,
  type OneTimeProofs,
  rejected,
  unavailable,
  type Verdict,
} from "../handler.js";
import { type ClaimMapping, createClaimMapping, type OidcIdentity } from "../oidc/claim-mapping.js";
import { requireSecureUrl } from "../oidc/jwt-keys.js";
import { parseExternalKey } from "./key.js";
import { createExternalPages, type ExternalResult, type PageRequest } from "./pages.js";
import { createExternalProvider } from "./provider.js";
import type { PageAnswer } from "./text.js";
import { createWaitingRoom } from "./waiting.js";

/** What `external` takes. */
export interface ExternalOptions<I extends Identity = OidcIdentity> extends ClaimMapping {
  /** The OpenID provider, an https URL exactly as it names itself: a slash at the end counts. */
  readonly issuer: string;
  /** Who we are at the provider. */
  readonly clientId: string;
  /** Default: none, as a public client; PKCE is used in any case. */
  readonly clientSecret?: string | undefined;
  /**
   * Where our pages are, as browsers see them, such as `https://gate.example/external`. The link that a client opens is
   * `<url>/login?key=…`; register `<url>/callback` as redirect URI at the provider.
   */
  readonly url: string;
  /** What to ask the provider for. Default: `"openid"`; groups often need more, such as `"openid groups"`. */
  readonly scope?: string | undefined;
  /** Further parameters of the authorization request, such as `{ prompt: "select_account" }`. Default: none. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * The browser must come from the same address as the waiting client: an IPv4 address, or a /64 of IPv6. Default:
   * `true`, since it is what stops a link in a mail. `false` for people who work on a machine far away, and then the
   * question on the page is all there is. Not checked where either address is unknown: behind proxies, on this machine.
   */
  readonly sameAddress?: boolean | undefined;
  /** How long a client waits, milliseconds. Default: 240,000, below the five minutes after which `fetch` in Node gives up. */
  readonly waitMs?: number | undefined;
  /** Clients that wait in this process. Default: 1,000; further ones get 503. */
  readonly maxWaiting?: number | undefined;
  /** Clients of one address that wait in this process. Default: 50. */
  readonly maxWaitingPerSource?: number | undefined;
  /** How long one question to the provider may take, milliseconds. Default: 3,000. */
  readonly fetchTimeoutMs?: number | undefined;
  /** Who it is, given what the mapping made of the claims; `null`, `undefined` or `false` for nobody. Default: the mapping's. */
  readonly toIdentity?:
    | ((mapped: OidcIdentity, claims: JWTPayload) => Awaitable<I | null | undefined | false>)
    | undefined;
  /** Told why the provider cannot be asked: once, until that changes. Default: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Clock, timers and randomness. Default: the machine's. */
  readonly platform?: Platform | undefined;
}

/** A handler with pages for browsers: `externalPages` of `sallyport/node` serves them. */
export interface ExternalHandler<I extends Identity = OidcIdentity> extends Handler<I> {
  /** Where the pages are, as browsers see them, without a slash at the end. */
  readonly url: string;
  /** Answers for a page; `undefined` for what is none. Data in and data out: writing it is the adapter's. */
  readonly page: (request: PageRequest, proofs: OneTimeProofs) => Promise<PageAnswer | undefined>;
}

/** The longest wait: `timeoutMs` of a handler less what two questions to a store may take. */
const longestWaitMs = 590_000;

const storeMs = 10_000;

/**
 * A log-in in the browser that a waiting client picks up (scheme `External`). The client makes a key of 96 random bytes,
 * opens `<url>/login?key=<key>` in a browser, and presents the key at once: that call is answered when the person has
 * logged in at the OpenID provider (authorization code flow with PKCE) and said yes to our question.
 *
 * A key is good for one log-in, is stored as SHA-256, and meets the browser in the store, on whatever node. Needs the
 * package `openid-client`.
 *
 * @throws {AuthError} `invalid_options`
 */
export function external<I extends Identity = OidcIdentity>(options: ExternalOptions<I>): ExternalHandler<I> {
  const { issuer, clientId, clientSecret, scope = "openid", parameters = {}, sameAddress = true } = options;
  const { platform = systemPlatform, fetchTimeoutMs: timeoutMs = 3_000, onWarning = warn } = options;
  const waitMs = requireCount("waitMs", options.waitMs ?? 240_000, longestWaitMs);
  const maxWaiting = requireCount("maxWaiting", options.maxWaiting ?? 1_000);
  const maxWaitingPerSource = requireCount("maxWaitingPerSource", options.maxWaitingPerSource ?? 50);
  if (typeof clientId !== "string" || clientId === "") {
    throw new AuthError("invalid_options", "external needs clientId: who we are at the provider");
  }
  if (!scope.split(" ").includes("openid")) {
    throw new AuthError("invalid_options", 'external: scope must contain "openid", or there is no ID token');
  }
  const url = requirePages(options.url);
  const toIdentity = options.toIdentity ?? ((mapped: OidcIdentity) => mapped as unknown as I);
  const mapClaims = createClaimMapping("external", issuer, options);
  const room = createWaitingRoom({ waitMs, maxWaiting, maxWaitingPerSource, platform });
  const provider = createExternalProvider({
    ...{ name: "external", issuer, clientId, clientSecret, scope, parameters, timeoutMs, platform, onWarning },
    redirectUri: `${url}/callback`,
  });

  async function fromHandshake(payload: Uint8Array, { source, proofs, signal }: HandlerContext): Promise<Verdict<I>> {
    const key = parseExternalKey(Buffer.from(payload).toString("latin1"));
    if (key === undefined) return rejected;
    const waited = await room.wait(key.name, { source }, proofs, signal);
    if (waited.kind === "full") return unavailable;
    if (waited.kind !== "result") return rejected;
    const result = JSON.parse(waited.json) as ExternalResult<I>;
    return result.kind === "accepted" ? result : rejected;
  }

  return Object.freeze({
    scheme: "External",
    opens: "session",
    timeoutMs: waitMs + storeMs,
    // Nothing that a browser or a script could answer by itself.
    challenge: () => undefined,
    fromHandshake,
    url,
    page: createExternalPages<I>({
      ...{ url, provider, room, sameAddress, platform },
      toIdentity(claims) {
        const mapped = mapClaims(claims);
        return mapped && toIdentity(mapped, claims);
      },
    }),
  } satisfies ExternalHandler<I>);
}

function warn(message: string): void {
  process.emitWarning(message, "SallyportWarning");
}

function requirePages(value: string): string {
  const url = requireSecureUrl("external: url", value);
  if (url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new AuthError("invalid_options", "external: url must be scheme, host and path alone");
  }
  return url.href.replace(/\/$/, "");
}

function requireCount(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value > 0 && value <= most) return value;
  throw new AuthError("invalid_options", `external: ${name} must be a whole number from 1 to ${most}`);
}
