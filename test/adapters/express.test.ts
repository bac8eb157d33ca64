import assert from "node:assert/strict";
import { createServer } from "node:http";
import { it } from "node:test";
import express, { type ErrorRequestHandler, type Express } from "express";
import { expressAuth } from "../../src/adapters/express.js";
import { toAuthRequest } from "../../src/adapters/node/request.js";
import { createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import { listen } from "./servers.js";

async function withServer(app: Express, use: (origin: string) => Promise<void>): Promise<void> {
  const { origin, close } = await listen(createServer(app));
  try {
    await use(origin);
  } finally {
    await close();
  }
}

const users = {
  check: (user: string, password: string) =>
    user === "ada" && password === "pw" ? { subject: user, email: "ada@example.org" } : null,
};

it("the three lines of the design: the type that verify returns is the type that a route sees", async () => {
  const auth = createAuth({
    handlers: [basic({ verify: (user, password) => users.check(user, password) })],
    store: memory(),
  });
  const app = express();
  app.use(expressAuth(auth));
  app.get("/me", (req, res) => {
    // `email` is known to the compiler here.
    const email: string = auth.caller(req).identity.email;
    res.json({ ...auth.caller(req).identity, email });
  });
  await withServer(app, async (origin) => {
    assert.equal((await fetch(`${origin}/me`)).status, 401);
    const headers = { authorization: `Basic ${btoa("ada:pw")}` };
    const first = await fetch(`${origin}/me`, { headers });
    assert.deepEqual(await first.json(), { subject: "ada", email: "ada@example.org" });
    const token = first.headers.get("authorization") ?? "";
    assert.match(token, /^Bearer /);
    assert.equal((await fetch(`${origin}/me`, { headers: { authorization: token } })).status, 200);
    assert.equal((await fetch(`${origin}/me`, { headers: { authorization: `${token}x` } })).status, 401);
  });
  await auth.close();
});

it("a body parser in front is reported, and nothing is served", async () => {
  const app = express();
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json({ code: error.code, message: error.message });
  };
  app.use(express.json(), expressAuth(createScriptedAuth()));
  app.use((_request, response) => void response.send("in"));
  app.use(onError);
  await withServer(app, async (origin) => {
    const init = { method: "POST", headers: { "content-type": "application/json", authorization: "Bearer ada" } };
    const response = await fetch(origin, { ...init, body: "{}" });
    assert.equal(response.status, 500);
    const { code, message } = (await response.json()) as { code: string; message: string };
    assert.equal(code, "body_read_before_auth");
    assert.match(message, /mount express\.json\(\).* after it/);
  });
});

it("under a mount the engine sees the whole path", async () => {
  const auth = createScriptedAuth();
  const app = express();
  app.use("/api", expressAuth(auth), (_request, response) => void response.send("in"));
  await withServer(app, async (origin) => {
    await fetch(`${origin}/api/x?y=1`, { headers: { authorization: "Bearer ada" } });
    assert.equal(auth.asked.at(-1)?.path, "/api/x");
  });
});

it("toAuthRequest in a router gives the whole path, which a DPoP proof names", async () => {
  const router = express.Router();
  router.use((request, response) => void response.json(toAuthRequest(request).path));
  await withServer(express().use("/api", router), async (origin) => {
    assert.equal(await (await fetch(`${origin}/api/session?a=b`)).json(), "/api/session");
  });
});

it("mounted twice, a request is decided about once, and keeps its token", async () => {
  const auth = createScriptedAuth();
  const app = express();
  app.use(expressAuth(auth, { anonymous: true }));
  app.use("/private", expressAuth(auth));
  app.use((_request, response) => void response.send("in"));
  await withServer(app, async (origin) => {
    const answer = await fetch(`${origin}/private`, { headers: { authorization: "Bearer ada.due" } });
    assert.equal(answer.headers.get("authorization"), "Bearer next-ada");
    assert.equal(answer.headers.get("vary"), "Authorization");
    assert.equal(auth.asked.length, 1);
    assert.equal((await fetch(origin)).status, 200);
    assert.equal((await fetch(`${origin}/private`)).status, 401);
  });
});

it("anonymous may depend on the request, and a proxy is trusted by its address only", async () => {
  const auth = createScriptedAuth();
  const app = express();
  const trustProxy = (address: string) => address.endsWith("127.0.0.1");
  app.use(expressAuth(auth, { anonymous: ({ path }) => path === "/open", trustProxy }));
  app.use((_request, response) => void response.send("in"));
  await withServer(app, async (origin) => {
    assert.equal((await fetch(`${origin}/open`)).status, 200);
    assert.equal((await fetch(`${origin}/open/`)).status, 401);
    assert.equal(auth.asked.at(-1)?.peer.trusted, true);
  });
});
