import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it, type TestContext } from "node:test";
import { listen } from "../adapters/servers.js";
import { runExample } from "../examples/run-example.js";
import { asAda, runGateway } from "../gateway/running-gateway.js";
import { socketUpstream } from "../gateway/socket-upstream.js";
import { launchBrowser, newContext, skipBrowser } from "./launch.js";

/** Opens a WebSocket in the page: the protocol that was selected and the first message, or `refused`. */
const open = ([url, ...protocols]: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url as string, protocols);
    socket.onmessage = ({ data }) => {
      resolve(`${socket.protocol} ${data}`);
      socket.close();
    };
    socket.onerror = () => resolve("refused");
  });

async function newPage(t: TestContext) {
  const browser = await launchBrowser();
  t.after(() => browser.close());
  return (await newContext(browser)).newPage();
}

describe("WebSockets of pages by a ticket, in Chromium", { skip: skipBrowser }, () => {
  it("the page of the example logs in, and its WebSocket is open as its account", async (t) => {
    const example = await runExample("web-socket");
    t.after(() => example.stop());
    const page = await newPage(t);
    await page.goto(example.origin);
    await page.click("button");
    await page.waitForFunction("document.querySelector('pre').textContent !== ''");
    assert.equal(await page.textContent("pre"), "ada: hello by chat.v1\n");
  });

  it("a page of a listed origin opens one, also where the upstream selects no subprotocol; one of another does not", async (t) => {
    const pages = await listen(
      createServer((_request, response) => response.setHeader("content-type", "text/html").end()),
    );
    t.after(pages.close);
    const listed = pages.origin.replace("127.0.0.1", "localhost");
    const upstream = await socketUpstream(t);
    const { origin } = await runGateway(
      t,
      "{ match: { path: / }, upstream: app, webSocketTicket: chat }",
      (text) => `${text.replace(/url: "[^"]*"/, `url: "${upstream.url}"`)}cors: { origins: ["${listed}"] }\n`,
    );
    const token = (await fetch(origin, { headers: { authorization: asAda } })).headers.get("authorization") ?? "";
    const offer = async (): Promise<string> => {
      const headers = { authorization: token, "content-type": "application/json" };
      const url = `${origin}/sallyport.v1.AuthService/IssueTicket`;
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ service: "chat" }) });
      return `sallyport.ticket.${((await answer.json()) as { readonly ticket: string }).ticket}`;
    };
    const page = await newPage(t);
    await page.goto(listed);
    assert.equal(await page.evaluate(open, [origin, await offer(), "chat.v1"]), "chat.v1 ada:chat.v1");
    const alone = await offer();
    assert.equal(await page.evaluate(open, [origin, alone]), `${alone} ada:`);
    assert.equal(await page.evaluate(open, [origin, alone]), "refused");
    await page.goto(pages.origin);
    const other = await offer();
    assert.equal(await page.evaluate(open, [origin, other]), "refused");
    assert.equal(upstream.requests.length, 2);
    await page.goto(listed);
    assert.equal(await page.evaluate(open, [origin, other]), `${other} ada:`, "it was not spent");
  });
});
