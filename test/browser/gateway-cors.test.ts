import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { listen } from "../adapters/servers.js";
import { adaPassword } from "../gateway/gateway-files.js";
import { runGateway } from "../gateway/running-gateway.js";
import { launchBrowser, newContext, skipBrowser } from "./launch.js";
import type { Tab } from "./page.js";
import { servePage } from "./page-server.js";

declare const tab: Tab;

describe("the gateway and pages of other origins, in Chromium", { skip: skipBrowser }, () => {
  it("a page of a listed origin logs in, calls and reads refusals; a page of another can do nothing", async (t) => {
    const pages = await listen(createServer((request, response) => void servePage(request, response)));
    t.after(pages.close);
    const listed = pages.origin.replace("127.0.0.1", "localhost");
    const gateway = await runGateway(t, undefined, (text) => `${text}cors: { origins: ["${listed}"] }\n`);
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const context = await newContext(browser);
    const page = await context.newPage();
    await page.goto(`${listed}/page/`);
    await page.waitForFunction("globalThis.tab !== undefined");
    const { origin } = gateway;
    const logIn = ([url, password]: readonly string[]) => tab.logIn(url as string, "ada", password as string);
    assert.equal(await page.evaluate(logIn, [origin, "wrong"]), "wrong");
    assert.equal(await page.evaluate(logIn, [origin, adaPassword]), "ada");
    assert.deepEqual(await page.evaluate(() => tab.fetchMany("/x", 3)), [200, 200, 200]);
    assert.equal(await page.evaluate(() => tab.generation()), 1);
    const refused = await page.evaluate((url) => tab.plainFetch(url), `${origin}/x`);
    assert.deepEqual([refused.status, refused.reason], [401, "no_credentials"]);

    // The same page by another name is of another origin.
    const other = await context.newPage();
    await other.goto(`${pages.origin}/page/`);
    await other.waitForFunction("globalThis.tab !== undefined");
    const before = gateway.upstream.requests.length;
    await assert.rejects(other.evaluate(logIn, [origin, adaPassword]));
    await assert.rejects(
      other.evaluate((url) => tab.plainFetch(url), `${origin}/x`),
      /Failed to fetch/,
    );
    assert.equal(gateway.upstream.requests.length, before);
  });
});
