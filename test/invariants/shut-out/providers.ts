import type { Handler } from "../../../src/handlers/handler.js";
import { oidc } from "../../../src/handlers/oidc/oidc.js";
import type { Identity } from "../../../src/model/identity.js";
import { type IdentityProvider, startIdentityProvider } from "../../handlers/oidc/identity-provider.js";
import { bySource, configured, type Ground, logInBy, roles, type Source } from "./source.js";

const audience = "https://gate.example";

let started: Promise<IdentityProvider> | undefined;

/** An OpenID provider for all sources, started when the first one needs it. */
async function start(): Promise<IdentityProvider> {
  const provider = await startIdentityProvider([], 3_600);
  provider.claims = { groups: roles.first };
  return provider;
}

export async function closeProvider(): Promise<void> {
  await (await started)?.close();
  started = undefined;
}

/** What is done at a provider: what it has issued stays as it is. */
const unseen = bySource(() => {});
export const atProvider: Source["edits"] = {
  disabled: unseen,
  deleted: unseen,
  "role removed": unseen,
  "role added": unseen,
  "password changed": unseen,
};

export async function createOidc(_ground: Ground): Promise<Source> {
  started ??= start();
  const idp = await started;
  const token = await idp.accessToken(audience);
  const { handlers, edits } = configured(
    () =>
      oidc({ issuer: idp.issuer, audience, rolesClaim: "groups", onWarning: () => {} }) as unknown as Handler<Identity>,
  );
  return {
    handlers,
    delayMs: 1_000,
    headers: { authorization: `Bearer ${token}` },
    logIn: logInBy("Bearer", token),
    edits: { ...edits, ...atProvider },
  };
}
