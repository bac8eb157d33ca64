import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { externalPages } from "../../../src/adapters/node/external-pages.js";
import type { Auth } from "../../../src/engine/auth.js";
import { type ExternalHandler, external } from "../../../src/handlers/external/external.js";
import type { Handler } from "../../../src/handlers/handler.js";
import type { Identity } from "../../../src/model/identity.js";
import { createCookieBrowser } from "../../handlers/external/cookie-browser.js";
import { newKey } from "../../handlers/external/external-world.js";
import { type IdentityProvider, startIdentityProvider } from "../../handlers/oidc/identity-provider.js";
import { atProvider } from "./providers.js";
import { configured, type Ground, peer, roles, type Source } from "./source.js";

const clientSecret = "a-secret-of-the-gate-0123456789abcd";

interface Pages {
  readonly idp: IdentityProvider;
  /** Where the pages of the gateway are. */
  readonly url: string;
  /** Serves the pages of an engine from now on. */
  show(pages: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

let started: Promise<Pages> | undefined;

/** A provider that logs people in, and a server for the gateway's pages, started when the first source needs them. */
async function start(): Promise<Pages> {
  let shown = (_request: IncomingMessage, _response: ServerResponse): void => {};
  const server = createServer((request, response) => shown(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/external`;
  const client = { client_id: "gate", client_secret: clientSecret, redirect_uris: [`${url}/callback`] };
  const idp = await startIdentityProvider([client]);
  idp.claims = { groups: roles.first };
  return {
    ...{ idp, url },
    show(pages) {
      shown = pages;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await idp.close();
    },
  };
}

export async function closePages(): Promise<void> {
  const pages = await started;
  started = undefined;
  await pages?.close();
}

/** A person with a browser, whom the provider logs in while a program waits. */
export async function createExternal(_ground: Ground): Promise<Source> {
  started ??= start();
  const { idp, url, show } = await started;
  const made: ExternalHandler[] = [];
  let first: Auth<Identity> | undefined;
  const { handlers, edits } = configured(() => {
    const login = external({
      ...{ issuer: idp.issuer, clientId: "gate", clientSecret, url, scope: "openid profile" },
      ...{ rolesClaim: "groups", onWarning: () => {} },
    });
    made.push(login);
    return login as unknown as Handler<Identity>;
  });
  const browser = createCookieBrowser();
  async function visit(auth: Auth<Identity>, key: string): Promise<void> {
    first ??= auth;
    // The one of this engine: by way of the store the answer would take a second.
    const login = auth === first ? made[0] : made.at(-1);
    assert.ok(login);
    const pages = externalPages(auth, login);
    show((request, response) => pages(request, response, () => response.writeHead(404).end()));
    let page = await browser.open(`${url}/login?key=${encodeURIComponent(key)}`);
    if (page.text.includes("<title>Provider</title>")) page = await browser.submit(page, { login: "ada" });
    await browser.submit(page, { answer: "yes" });
  }
  return {
    handlers,
    delayMs: 1_000,
    headers: undefined,
    async logIn(auth) {
      const key = newKey();
      const target = { method: "POST", path: "/" };
      const outcome = auth.logIn({ scheme: "External", payload: Buffer.from(key) }, { peer, target });
      const isRefused = await Promise.race([
        outcome.then(() => true),
        new Promise<boolean>((resolve) => setImmediate(resolve, false)),
      ]);
      if (!isRefused) await visit(auth, key);
      return outcome;
    },
    edits: { ...edits, ...atProvider },
  };
}
