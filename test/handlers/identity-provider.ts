import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type ClientMetadata, type Configuration } from "oidc-provider";

/** A real OpenID provider in this process. */
export interface IdentityProvider {
  readonly issuer: string;
  /** An access token for a service, as a JWT: whose subject is the client's id. */
  accessToken(audience: string, scope?: string): Promise<string>;
  /** Access tokens issued from now on, and ID tokens, have these claims too. */
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

/** @param clients beside the `machine` that asks for access tokens of its own. */
export async function startIdentityProvider(clients: readonly ClientMetadata[] = []): Promise<IdentityProvider> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const provider = new Provider(
    issuer,
    configure([machine, ...clients], await exportJWK(privateKey), () => idp.claims),
  );
  server.on("request", provider.callback());

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

function configure(clients: ClientMetadata[], key: object, claims: () => Record<string, unknown>): Configuration {
  return {
    clients,
    jwks: { keys: [{ ...key, alg: "ES256", use: "sig", kid: "one" }] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    ttl: { ClientCredentials: () => 600 },
    cookies: { keys: ["a key of this test"] },
    extraTokenClaims: () => claims(),
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
