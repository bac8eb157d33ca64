import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import express from "express";
import { expressAuth } from "../../src/adapters/express.js";
import type { GuardOptions } from "../../src/adapters/node/guard.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { toDenialResponse } from "../../src/adapters/node/reject.js";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import type { Handler } from "../../src/handlers/handler.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { AuthEvent } from "../../src/model/events.js";
import { memory } from "../../src/stores/memory/memory.js";
import { listen } from "./servers.js";

const events: AuthEvent[] = [];

/** The password is the list of scopes. */
function toScoped(handler: Handler): Handler {
  return {
    ...handler,
    async fromHeader(payload, context) {
      const verdict = await handler.fromHeader?.(payload, context);
      assert.ok(verdict?.kind === "accepted");
      return {
        ...verdict,
        scopes: atob(payload)
          .replace(/^[^:]*:/, "")
          .split(" "),
      };
    },
  };
}

function createEngine(t: TestContext): Auth {
  const auth = createAuth({
    handlers: [toScoped(basic({ verify: (subject) => ({ subject, roles: [subject] }) }))],
    store: memory(),
    realm: "example",
    onEvent: (event) => events.push(event),
  });
  t.after(() => auth.close());
  return auth;
}

const as = (user: string, scopes = "x"): RequestInit => ({
  headers: { authorization: `Basic ${btoa(`${user}:${scopes}`)}` },
});

async function serve(t: TestContext, options: GuardOptions): Promise<string> {
  const server = await listen(
    createServer(nodeAuth(createEngine(t), (_request, response) => response.end("in"), options)),
  );
  t.after(() => server.close());
  return server.origin;
}

test("a guard with roles lets in callers with one of them, and no anonymous request", async (t) => {
  const origin = await serve(t, { roles: ["admin", "operator"], anonymous: true });
  assert.equal((await fetch(origin, as("operator"))).status, 200);
  assert.equal((await fetch(origin)).status, 401);
  events.length = 0;
  const refused = await fetch(origin, as("guest"));
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get("sallyport-reason"), "not_permitted");
  assert.equal(refused.headers.get("www-authenticate"), null);
  // The caller logged in, and keeps the session.
  assert.match(refused.headers.get("authorization") ?? "", /^Bearer sps_/);
  assert.ok(events.some((event) => event.kind === "refused" && event.reason === "not_permitted"));
});

test("a guard with scopes lets in callers with all of them, and no anonymous request", async (t) => {
  const origin = await serve(t, { scopes: ["orders:read", "orders:write"], anonymous: true });
  assert.equal((await fetch(origin, as("ada", "orders:write other orders:read"))).status, 200);
  assert.equal((await fetch(origin)).status, 401);
  const refused = await fetch(origin, as("ada", "orders:read"));
  assert.equal(refused.status, 403);
  assert.equal(
    refused.headers.get("www-authenticate"),
    'Bearer realm="example", error="insufficient_scope", error_description="The token was not granted for this.", ' +
      'scope="orders:read orders:write"',
  );
});

test("a guard may follow one that asks less", async (t) => {
  const auth = createEngine(t);
  const app = express();
  app.use(expressAuth(auth));
  app.get("/", (request, response) => void response.send(auth.caller(request).identity.subject));
  app.get("/orders", expressAuth(auth, { scopes: ["orders"] }), (_request, response) => void response.send("orders"));
  app.get("/admin", expressAuth(auth, { roles: ["admin"] }), (_request, response) => void response.send("admin"));
  const { origin, close } = await listen(createServer(app));
  t.after(close);
  const seen = async (path: string, init: RequestInit) => (await fetch(origin + path, init)).status;
  assert.deepEqual(await Promise.all(["/", "/orders", "/admin"].map((path) => seen(path, as("ada")))), [200, 403, 403]);
  assert.equal(await seen("/orders", as("ada", "orders")), 200);
  assert.equal(await seen("/admin", as("admin")), 200);
});

test("a caller without the scopes gets the challenge of RFC 6750, in every protocol", async (t) => {
  const auth = createEngine(t);
  const caller = { identity: { subject: "ada" }, scopes: ["b"], scheme: "bearer" };
  const denial = auth.askForMore(caller, { scopes: ["a", "b"] }, { rawHeaders: [] });
  assert.ok(denial !== undefined);
  const challenge = /Bearer realm="example", error="insufficient_scope", .*scope="a b"/;
  const [http = "", connect = "", grpc = "", web = "", stream = ""] = [
    "application/json",
    "application/proto",
    "application/grpc",
    "application/grpc-web+proto",
    "application/connect+json",
  ].map((type) => {
    const { status, headers, body } = toDenialResponse(denial, { method: "POST", rawHeaders: ["content-type", type] });
    return `${status} ${headers.map(([name, value]) => `${name}: ${value}`).join("\n")}\n${Buffer.from(body)}`;
  });
  for (const text of [http, connect]) assert.match(text, /^403 /);
  for (const text of [grpc, web]) assert.match(text, /^200 [\s\S]*grpc-status: 7/);
  for (const text of [http, connect, grpc, web]) assert.match(text, challenge);
  assert.match(stream, /"permission_denied"[\s\S]*insufficient_scope[\s\S]*scope=\\"a b\\"/);
  assert.equal(auth.askForMore(caller, { scopes: ["b"] }, { rawHeaders: [] }), undefined);
  // The token of a session that is bound to a key is presented by another scheme.
  const bound = auth.askForMore({ ...caller, scheme: "dpop" }, { scopes: ["a"] }, { rawHeaders: [] });
  assert.match(bound?.challenges.join() ?? "", /^DPoP .*error="insufficient_scope".*scope="a"$/);
});
