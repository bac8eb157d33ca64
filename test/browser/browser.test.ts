import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import express from "express";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { connectAuth } from "../../src/adapters/connect.js";
import { expressAuth } from "../../src/adapters/express.js";
import { expressCors } from "../../src/adapters/node/cors.js";
import { requirePublicKey } from "../../src/handlers/private-key/verify-signature.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import type { AdapterServer } from "../../src/testing/adapter/suite.js";
import { listen } from "../adapters/servers.js";
import { createEngine, rotateAfterMs } from "../services/server.js";
import { itInFull } from "../size.js";
import { launchBrowser, newContext, skipBrowser } from "./launch.js";
import type { Tab } from "./page.js";
import { servePage } from "./page-server.js";

describe("a page of another origin, in Chromium", { skip: skipBrowser }, () => {
  const engine = createEngine();
  const { auth } = engine;
  let api: AdapterServer;
  let pages: AdapterServer;
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    pages = await listen(createServer((request, response) => void servePage(request, response)));
    // Another host name, so another site too.
    const pageOrigin = pages.origin.replace("127.0.0.1", "localhost");
    const app = express();
    // A 304 carries no token: where the browser's cache revalidates, the turn waits for another answer.
    app.disable("etag");
    app.use(async (request, response, next) => {
      if (!(await servePage(request, response))) next();
    });
    app.use(expressCors({ origins: [pageOrigin] }));
    app.use(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) }));
    app.use(expressAuth(auth));
    app.get("/bound", (request, response) => {
      const { cnf = {} } = auth.caller(request).session ?? {};
      response.status("jkt" in cnf ? 200 : 409).end();
    });
    app.get("/me", (request, response) => void response.json(auth.caller(request).identity));
    api = await listen(createServer(app));
    browser = await launchBrowser();
    context = await newContext(browser, { baseURL: pageOrigin });
  });
  after(async () => {
    await browser?.close();
    await pages?.close();
    await api?.close();
    await auth.close();
  });

  async function open(url = "/page/"): Promise<Page> {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction("globalThis.tab !== undefined");
    return page;
  }

  it("logs in with Connect-Web, calls, follows the rotation and logs out", async () => {
    const page = await open();
    assert.equal(await ask(page, "logIn", api.origin, "ada", "pass:word"), "ada");
    const { session } = await ask(page, "whoAmI");
    assert.match(session ?? "", /^[\w-]{22}$/);
    assert.equal(await ask(page, "generation"), 1);

    for (const generation of [2, 3]) {
      engine.advance(rotateAfterMs);
      // An RPC is the first to be offered the next token, then twelve fetches at once are.
      if (generation === 2) await ask(page, "whoAmI");
      assert.deepEqual(new Set(await ask(page, "fetchMany", "/me", 12)), new Set([200]));
      assert.equal(await ask(page, "generation"), generation);
    }
    assert.deepEqual(await ask(page, "whoAmI"), { subject: "ada", session });

    await ask(page, "logOut");
    assert.deepEqual(await refsOf("ada"), []);
    await assert.rejects(ask(page, "whoAmI"), /unauthenticated/);
    await page.close();
  });

  itInFull("logs in by a private key that no script can read", async () => {
    const page = await open();
    const key = requirePublicKey(await ask(page, "makeKey"));
    assert.equal(key.algorithm, "P-256");
    assert.equal(await ask(page, "logInByKey", api.origin, "ada"), "wrong");
    engine.enrolled.set("ada", key.fingerprint);
    assert.equal(await ask(page, "logInByKey", api.origin, "ada"), "ada");
    assert.equal((await ask(page, "whoAmI")).subject, "ada");
    await ask(page, "logOut");
    await page.close();
  });

  itInFull("binds its session to a key, and follows nonces and rotation", async () => {
    const page = await open();
    assert.equal(await ask(page, "logIn", api.origin, "ada", "pass:word", true), "ada");
    for (const silenceMs of [0, rotateAfterMs, 130_000, rotateAfterMs]) {
      engine.advance(silenceMs);
      assert.deepEqual(new Set(await ask(page, "fetchMany", "/bound", 8)), new Set([200]));
      assert.equal((await ask(page, "whoAmI")).subject, "ada");
    }
    assert.ok(Number(await ask(page, "generation")) > 2);
    await ask(page, "logOut");
    assert.deepEqual(await refsOf("ada"), []);
    await ask(page, "logIn", api.origin, "ada", "pass:word");
    assert.deepEqual(await ask(page, "fetchMany", "/bound", 1), [409], "the control: without the option");
    await ask(page, "logOut");
    await page.close();
  });

  itInFull("two tabs at once are two sessions, and one logs out without the other", async () => {
    const [one, two] = await Promise.all([open(), open()]);
    await Promise.all([one, two].map((page) => ask(page, "logIn", api.origin, "ada", "pass:word")));
    for (let turn = 0; turn < 3; turn++) {
      engine.advance(rotateAfterMs);
      const answers = await Promise.all([one, two].map((page) => ask(page, "fetchMany", "/me", 8)));
      assert.deepEqual(new Set(answers.flat()), new Set([200]));
    }
    assert.equal((await refsOf("ada")).length, 2);
    await ask(one, "logOut");
    assert.deepEqual(await refsOf("ada"), [(await ask(two, "whoAmI")).session]);
    await ask(two, "logOut");
    await Promise.all([one.close(), two.close()]);
  });

  itInFull("two tabs share one session where each tells the other of newer tokens", async () => {
    const [one, two] = await Promise.all([open(), open()]);
    await ask(one, "logIn", api.origin, "bob", "hunter2");
    await ask(one, "keep");
    for (const page of [one, two]) {
      await ask(page, "share", api.origin);
      assert.equal(await ask(page, "fetchShared", "/me"), 200);
    }
    for (let generation = 2; generation < 6; generation++) {
      const [busy, idle] = generation % 2 ? [one, two] : [two, one];
      engine.advance(rotateAfterMs);
      // The second call confirms the new token: from now on the old one is superseded, and later an alarm.
      for (let call = 0; call < 2; call++) assert.equal(await ask(busy, "fetchShared", "/me"), 200);
      // By a timer: a tab that is not in front paints no frames.
      await idle.waitForFunction(`tab.sharedGeneration() === ${generation}`, undefined, { polling: 20 });
      engine.advance(rotateAfterMs / 2);
      assert.equal(await ask(idle, "fetchShared", "/me"), 200);
    }
    assert.equal((await refsOf("bob")).length, 1);
    await Promise.all([one.close(), two.close()]);
  });

  itInFull("a wrong password is an error of its own, and opens no session", async () => {
    const page = await open();
    assert.equal(await ask(page, "logIn", api.origin, "ada", "wrong"), "wrong");
    assert.deepEqual(await refsOf("ada"), []);
    await page.close();
  });

  it("a script that is refused sees why, and the browser opens no dialog; for a document it would", async () => {
    const page = await open();
    const away = await ask(page, "plainFetch", `${api.origin}/me`);
    assert.deepEqual(away, { status: 401, challenge: 'Bearer realm="sallyport"', reason: "no_credentials" });

    // A browser asks for a password where credentials are sent: on the page's own origin.
    const home = await open(`${api.origin}/page/`);
    const debug = await context.newCDPSession(home);
    let dialogs = 0;
    const send = (...message: Parameters<typeof debug.send>) => {
      debug.send(...message).catch(() => undefined); // the page has gone
    };
    debug.on("Fetch.requestPaused", ({ requestId }) => send("Fetch.continueRequest", { requestId }));
    debug.on("Fetch.authRequired", ({ requestId }) => {
      dialogs++;
      send("Fetch.continueWithAuth", { requestId, authChallengeResponse: { response: "CancelAuth" } });
    });
    await debug.send("Fetch.enable", { handleAuthRequests: true });
    assert.equal((await ask(home, "plainFetch", "/me")).status, 401);
    assert.equal(await ask(home, "logIn", api.origin, "ada", "wrong"), "wrong");
    assert.equal(dialogs, 0);
    await home.goto(`${api.origin}/me`);
    assert.equal(dialogs, 1);
    await Promise.all([page.close(), home.close()]);
  });

  async function refsOf(subject: string): Promise<string[]> {
    return (await auth.sessions.list({ subject })).map(({ ref }) => ref);
  }
});

/** Calls a function of the page. Its arguments go as JSON: what runs in the page is built with the page. */
async function ask<Name extends keyof Tab>(
  page: Page,
  name: Name,
  ...given: Parameters<Tab[Name]>
): Promise<Awaited<ReturnType<Tab[Name]>>> {
  return await page.evaluate<Awaited<ReturnType<Tab[Name]>>>(`tab.${name}(...${JSON.stringify(given)})`);
}
