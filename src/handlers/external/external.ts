import { AuthError } from "../../base/errors.js";
import { type OptionKinds, requireOptions } from "../../base/options.js";
import { requireWholeNumber } from "../../base/whole-number.js";
import type { Identity } from "../../model/identity.js";
import {
  type Handler,
  type HandlerContext,
  type OneTimeProofs,
  rejected,
  unavailable,
  type Verdict,
} from "../handler.js";
import type { OidcIdentity } from "../oidc/claim-mapping.js";
import { requireSecureUrl } from "../oidc/jwt-keys.js";
import type { KeptProviders } from "../oidc/kept.js";
import { createProviderHealth } from "../oidc/provider-health.js";
import { type ProviderOptions, providerKinds, resolveProvider } from "../oidc/provider-options.js";
import { parseExternalKey } from "./key.js";
import { createExternalPages, type ExternalResult, type PageRequest } from "./pages.js";
import { createExternalProvider } from "./provider.js";
import type { PageAnswer } from "./text.js";
import { createWaitingRoom } from "./waiting.js";

/** Options of `external`. */
export interface ExternalOptions<I extends Identity = OidcIdentity> extends ProviderOptions<I> {
  /** The provider's issuer, an https URL exactly as the provider spells it, with or without a slash at the end. */
  readonly issuer: string;
  /** The id of this service as a client of the provider. */
  readonly clientId: string;
  /** The client's secret at the provider. Default: none, as a public client; PKCE is used in any case. */
  readonly clientSecret?: string | undefined;
  /**
   * The URL of our pages, as browsers reach them, such as `https://gate.example/external`. The link that a client opens
   * is `<url>/login?key=…`; register `<url>/callback` as redirect URI at the provider.
   */
  readonly url: string;
  /**
   * The scopes to ask the provider for, separated by spaces. Default: `"openid"`; groups often need more, such as
   * `"openid groups"`.
   */
  readonly scope?: string | undefined;
  /** Further parameters of the authorization request, such as `{ prompt: "select_account" }`. Default: none. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the browser must have the same address as the waiting client: an IPv4 address, or a /64 of IPv6. Default:
   * `true`, since it stops an attacker who sends the link to a victim. `false` for people who work on a remote machine;
   * then only the question on the page protects them. Not checked if either address is unknown: behind a trusted proxy
   * that names no client, or from a loopback address.
   */
  readonly sameAddress?: boolean | undefined;
  /**
   * How long a client waits for the browser, in milliseconds. Default: 240,000, below the five minutes after which
   * `fetch` in Node gives up.
   */
  readonly waitMs?: number | undefined;
  /**
   * The most clients that wait in this process; further ones get 503. Default: 1,000, which cost about 40 ms a second.
   */
  readonly maxWaiting?: number | undefined;
  /**
   * The most clients of one address that wait in this process; further ones get 503. Default: 50, so that one address
   * cannot take every place.
   */
  readonly maxWaitingPerSource?: number | undefined;
}

const externalKinds: OptionKinds<ExternalOptions<Identity>> = {
  ...providerKinds,
  issuer: "any",
  clientId: "any",
  clientSecret: "string",
  url: "any",
  scope: "string",
  parameters: "object",
  sameAddress: "boolean",
  waitMs: "number",
  maxWaiting: "number",
  maxWaitingPerSource: "number",
};

/** A handler with pages for browsers: `externalPages` of `sallyport/node` serves them. */
export interface ExternalHandler<I extends Identity = OidcIdentity> extends Handler<I> {
  /** The URL of the pages, as browsers reach them, without a slash at the end. */
  readonly url: string;
  /** Returns the answer of a page; `undefined` for any other request. The adapter writes it. */
  readonly page: (request: PageRequest, proofs: OneTimeProofs) => Promise<PageAnswer | undefined>;
}

/** The longest wait: the longest `timeoutMs` of a handler, minus the time for two calls to a store. */
const longestWaitMs = 590_000;

const storeMs = 10_000;

/**
 * Logs a waiting client in by a browser (scheme `External`). The client makes a key of 96 random bytes, opens
 * `<url>/login?key=<key>` in a browser, and presents the key at once: that call is answered when the person has logged
 * in at the OpenID provider (authorization code flow with PKCE) and has confirmed it on our page.
 *
 * A key is valid for one log-in. The store holds it as SHA-256, so client and browser may use different nodes. Needs
 * the package `openid-client`.
 *
 * @throws {AuthError} `invalid_options` for an issuer or `url` that is not https, no `clientId`, a count out of range,
 *   an unusable mapping, or without `openid-client`
 */
export function external<I extends Identity = OidcIdentity>(options: ExternalOptions<I>): ExternalHandler<I> {
  return createExternalHandler(options);
}

/** Makes the handler that `external` returns, with what handlers of earlier configurations know. */
export function createExternalHandler<I extends Identity>(
  options: ExternalOptions<I>,
  kept?: KeptProviders,
): ExternalHandler<I> {
  requireOptions("external", options, externalKinds);
  const { clientId, clientSecret, scope = "openid", parameters = {}, sameAddress = true } = options;
  const waitMs = requireWholeNumber("external: waitMs", options.waitMs ?? 240_000, 1, longestWaitMs);
  const maxWaiting = requireWholeNumber("external: maxWaiting", options.maxWaiting ?? 1_000, 1);
  const maxWaitingPerSource = requireWholeNumber("external: maxWaitingPerSource", options.maxWaitingPerSource ?? 50, 1);
  if (typeof clientId !== "string" || clientId === "") {
    throw new AuthError("invalid_options", "external needs clientId: the id of this service at the provider");
  }
  if (!scope.split(" ").includes("openid")) {
    throw new AuthError("invalid_options", 'external: scope must contain "openid", or there is no ID token');
  }
  const url = requirePages(options.url);
  const { discovery, toIdentity } = resolveProvider("external", options);
  const { platform } = discovery;
  const room = createWaitingRoom({ waitMs, maxWaiting, maxWaitingPerSource, platform });
  const health = createProviderHealth(discovery.issuer);
  const provider = createExternalProvider({
    ...discovery,
    ...{ kept: kept?.metadataOf(discovery.name, discovery.issuer), health },
    ...{ clientId, clientSecret, scope, parameters },
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
    // A browser or a script cannot answer a challenge of this scheme by itself.
    challenge: () => undefined,
    fromHandshake,
    outside: () => [health.outside()],
    url,
    page: createExternalPages<I>({ url, provider, room, sameAddress, platform, toIdentity }),
  } satisfies ExternalHandler<I>);
}

function requirePages(value: string): string {
  const url = requireSecureUrl("external: url", value);
  if (url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new AuthError("invalid_options", "external: url must be scheme, host and path alone");
  }
  return url.href.replace(/\/$/, "");
}
