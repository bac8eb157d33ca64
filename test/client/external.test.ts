import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectAuth } from "../../src/adapters/connect.js";
import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import { createExternalLink } from "../../src/client/external-link.js";
import type { ExternalOptions } from "../../src/handlers/external/external.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { createCookieBrowser } from "../handlers/external/cookie-browser.js";
import { startExternal } from "../handlers/external/external-world.js";

// A program, a browser, our pages, a real provider, and the service between them.

async function start(t: TestContext, options: Partial<ExternalOptions> = {}) {
  const world = await startExternal(t, options);
  const listener = connectAuth(world.auth, connectNodeAdapter, { routes: authRoutes(world.auth) });
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new AuthClient({ baseUrl, keepAliveMs: 0 });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const browse = async (link: string, answer: string) => {
    const browser = createCookieBrowser();
    const question = await browser.submit(await browser.open(link), { login: "ada" });
    await browser.submit(question, { answer });
    return question;
  };
  return { ...world, client, baseUrl, browse };
}

test("a program shows a link and a code; the browser shows the same code; the program is logged in", async (t) => {
  const { client, url, browse } = await start(t);
  const { key, link, code } = await createExternalLink(`${url}/`);
  const waiting = client.external(key);
  const question = await browse(link, "yes");
  assert.ok(question.text.includes(`<code>${code}</code>`), question.text);
  const caller = await waiting;
  assert.deepEqual([caller?.identity?.subject, caller?.scheme], ["ada", "external"]);
  assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
  await client.close();
});

test("when the person says no, the program hears it, and it is no other error", async (t) => {
  const { client, url, browse } = await start(t);
  const { key, link } = await createExternalLink(url);
  const waiting = client.external(key);
  await Promise.all([
    browse(link, "no"),
    assert.rejects(waiting, (error) => error instanceof AuthenticationFailedError),
  ]);
});

test("when the session has ended, a key that was used is not presented again", async (t) => {
  const { client, url, browse, auth } = await start(t);
  const { key, link } = await createExternalLink(url);
  const waiting = client.external(key);
  await browse(link, "yes");
  await waiting;
  await auth.sessions.endSubject("ada");
  await assert.rejects(client.whoAmI(), /over\. Make a new link|revoked|ended/);
});

test("a program that leaves is waited for no longer", async (t) => {
  // A browser waits five seconds for its program: a tenth of one here.
  const platform: Platform = {
    ...systemPlatform,
    monotonic: () => systemPlatform.monotonic() * 50,
    delay: (ms, done, hold) => systemPlatform.delay(ms / 50, done, hold),
  };
  const { client, url } = await start(t, { platform, fetchTimeoutMs: 150_000 });
  const { key, link } = await createExternalLink(url);
  await assert.rejects(client.external(key, { waitMs: 200 }), /deadline|timed out/i);
  const browser = createCookieBrowser();
  const page = await browser.submit(await browser.open(link), { login: "ada" });
  assert.match(page.text, /No program is waiting/);
});
