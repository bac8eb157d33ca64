import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { externalPages } from "../../../src/adapters/node/external-pages.js";
import { type Auth, createAuth } from "../../../src/engine/auth.js";
import { type ExternalHandler, type ExternalOptions, external } from "../../../src/handlers/external/external.js";
import type { OidcIdentity } from "../../../src/handlers/oidc/claim-mapping.js";
import { type KeyRing, randomKeys } from "../../../src/keys/key-ring.js";
import type { LogInOutcome } from "../../../src/model/log-in.js";
import type { Store } from "../../../src/model/store.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { type IdentityProvider, startIdentityProvider } from "../oidc/identity-provider.js";
import { type CookieBrowser, createCookieBrowser, type Page } from "./cookie-browser.js";

export const clientSecret = "a-secret-of-the-gate-0123456789abcd";

/** What a client makes up. */
export const newKey = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(96))).toString("base64");

export interface ExternalNode {
  readonly login: ExternalHandler;
  readonly auth: Auth<OidcIdentity>;
}

export interface ExternalWorld extends ExternalNode {
  /** Where the browser's connections come from, as far as our server can tell, from now on. */
  browserAddress: string;
  /** What the store was asked to keep. */
  readonly kept: string[];
  /** The store cannot answer, until it can again. */
  storeIsDown: boolean;
  readonly idp: IdentityProvider;
  readonly url: string;
  readonly browser: CookieBrowser;
  /** Another process over the same store. The browser goes to the node that was made last. */
  addNode(): ExternalNode;
  /** A client that waits. */
  wait(key: string, node?: ExternalNode, address?: string): Promise<LogInOutcome<OidcIdentity>>;
  /** Opens the link and types a name at the provider: what the browser then shows. */
  visit(key: string, name?: string): Promise<Page>;
}

/** A provider, our pages over HTTP, and a store. */
export async function startExternal(t: TestContext, options: Partial<ExternalOptions> = {}): Promise<ExternalWorld> {
  let listener = (_request: IncomingMessage, _response: ServerResponse): unknown => undefined;
  const server = createServer((request, response) => listener(request, response));
  server.on("connection", (socket) =>
    Object.defineProperty(socket, "remoteAddress", { get: () => world.browserAddress }),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/external`;
  const idp = await startIdentityProvider([
    { client_id: "gate", client_secret: clientSecret, redirect_uris: [`${url}/callback`] },
  ]);
  const kept: string[] = [];
  const inner = memory();
  const store: Store = {
    ...inner,
    put(kind, id, json, lifeMs) {
      if (world.storeIsDown) throw new Error("down");
      kept.push(id, json);
      return inner.put(kind, id, json, lifeMs);
    },
    take(kind, id) {
      if (world.storeIsDown) throw new Error("down");
      return inner.take(kind, id);
    },
  };
  const keys: KeyRing = randomKeys();
  const browser = createCookieBrowser();

  function addNode(): ExternalNode {
    const login = external({
      ...{ issuer: idp.issuer, clientId: "gate", clientSecret, url, scope: "openid profile" },
      ...{ rolesClaim: "groups", onWarning: () => {} },
      ...options,
    });
    const auth = createAuth({ handlers: [login], store, keys, onEvent: () => {} });
    const pages = externalPages(auth, login);
    listener = (request, response) => pages(request, response, () => response.writeHead(404).end());
    return { login, auth };
  }
  const first = addNode();
  const callers = new AbortController();
  t.after(async () => {
    callers.abort();
    server.closeAllConnections();
    server.close();
    await Promise.all([first.auth.close(), idp.close()]);
  });

  const world: ExternalWorld = {
    ...{ ...first, idp, url, browser, addNode, kept, browserAddress: "127.0.0.1", storeIsDown: false },
    wait(key, { auth } = first, address = "192.0.2.1") {
      const context = { peer: { address, trusted: false }, target: { method: "POST", path: "/" } } as const;
      return auth.logIn({ scheme: "External", payload: Buffer.from(key) }, { ...context, signal: callers.signal });
    },
    async visit(key, name = "ada") {
      const page = await browser.open(`${url}/login?key=${encodeURIComponent(key)}`);
      return page.text.includes("<title>Provider</title>") ? browser.submit(page, { login: name }) : page;
    },
  };
  return world;
}
