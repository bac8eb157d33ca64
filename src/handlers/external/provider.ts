import type { JWTPayload } from "jose";
import type { Configuration, ServerMetadata } from "openid-client";
import { ignoreFailure } from "../../base/awaitable.js";
import { AuthError } from "../../base/errors.js";
import { createDiscovery, type DiscoveryOptions } from "../oidc/discovery.js";
import { requireSecureUrl } from "../oidc/jwt-keys.js";
import type { ProviderMetadata } from "../oidc/provider-metadata.js";
import type { ExternalFlow } from "./flow.js";

export interface ExternalProviderOptions extends DiscoveryOptions {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The URL to which the provider sends the browser back. */
  readonly redirectUri: string;
}

/** The result of a provider's answer. */
export type Exchanged =
  | { readonly kind: "claims"; readonly claims: JWTPayload }
  /** The person refused at the provider. */
  | { readonly kind: "refused" }
  /** The answer did not verify. `onWarning` was called if it looks like a fault of the configuration. */
  | { readonly kind: "failed" };

export interface ExternalProvider {
  /** Returns the URL to which to send the browser. Rejects while the provider cannot be asked. */
  authorizationUrl(flow: ExternalFlow): Promise<string>;
  /**
   * Exchanges the code for an ID token and checks it: signature, issuer, audience, nonce, age. Rejects while the provider
   * does not answer.
   *
   * @param query the query of the request that came back, with its `?`
   */
  exchange(flow: ExternalFlow, query: string): Promise<Exchanged>;
}

/** How far the provider's clock may differ, in seconds: as in `oidc`. */
const clockTolerance = 5;

/**
 * Runs the authorization code flow with PKCE (OpenID Connect Core §3.1, RFC 7636, RFC 9700 §2.1), by `openid-client`.
 */
export function createExternalProvider(options: ExternalProviderOptions): ExternalProvider {
  const { clientId, clientSecret, parameters, redirectUri } = options;
  requireInstalled();
  const discover = createDiscovery(options);
  let warned: string | undefined;
  const load = () => import("openid-client");
  let made: { readonly metadata: ProviderMetadata; readonly config: Configuration } | undefined;

  /** Returns the configuration, the same while the provider's metadata are the same, since it remembers the keys. */
  async function configuration(): Promise<Configuration> {
    const metadata = await discover();
    if (made?.metadata !== metadata) made = { metadata, config: await configure(metadata) };
    return made.config;
  }

  async function configure(metadata: ProviderMetadata): Promise<Configuration> {
    const client = await load();
    for (const name of ["authorization_endpoint", "token_endpoint"]) {
      requireSecureUrl(`${options.name}: ${name} of the provider`, String(metadata[name]));
    }
    const authentication = clientSecret === undefined ? client.None() : toClientAuth(client, metadata, clientSecret);
    // The metadata were checked as JSON; `openid-client` checks the members that it uses.
    const server = { ...metadata } as ServerMetadata;
    const tolerant = { [client.clockTolerance]: clockTolerance };
    const config = new client.Configuration(server, clientId, tolerant, authentication);
    config.timeout = options.timeoutMs / 1_000;
    // The checks above accept http for a loopback address only.
    if (new URL(metadata.issuer).protocol === "http:") client.allowInsecureRequests(config);
    // TLS would suffice for an ID token from the token endpoint (Core §3.1.3.7), but checking its signature costs
    // little.
    client.enableNonRepudiationChecks(config);
    return config;
  }

  return {
    async authorizationUrl({ state, nonce, verifier }) {
      const client = await load();
      const config = await configuration();
      const url = client.buildAuthorizationUrl(config, {
        scope: options.scope,
        ...parameters,
        redirect_uri: redirectUri,
        response_type: "code",
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      return url.href;
    },

    async exchange({ state, nonce, verifier }, query) {
      const client = await load();
      const config = await configuration();
      // Built from the configured URL, never from the request's `Host`.
      const url = new URL(redirectUri);
      url.search = query;
      try {
        const tokens = await client.authorizationCodeGrant(config, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
          ...(parameters.max_age !== undefined && { maxAge: Number(parameters.max_age) }),
        });
        const claims = tokens.claims();
        return claims === undefined ? { kind: "failed" } : { kind: "claims", claims };
      } catch (error) {
        const why = toReason(error);
        if (isOutage(error)) {
          if (warned !== "outage") {
            warned = "outage";
            const rest = "people who come back from it get a page with 503, and their programs wait on; look at it";
            ignoreFailure(() =>
              options.onWarning(`${options.name}: the provider's token endpoint does not answer; ${rest}`),
            );
          }
          throw new AuthError("unavailable", `${options.name}: the provider's token endpoint does not answer`);
        }
        if (why === "access_denied") return { kind: "refused" };
        // A request with a forged code is no fault of the configuration.
        if (why !== "invalid_grant" && why !== warned) {
          warned = why;
          ignoreFailure(() => options.onWarning(`${options.name}: the provider's answer was refused: ${why}`));
        }
        return { kind: "failed" };
      }
    },
  };
}

/** Whether the provider did not answer, or with a status that says that it cannot: nothing about the code or the person. */
function isOutage(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (code === "OAUTH_TIMEOUT") return true;
  const status = cause instanceof Response ? cause.status : undefined;
  return status === undefined ? error instanceof TypeError && cause instanceof Error : status >= 500;
}

/**
 * Returns an OAuth error code or one of `openid-client`'s, both of which are words. Texts and other codes are left out,
 * since an attacker may have chosen them.
 */
function toReason(error: unknown): string {
  const { error: answered, code } = error as { readonly error?: unknown; readonly code?: unknown };
  const word = [answered, code].find((one) => typeof one === "string" && /^[A-Za-z_]{1,48}$/.test(one));
  // A 401 with a challenge: the provider did not accept our secret.
  if (word === "OAUTH_WWW_AUTHENTICATE_CHALLENGE") return "invalid_client";
  return typeof word === "string" ? word : "unknown";
}

/** Checks at start that `openid-client`, an optional peer, is installed, not at the first log-in. */
function requireInstalled(): void {
  try {
    import.meta.resolve("openid-client");
  } catch {
    throw new AuthError(
      "invalid_options",
      "external needs the package openid-client. Run: npm install openid-client@6",
    );
  }
}

function toClientAuth(
  client: typeof import("openid-client"),
  metadata: ProviderMetadata,
  secret: string,
): ReturnType<typeof client.None> {
  // Without a list the provider supports Basic (Discovery §3).
  const methods = metadata.token_endpoint_auth_methods_supported;
  const post = Array.isArray(methods) && !methods.includes("client_secret_basic");
  return post ? client.ClientSecretPost(secret) : client.ClientSecretBasic(secret);
}
