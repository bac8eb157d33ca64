import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type ClientMetadata, type Configuration, interactionPolicy } from "oidc-provider";

/** A real OpenID provider in this process. */
export interface IdentityProvider {
  readonly issuer: string;
  /** An access token for a service, as a JWT: whose subject is the client's id. */
  accessToken(audience: string, scope?: string): Promise<string>;
  /** Access tokens issued from now on, and ID tokens of the scope `profile`, have these claims too. */
  claims: Record<string, unknown>;
  close(): Promise<void>;
}

export const machine: ClientMetadata = {
  client_id: "machine",
  client_secret: "a-secret-of-the-machine-0123456789",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
};

/**
 * @param clients beside the `machine` that asks for access tokens of its own
 * @param lifeS how long what it issues lives, in seconds
 */
export async function startIdentityProvider(
  clients: readonly ClientMetadata[] = [],
  lifeS = 600,
): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const provider = new Provider(
    issuer,
    configure([machine, ...clients], await exportJWK(privateKey), () => idp.claims, lifeS),
  );
  const serve = provider.callback();
  server.on("request", (request, response) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    if (uid === undefined) void serve(request, response);
    else void interact(provider, uid, request, response);
  });

  const idp: IdentityProvider = {
    issuer,
    claims: {},
    async accessToken(audience, scope = "read") {
      const { client_id = "", client_secret = "" } = machine;
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: audience, scope }),
      });
      if (!response.ok) throw new Error(`the provider answered ${response.status}: ${await response.text()}`);
      return ((await response.json()) as { access_token: string }).access_token;
    },
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
  return idp;
}

/** Its log-in page: whoever types a name is that account, and `nobody` goes back without logging in. */
async function interact(provider: Provider, uid: string, request: IncomingMessage, response: ServerResponse) {
  if (request.method !== "POST") {
    const form = `<form method="post" action="/interaction/${uid}"><input name="login"><button>Go on</button></form>`;
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>Provider</title>${form}`);
    return;
  }
  let body = "";
  for await (const chunk of request) body += String(chunk);
  const accountId = new URLSearchParams(body).get("login") ?? "nobody";
  const result =
    accountId === "nobody"
      ? { error: "access_denied", error_description: "The person said no" }
      : { login: { accountId, acr: "urn:example:password" } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

function configure(
  clients: ClientMetadata[],
  key: object,
  claims: () => Record<string, unknown>,
  lifeS: number,
): Configuration {
  // Nobody is asked what the client may have, not even a program on the person's own machine.
  const policy = interactionPolicy.base();
  policy.get("consent")?.checks.remove("native_client_prompt");
  return {
    clients,
    jwks: { keys: [{ ...key, alg: "ES256", use: "sig", kid: "one" }] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    ttl: Object.fromEntries(
      ["AccessToken", "ClientCredentials", "Grant", "IdToken", "Interaction", "Session"].map((kind) => [kind, lifeS]),
    ),
    cookies: { keys: ["a key of this test"] },
    extraTokenClaims: () => claims(),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}`, policy },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...claims() }) }),
    claims: { openid: ["sub"], profile: ["name", "groups"] },
    conformIdTokenClaims: false,
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc;
      const grant = new oidc.provider.Grant({ clientId: client?.clientId ?? "", accountId: session?.accountId ?? "" });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          scope: "read write",
          audience,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  };
}
