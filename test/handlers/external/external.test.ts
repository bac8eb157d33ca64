import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { external } from "../../../src/handlers/external/external.js";
import { parseExternalKey } from "../../../src/handlers/external/key.js";
import type { Handler } from "../../../src/handlers/handler.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { newKey, startExternal } from "./external-world.js";

test("a client that waits is whoever logged in and said yes in the browser", async (t) => {
  const { wait, visit, browser, idp, auth } = await startExternal(t);
  idp.claims = { name: "Ada Lovelace", groups: ["ops"] };
  const key = newKey();
  const waiting = wait(key);
  const question = await visit(key);
  assert.match(question.text, /A program at <b>192\.0\.2\.1<\/b> waits to be logged in as <b>Ada Lovelace<\/b>/);
  assert.deepEqual(await auth.sessions.list(), [], "nobody is logged in before the answer");
  const done = await browser.submit(question, { answer: "yes" });
  assert.deepEqual([done.status, /You are logged in/.test(done.text)], [200, true]);
  const outcome = await waiting;
  assert.ok(outcome.kind === "opened");
  const identity = { subject: "ada", issuer: idp.issuer, roles: ["ops"], name: "Ada Lovelace" };
  assert.deepEqual(outcome.caller.identity, identity);
  assert.equal(outcome.session.scheme, "external");
});

test("the browser may come first, by a moment", async (t) => {
  const { wait, visit, browser } = await startExternal(t);
  const key = newKey();
  const visited = visit(key);
  await new Promise((turn) => setImmediate(turn));
  const outcome = wait(key);
  await browser.submit(await visited, { answer: "yes" });
  assert.equal((await outcome).kind, "opened");
});

test("client and browser may meet different nodes", async (t) => {
  const world = await startExternal(t);
  const key = newKey();
  const waiting = world.wait(key, world);
  world.addNode();
  await world.browser.submit(await world.visit(key), { answer: "yes" });
  assert.equal((await waiting).kind, "opened");
});

test("log-ins side by side in one browser do not disturb each other", async (t) => {
  const { wait, visit, browser } = await startExternal(t);
  const keys = [newKey(), newKey()] as const;
  const waiting = keys.map((key) => wait(key));
  const first = await visit(keys[0]);
  const second = await visit(keys[1]);
  await browser.submit(first, { answer: "yes" });
  await browser.submit(second, { answer: "no" });
  assert.deepEqual(
    (await Promise.all(waiting)).map((outcome) => outcome.kind),
    ["opened", "denied"],
  );
});

for (const [who, name, answer] of [
  ["says no to the question", "ada", "no"],
  ["says nothing to the question", "ada", undefined],
  ["says no at the provider", "nobody", undefined],
] as const) {
  test(`a person who ${who} ends the wait at once, and nobody is logged in`, async (t) => {
    const { wait, visit, browser, auth } = await startExternal(t);
    const key = newKey();
    const waiting = wait(key);
    const page = await visit(key, name);
    const last = name === "nobody" ? page : await browser.submit(page, answer ? { answer } : {});
    assert.match(last.text, /The program was not logged in/);
    const outcome = await waiting;
    assert.ok(outcome.kind === "denied");
    assert.equal(outcome.reason, "invalid_credentials");
    assert.deepEqual(await auth.sessions.list(), []);
  });
}

test("an account that may not come in ends the wait, and is told so", async (t) => {
  const { wait, visit } = await startExternal(t, { toIdentity: () => null });
  const key = newKey();
  const waiting = wait(key);
  const page = await visit(key);
  assert.deepEqual([page.status, /may not log in here/.test(page.text)], [403, true]);
  assert.equal((await waiting).kind, "denied");
});

test("acr and auth_time of the ID token are the session's", async (t) => {
  const { wait, visit, browser } = await startExternal(t, { parameters: { max_age: "600" } });
  const key = newKey();
  const waiting = wait(key);
  await browser.submit(await visit(key), { answer: "yes" });
  const outcome = await waiting;
  assert.ok(outcome.kind === "opened");
  assert.ok(Math.abs(Date.now() - (outcome.caller.authenticatedAt ?? 0)) < 10_000);
});

test("a key is good for one wait, whatever became of it", async (t) => {
  const { wait, visit, browser } = await startExternal(t);
  const key = newKey();
  const waiting = wait(key);
  const second = await wait(key);
  assert.ok(second.kind === "denied");
  assert.equal(second.reason, "invalid_credentials");
  await browser.submit(await visit(key), { answer: "yes" });
  assert.equal((await waiting).kind, "opened", "the first goes on");
  assert.equal((await wait(key)).kind, "denied");
});

test("who waits for nobody is refused when the time is up", async (t) => {
  const { wait } = await startExternal(t, { waitMs: 30 });
  const outcome = await wait(newKey());
  assert.ok(outcome.kind === "denied");
  assert.deepEqual([outcome.code, outcome.reason], ["unauthenticated", "invalid_credentials"]);
});

test("few wait at a time, fewer of one address, and there is room again when one has left", async (t) => {
  const { auth } = await startExternal(t, { maxWaiting: 3, maxWaitingPerSource: 2, waitMs: 60_000 });
  const callers: AbortController[] = [];
  const join = async (address: string) => {
    const caller = new AbortController();
    callers.push(caller);
    const context = { peer: { address, trusted: false }, target: { method: "POST", path: "/" }, signal: caller.signal };
    const outcome = auth.logIn({ scheme: "External", payload: Buffer.from(newKey()) }, context);
    const soon = new Promise<"waits">((turn) => setTimeout(turn, 20, "waits"));
    return Promise.race([outcome.then((settled) => (settled.kind === "denied" ? settled.reason : settled.kind)), soon]);
  };
  assert.equal(await join("192.0.2.1"), "waits");
  assert.equal(await join("192.0.2.1"), "waits");
  assert.equal(await join("192.0.2.1"), "unavailable");
  assert.equal(await join("192.0.2.2"), "waits");
  assert.equal(await join("192.0.2.3"), "unavailable");
  callers[0]?.abort();
  await new Promise((turn) => setTimeout(turn, 20));
  assert.equal(await join("192.0.2.1"), "waits");
  for (const caller of callers) caller.abort();
});

test("what is no key is refused at once, and asks nobody", async (t) => {
  const { wait, browser, url } = await startExternal(t);
  const key = newKey();
  for (const bad of ["", "x", key.slice(1), `${key}A`, ` ${key.slice(1)}`, key.replace(/.$/, "="), "é".repeat(64)]) {
    assert.equal((await wait(bad)).kind, "denied");
    const page = await browser.open(`${url}/login?key=${encodeURIComponent(bad)}`);
    assert.deepEqual([page.status, page.visited.length], [400, 1], bad);
  }
  const encoded = encodeURIComponent(key);
  for (const query of ["", `?kex=${encoded}`, `?key=${encoded}&key=${encoded}`]) {
    assert.equal((await browser.open(`${url}/login${query}`)).status, 400, query);
  }
});

test("while the store cannot answer, client and browser are told to try again, and nobody is refused", async (t) => {
  const world = await startExternal(t);
  world.storeIsDown = true;
  const early = await world.wait(newKey());
  assert.ok(early.kind === "denied");
  assert.deepEqual([early.code, early.reason], ["unavailable", "unavailable"]);
  world.storeIsDown = false;
  const key = newKey();
  const waiting = world.wait(key);
  const question = await world.visit(key);
  world.storeIsDown = true;
  const answered = await world.browser.submit(question, { answer: "yes" });
  assert.deepEqual([answered.status, /cannot be checked now/.test(answered.text)], [503, true]);
  const outcome = await waiting;
  assert.ok(outcome.kind === "denied");
  assert.equal(outcome.code, "unavailable");
});

test("a provider that cannot be reached is 503 on the page, and then works", async (t) => {
  const { browser, url } = await startExternal(t, { issuer: "http://127.0.0.1:1" });
  const page = await browser.open(`${url}/login?key=${encodeURIComponent(newKey())}`);
  assert.deepEqual([page.status, /cannot be checked now/.test(page.text)], [503, true]);
});

test("a secret that the provider does not know is said to the operator, without it", async (t) => {
  const warnings: string[] = [];
  const clientSecret = "another-secret-0123456789";
  const { visit, wait } = await startExternal(t, {
    clientSecret,
    onWarning: (message) => warnings.push(message),
    waitMs: 200,
  });
  const key = newKey();
  const waiting = wait(key);
  const page = await visit(key);
  assert.deepEqual([page.status, /was not confirmed/.test(page.text)], [400, true]);
  assert.deepEqual(warnings, ["external: the provider's answer was refused: invalid_client"]);
  assert.equal((await waiting).kind, "denied");
});

const good = {
  ...{ issuer: "https://idp.example", clientId: "gate", url: "https://gate.example/external" },
  clientSecret: "a secret that is shown nowhere",
};
const broken: readonly [why: string, options: Record<string, unknown>, message: RegExp][] = [
  ["no issuer", { issuer: undefined }, /issuer must be https/],
  ["no client", { clientId: "" }, /needs clientId/],
  ["pages over plain http", { url: "http://gate.example/external" }, /external: url must be https/],
  ["pages with a query", { url: "https://gate.example/external?x" }, /scheme, host and path alone/],
  ["a scope without openid", { scope: "profile" }, /must contain "openid"/],
  [
    "a wait that the engine cuts",
    { waitMs: 590_001 },
    /waitMs must be a whole number of milliseconds from 1 to 590000/,
  ],
  ["room for nobody", { maxWaiting: 0 }, /maxWaiting must be/],
  ["a table without a claim", { groupRoles: { a: ["b"] } }, /groupRoles needs rolesClaim/],
];
for (const [why, options, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => external({ ...good, ...options } as never), { code: "invalid_options", message });
  });
}

test("it opens a session, is not advertised, and does not show its secret", () => {
  const handler = external(good);
  assert.deepEqual([handler.scheme, handler.opens, handler.timeoutMs], ["External", "session", 250_000]);
  assert.equal(handler.challenge?.("x"), undefined);
  assert.equal(handler.url, "https://gate.example/external");
  assert.ok(!inspect(handler, { depth: 9, showHidden: true }).includes(good.clientSecret));
});

// The suite presents text of a header, and this handler only waits: each of its calls finds what a browser has left for
// one key.
const suiteKey = newKey();
const result = JSON.stringify({ kind: "accepted", identity: { subject: "ada" } });
describeHandler("external", {
  create: () => asHeader(external({ ...good, waitMs: 5 })),
  good: [{ payload: suiteKey, subject: "ada" }],
  bad: ["", "x", newKey(), `${suiteKey} `, suiteKey.slice(1)],
  stalled: { create: () => asHeader(external(good)), payload: newKey() },
});

function asHeader(handler: Handler): Handler {
  const name = `result ${parseExternalKey(suiteKey)?.name}`;
  return {
    ...handler,
    fromHeader(payload, context) {
      const { proofs } = context;
      const take = (asked: string) => (asked === name ? result : proofs.take(asked));
      const given = { ...context, proofs: { ...proofs, take } };
      return handler.fromHandshake?.(Buffer.from(payload), given) ?? assert.fail();
    },
  };
}
