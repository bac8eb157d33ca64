import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";
import { systemPlatform } from "../../../src/base/platform.js";
import { external } from "../../../src/handlers/external/external.js";
import type { AuthEvent } from "../../../src/model/events.js";
import { createCookieBrowser } from "./cookie-browser.js";
import { newKey, startExternal } from "./external-world.js";

// What is done to log-ins that begin in one place and end in another.

const encoded = (key: string) => encodeURIComponent(key);
const kindOf = async (outcome: Promise<{ readonly kind: string }>) => (await outcome).kind;
const isWaiting = (outcome: Promise<unknown>) =>
  Promise.race([outcome.then(() => false), new Promise((turn) => setTimeout(turn, 30, true))]);

test("a link in a mail: a program at another address is not logged in, and its wait is over", async (t) => {
  const world = await startExternal(t);
  world.browserAddress = "198.51.100.7";
  const key = newKey();
  const thief = world.wait(key, world, "192.0.2.1");
  const page = await world.visit(key);
  assert.deepEqual([page.status, /on another machine/.test(page.text)], [403, true]);
  assert.doesNotMatch(page.text, /<form/);
  assert.equal(await kindOf(thief), "denied");
});

for (const [why, waiting, browser] of [
  ["the same address", "192.0.2.1", "192.0.2.1"],
  ["IPv4 in IPv6", "192.0.2.1", "::ffff:192.0.2.1"],
  ["the same /64", "2001:db8::1", "2001:db8::2"],
  ["this machine, whose address says nothing", "127.0.0.1", "192.0.2.1"],
] as const) {
  test(`a program is taken to be where the browser is: ${why}`, async (t) => {
    const world = await startExternal(t);
    world.browserAddress = browser;
    const key = newKey();
    const outcome = world.wait(key, world, waiting);
    await world.browser.submit(await world.visit(key), { answer: "yes" });
    assert.equal(await kindOf(outcome), "opened");
  });
}

test("with sameAddress false the question says where the program is, and which code it shows", async (t) => {
  const world = await startExternal(t, { sameAddress: false });
  world.browserAddress = "198.51.100.7";
  const key = newKey();
  const outcome = world.wait(key, world, "192.0.2.1");
  const question = await world.visit(key);
  assert.match(question.text, /A program at <b>192\.0\.2\.1<\/b>/);
  assert.match(question.text, /<code>[0-9A-Z]{4}-[0-9A-Z]{4}<\/code>/);
  await world.browser.submit(question, { answer: "yes" });
  assert.equal(await kindOf(outcome), "opened");
});

test("log-in CSRF: the end of somebody else's log-in does nothing in another browser", async (t) => {
  const { url, wait, visit, browser } = await startExternal(t);
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key, "mallory");
  const victim = createCookieBrowser();
  assert.match((await victim.open(question.url)).text, /did not begin here/);
  await victim.open(`${url}/login?key=${encoded(newKey())}`);
  assert.match((await victim.open(question.url)).text, /did not begin here/);
  const answered = await victim.submit(question, { answer: "yes" });
  assert.match(answered.text, /did not begin here/);
  assert.ok(await isWaiting(outcome));
  await browser.submit(question, { answer: "no" });
  assert.equal(await kindOf(outcome), "denied");
});

test("a code of another log-in is worth nothing in this one", async (t) => {
  const { wait, visit, browser } = await startExternal(t);
  const [mine, other] = [newKey(), newKey()];
  const outcomes = [wait(mine), wait(other)] as const;
  const theirs = new URL((await visit(other, "mallory")).url);
  const ours = new URL((await visit(mine)).url);
  const swapped = new URL(ours);
  swapped.searchParams.set("code", theirs.searchParams.get("code") ?? "");
  assert.match((await browser.open(swapped.href)).text, /was not confirmed/);
  for (const [name, value] of [
    ["iss", "https://other.example"],
    ["code", ""],
    ["code", "x"],
    ["state", theirs.searchParams.get("state") ?? ""],
  ] as const) {
    const changed = new URL(ours);
    changed.searchParams.set(name, value);
    assert.match((await browser.open(changed.href)).text, /was not confirmed/, name);
  }
  assert.ok((await Promise.all(outcomes.map(isWaiting))).every((waits) => waits));
});

const withOtherStart = (text: string): string => `${text.startsWith("x") ? "y" : "x"}${text.slice(1)}`;

test("state cannot be made, changed, doubled or kept for later", async (t) => {
  let later = 0;
  const platform = { ...systemPlatform, now: () => Date.now() + later };
  const { wait, visit, browser, url } = await startExternal(t, { platform });
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key);
  const state = new URL(question.url).searchParams.get("state") ?? "";
  const parts = state.split(".");
  const changed = [
    ...parts.map((part, index) => parts.map((each, at) => (at === index ? withOtherStart(part) : each)).join(".")),
    `${state}.x`,
    parts.slice(0, -1).join("."),
    `${parts.slice(0, -1).join(".")}.`,
    "",
    "....",
  ];
  for (const value of changed) {
    const address = `${url}/callback?code=x&state=${encoded(value)}`;
    assert.match((await browser.open(address)).text, /did not begin here/, value);
    assert.match((await browser.submit(question, { state: value, answer: "yes" })).text, /did not begin here/, value);
  }
  const twice = `${url}/callback?code=x&state=${encoded(state)}&state=${encoded(state)}`;
  assert.match((await browser.open(twice)).text, /did not begin here/);
  later = 600_000;
  assert.match((await browser.submit(question, { answer: "yes" })).text, /did not begin here/);
  later = 0;
  assert.ok(await isWaiting(outcome));
  await browser.submit(question, { answer: "yes" });
  assert.equal(await kindOf(outcome), "opened");
});

test("the answer of another site, or without an origin, does not count; nor does a second one", async (t) => {
  const { wait, visit, browser } = await startExternal(t);
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key);
  for (const headers of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
  ]) {
    const page = await browser.submit(question, { answer: "yes" }, headers);
    assert.equal(page.status, 403, inspect(headers));
  }
  assert.ok(await isWaiting(outcome));
  await browser.submit(question, { answer: "yes" });
  assert.equal(await kindOf(outcome), "opened");
  assert.match((await browser.submit(question, { answer: "yes" })).text, /No program is waiting/);
});

test("a cookie beside ours, planted by a neighbour, is not believed and neither is ours", async (t) => {
  const { wait, visit, browser, url } = await startExternal(t);
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key);
  browser.setCookie(url, `x=1; sallyport-external=${"A".repeat(43)}`);
  const pair = browser.cookies(url);
  assert.match(pair, /sallyport-external=/);
  const response = await fetch(`${url}/confirm`, {
    method: "POST",
    headers: { cookie: `${pair}; sallyport-external=${"A".repeat(43)}`, origin: new URL(url).origin },
    body: new URLSearchParams({ state: new URL(question.url).searchParams.get("state") ?? "", answer: "yes" }),
  });
  assert.match(await response.text(), /did not begin here/);
  assert.ok(await isWaiting(outcome));
});

test("a page says nothing of what was sent to it, and no cache, frame or script of anybody may have it", async (t) => {
  const { wait, visit, browser, idp, url } = await startExternal(t);
  idp.claims = { name: `<script>alert("1")</script>&'` };
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key);
  assert.match(question.text, /&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/);
  const marked = "reflected-7f3a";
  const others = await Promise.all(
    [
      `/login?key=${marked}`,
      `/callback?code=${marked}&state=${marked}&error=${marked}&error_description=${marked}`,
      `/login?key=${encoded(newKey())}&redirect=https://${marked}.example`,
    ].map((path) => createCookieBrowser().open(url + path)),
  );
  for (const page of [question, ...others.slice(0, 2)]) {
    assert.ok(!page.text.includes(key) && !page.text.includes(marked));
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'/);
    assert.equal(page.headers.get("cache-control"), "no-store");
    assert.equal(page.headers.get("x-frame-options"), "DENY");
    assert.equal(page.headers.get("x-content-type-options"), "nosniff");
    assert.equal(page.headers.get("access-control-allow-origin"), null);
  }
  await browser.submit(question, { answer: "no" });
  await outcome;
});

test("the way to the provider leads there alone, and takes neither the key nor our cookie's secret along", async (t) => {
  const { url, idp } = await startExternal(t);
  const key = newKey();
  const response = await fetch(
    `${url}/login?key=${encoded(key)}&redirect=https://evil.example&issuer=https://evil.example`,
    {
      redirect: "manual",
    },
  );
  assert.equal(response.status, 303);
  const location = new URL(response.headers.get("location") ?? "");
  assert.equal(location.origin, idp.issuer);
  assert.equal(location.searchParams.get("redirect_uri"), `${url}/callback`);
  assert.equal(location.searchParams.get("code_challenge_method"), "S256");
  const cookie = response.headers.get("set-cookie") ?? "";
  const secret = /=([\w-]{43});/.exec(cookie)?.[1] ?? assert.fail(cookie);
  assert.match(cookie, /^sallyport-external=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
  assert.ok(!location.href.includes(secret) && !location.href.includes(encoded(key)));
  assert.equal(response.headers.get("cache-control"), "no-store");
});

test("over https the cookie is one that no neighbour can plant", async (t) => {
  const { idp } = await startExternal(t);
  const login = external({ issuer: idp.issuer, clientId: "gate", url: "https://gate.example/x" });
  const request = { ...{ method: "GET", path: "/login", query: `?key=${encoded(newKey())}`, body: "" } };
  const nothing = { cookie: undefined, origin: undefined, fetchSite: undefined, source: undefined };
  const answer = await login.page({ ...request, ...nothing }, null as never);
  const [, cookie] = answer?.headers.find(([name]) => name === "set-cookie") ?? [];
  assert.match(
    cookie ?? "",
    /^__Host-sallyport-external=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
  );
});

test("nothing at rest logs anybody in: neither key, cookie, code, verifier nor nonce", async (t) => {
  const { wait, visit, browser, kept, url } = await startExternal(t);
  const key = newKey();
  const outcome = wait(key);
  const question = await visit(key);
  const { searchParams } = new URL(question.url);
  await browser.submit(question, { answer: "yes" });
  assert.equal(await kindOf(outcome), "opened");
  const cookie = /sallyport-external=([\w-]+)/.exec(browser.cookies(url))?.[1] ?? assert.fail();
  const secrets = [key, Buffer.from(key, "base64").toString("base64url"), cookie, searchParams.get("code") ?? ""];
  assert.ok(
    kept.some((text) => text.includes("ada")),
    "the result was kept",
  );
  for (const secret of secrets) assert.ok(!kept.some((text) => text.includes(secret)), "a secret was kept");
});

test("no event, denial or warning shows a key", async (t) => {
  const events: AuthEvent[] = [];
  const warnings: string[] = [];
  const { wait, visit, browser, auth } = await startExternal(t, {
    waitMs: 500,
    onWarning: (message) => warnings.push(message),
    toIdentity: () => {
      throw new Error("a fault of the callback");
    },
  });
  const key = newKey();
  const outcome = wait(key);
  const page = await visit(key);
  assert.equal(page.status, 503);
  const seen = inspect([events, warnings, await outcome, await wait(key), auth], { depth: 9, showHidden: true });
  assert.ok(!seen.includes(key) && !seen.includes(browser.cookies(page.url).slice(-43)));
});

test("only its own three pages are its own, by whole paths and by the right method", async (t) => {
  const { url } = await startExternal(t);
  const ask = async (path: string, method = "GET") => (await fetch(url + path, { method })).status;
  for (const path of ["", "/", "/loginx", "/login/", "/login/x", "/Login", "/%6cogin", "/constructor", "x/login"]) {
    assert.equal(await ask(path), 404, path);
  }
  for (const [path, method] of [
    ["/login", "POST"],
    ["/login", "HEAD"],
    ["/callback", "POST"],
    ["/callback", "HEAD"],
    ["/confirm", "GET"],
    ["/confirm", "PUT"],
  ] as const) {
    assert.equal(await ask(path, method), 405, `${method} ${path}`);
  }
});

test("an endless form is cut off", async (t) => {
  const { hostname, port, pathname } = new URL((await startExternal(t)).url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  socket.on("error", () => {});
  socket.write(`POST ${pathname}/confirm HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n`);
  let sent = 0;
  const more = () => {
    sent += 65_536;
    if (socket.writable) socket.write(new Uint8Array(65_536), more);
  };
  more();
  await new Promise((closed) => socket.on("close", closed));
  // A reset may overtake the answer.
  assert.match(answer, /^(HTTP\/1\.1 413 |$)/);
  assert.ok(sent < 50_000_000, `${sent}`);
});
