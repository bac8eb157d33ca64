import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import type { Browser, BrowserContext } from "playwright-core";
import { listen } from "../adapters/servers.js";
import { newKey, startExternal } from "../handlers/external/external-world.js";
import { itInFull } from "../size.js";
import { launchBrowser, newContext, skipBrowser } from "./launch.js";

describe("a log-in in Chromium that a program waits for", { skip: skipBrowser }, () => {
  let browser: Browser;
  let context: BrowserContext;

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  async function visit(url: string, key: string) {
    context = await newContext(browser);
    const page = await context.newPage();
    await page.goto(`${url}/login?key=${encodeURIComponent(key)}`);
    await page.fill("input[name=login]", "ada");
    await page.click("button");
    await page.waitForSelector("code");
    return page;
  }

  it("goes to the provider, asks, and logs the program in; the policy of the page lets its style in", async (t) => {
    const { url, wait } = await startExternal(t);
    const key = newKey();
    const outcome = wait(key);
    const page = await visit(url, key);
    assert.match((await page.textContent("body")) ?? "", /A program at 192\.0\.2\.1 waits to be logged in as ada/);
    const size = await page.evaluate("getComputedStyle(document.querySelector('code')).letterSpacing");
    assert.notEqual(size, "normal");
    await page.click("button[value=yes]");
    await page.waitForSelector("text=You are logged in");
    assert.equal((await outcome).kind, "opened");
    await context.close();
  });

  itInFull("is asked for nothing by the enter key: the first answer is no", async (t) => {
    const { url, wait } = await startExternal(t);
    const key = newKey();
    const outcome = wait(key);
    const page = await visit(url, key);
    await page.focus("button");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=The program was not logged in");
    assert.equal((await outcome).kind, "denied");
    await context.close();
  });

  itInFull("is not answered by a page of another origin: not by its form, and not in its frame", async (t) => {
    const { url, wait } = await startExternal(t);
    const key = newKey();
    const outcome = wait(key);
    const question = await visit(url, key);
    const state = await question.inputValue("input[name=state]");
    const form = `<form method="post" action="${url}/confirm"><input name="state" value="${state}">
      <button name="answer" value="yes">win a prize</button></form><iframe src="${url}/login?key=x"></iframe>`;
    const evil = await listen(
      createServer((_request, response) => response.setHeader("content-type", "text/html").end(form)),
    );
    // Same site, another port: the cookie goes along. Another site: it does not.
    for (const origin of [evil.origin, evil.origin.replace("127.0.0.1", "localhost")]) {
      const page = await context.newPage();
      await page.goto(origin);
      const frame = page.frames()[1];
      assert.doesNotMatch((await frame?.content()) ?? "", /not complete/);
      const [answer] = await Promise.all([page.waitForResponse(`${url}/confirm`), page.click("button")]);
      assert.equal(answer.status(), 403, origin);
      await page.close();
    }
    await evil.close();
    await question.click("button[value=yes]");
    await question.waitForSelector("text=You are logged in");
    assert.equal((await outcome).kind, "opened");
    await context.close();
  });
});
