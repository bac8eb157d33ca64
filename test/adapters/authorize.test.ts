import assert from "node:assert/strict";
import { createServer, get } from "node:http";
import { type TestContext, test } from "node:test";
import express from "express";
import { expressAuth } from "../../src/adapters/express.js";
import type { Authorize } from "../../src/adapters/node/ask-authorize.js";
import type { GuardOptions } from "../../src/adapters/node/guard.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { AuthEvent } from "../../src/model/events.js";
import { memory } from "../../src/stores/memory/memory.js";
import { hangMs } from "../size.js";
import { listen } from "./servers.js";

const events: AuthEvent[] = [];

function createEngine(t: TestContext): Auth {
  const auth = createAuth({
    handlers: [basic({ verify: (subject) => ({ subject, roles: [subject] }) })],
    store: memory(),
    onEvent: (event) => events.push(event),
  });
  t.after(() => auth.close());
  return auth;
}

const as = (user: string, headers: Record<string, string> = {}): RequestInit => ({
  headers: { authorization: `Basic ${btoa(`${user}:x`)}`, ...headers },
});

async function serve(t: TestContext, options: GuardOptions): Promise<string> {
  const listener = nodeAuth(createEngine(t), (_request, response) => response.end("in"), options);
  const server = await listen(createServer(listener));
  t.after(() => server.close());
  return server.origin;
}

/** An answer that JavaScript can give, and the types do not allow. */
const strange = (answer: unknown): Authorize => (() => answer) as unknown as Authorize;

test("authorize sees the caller and the request, and lets in, refuses, or refuses with a message", async (t) => {
  const authorize: Authorize = ({ identity: { subject } }, { method, path, rawHeaders }) => {
    assert.equal(method, "GET");
    assert.ok(rawHeaders.length > 0);
    if (path === "/why") return `This is not for ${subject}.`;
    return subject === "ada" ? path === "/a" : Promise.resolve(path === "/b");
  };
  const origin = await serve(t, { authorize });
  const status = async (path: string, user: string) => (await fetch(origin + path, as(user))).status;
  assert.deepEqual([await status("/a", "ada"), await status("/b", "ada")], [200, 403]);
  assert.deepEqual([await status("/a", "bob"), await status("/b", "bob")], [403, 200]);
  events.length = 0;
  const refused = await fetch(`${origin}/why`, as("ada"));
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get("sallyport-reason"), "not_permitted");
  assert.match(refused.headers.get("authorization") ?? "", /^Bearer sps_/);
  assert.deepEqual(await refused.json(), {
    code: "permission_denied",
    message: "This is not for ada.",
    reason: "not_permitted",
  });
  assert.ok(events.some((event) => event.kind === "refused" && event.reason === "not_permitted"));
  const grpc = await fetch(`${origin}/why`, as("ada", { "content-type": "application/grpc" }));
  assert.deepEqual([grpc.headers.get("grpc-status"), grpc.headers.get("grpc-message")], ["7", "This is not for ada."]);
});

test("authorize fails closed: an error, a rejection, a strange answer and no answer in time are 503", async (t) => {
  const fault = new Error("the database is down");
  const failing: readonly Authorize[] = [
    () => {
      throw fault;
    },
    () => Promise.reject(fault),
    strange(undefined),
    strange(1),
    strange("true".repeat(100)),
    strange(""),
    strange({ allowed: true }),
    strange(Promise.resolve("")),
  ];
  for (const authorize of failing) {
    const origin = await serve(t, { authorize });
    events.length = 0;
    const refused = await fetch(origin, as("ada"));
    assert.equal(refused.status, 503, String(authorize));
    assert.equal(refused.headers.get("sallyport-reason"), "unavailable");
    assert.ok(events.some((event) => event.kind === "callback-failed" && event.callback === "authorize"));
  }
});

test("a reason that was cut in the middle of a character is told, and ends no process", async (t) => {
  const reason = "not for you \u{1f600}".slice(0, -1);
  for (const authorize of [() => reason, () => Promise.resolve(reason)]) {
    const origin = await serve(t, { authorize });
    const { headers } = await fetch(origin, {
      ...as("ada", { "content-type": "application/grpc" }),
      signal: AbortSignal.timeout(hangMs),
    });
    assert.deepEqual([headers.get("grpc-status"), headers.get("grpc-message")], ["7", "not for you %EF%BF%BD"]);
  }
});

test("an answer of authorize after its time does not let the request in", async (t) => {
  let answer: (isAllowed: boolean) => void = () => assert.fail("not asked");
  let handled = 0;
  const listener = nodeAuth(createEngine(t), (_request, response) => void response.end(String(++handled)), {
    authorize: () => new Promise((resolve) => (answer = resolve)),
    authorizeTimeoutMs: 1,
  });
  const server = await listen(createServer(listener));
  t.after(() => server.close());
  assert.equal((await fetch(server.origin, as("ada"))).status, 503);
  answer(true);
  await new Promise(setImmediate);
  assert.equal(handled, 0);
});

test("a client that leaves while authorize is asked has no handler run for it", async (t) => {
  let answer: (isAllowed: boolean) => void = () => assert.fail("not asked");
  let onAsked = (): void => {};
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const authorize = (): Promise<boolean> => {
    onAsked();
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  let handled = 0;
  let hasClosed = false;
  const guarded = nodeAuth(createEngine(t), () => void handled++, { authorize });
  const server = createServer((request, response) => {
    response.on("close", () => {
      hasClosed = true;
    });
    guarded(request, response);
  });
  const { origin, close } = await listen(server);
  t.after(close);
  const leaving = get(origin, as("ada") as { headers: Record<string, string> }).on("error", () => {});
  await asked;
  leaving.destroy();
  while (!hasClosed) await new Promise(setImmediate);
  answer(true);
  await new Promise(setImmediate);
  assert.equal(handled, 0);
});

test("authorize comes after roles and stepUp, and allows no anonymous request", async (t) => {
  let asked = 0;
  const authorize: Authorize = () => {
    asked += 1;
    return true;
  };
  const roles = await serve(t, { authorize, roles: ["admin"], anonymous: true });
  assert.equal((await fetch(roles, as("ada"))).status, 403);
  assert.equal((await fetch(roles)).status, 401);
  const stepUp = await serve(t, { authorize, stepUp: { acrValues: ["gold"] } });
  assert.equal((await fetch(stepUp, as("ada"))).status, 401);
  const alone = await serve(t, { authorize, anonymous: true });
  assert.equal((await fetch(alone)).status, 401);
  assert.equal(asked, 0);
  assert.equal((await fetch(roles, as("admin"))).status, 200);
  assert.equal(asked, 1);
});

test("a guard with authorize may follow one without, and sees the type of identity of its auth", async (t) => {
  const auth = createAuth({
    handlers: [basic({ verify: (subject) => ({ subject, team: subject === "ada" ? "red" : "blue" }) })],
    store: memory(),
  });
  t.after(() => auth.close());
  const app = express();
  app.use(expressAuth(auth));
  app.get("/", (_request, response) => void response.send("all"));
  const red = expressAuth(auth, { authorize: ({ identity }) => identity.team === "red" });
  app.get("/red", red, (_request, response) => void response.send("red"));
  const { origin, close } = await listen(createServer(app));
  t.after(close);
  const seen = async (path: string, user: string) => (await fetch(origin + path, as(user))).status;
  assert.deepEqual([await seen("/", "bob"), await seen("/red", "bob"), await seen("/red", "ada")], [200, 403, 200]);
});

test("a request whose authorize answers at once is handled in the same turn", async (t) => {
  const auth = createEngine(t);
  let turns = 0;
  const listener = nodeAuth(auth, (_request, response) => void response.end(String(turns)), { authorize: () => true });
  const server = createServer((request, response) => {
    turns = 0;
    queueMicrotask(() => {
      turns += 1;
    });
    listener(request, response);
  });
  const { origin, close } = await listen(server);
  t.after(close);
  const first = await fetch(origin, as("ada"));
  const token = first.headers.get("authorization") ?? "";
  await fetch(origin, { headers: { authorization: token } });
  assert.equal(await (await fetch(origin, { headers: { authorization: token } })).text(), "0");
});

test("a wrong time of authorize is refused at the start", (t) => {
  const make = (): unknown => nodeAuth(createEngine(t), () => undefined, { authorizeTimeoutMs: 0 });
  assert.throws(make, /nodeAuth: authorizeTimeoutMs must be a whole number of milliseconds of at least 1, not 0/);
});
