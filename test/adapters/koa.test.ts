import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import Koa from "koa";
import { koaAuth } from "../../src/adapters/koa.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { AuthError } from "../../src/base/errors.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import { listen } from "./servers.js";

const auth = createScriptedAuth();
const authorization = "Bearer ada.due";

function createApp(): Koa {
  const app = new Koa();
  app.silent = true;
  return app;
}

for (const [name, parse] of [
  ["on Koa's request", (ctx: Koa.Context) => Object.assign(ctx.request, { body: {} })],
  ["on Node's request", (ctx: Koa.Context) => Object.assign(ctx.req, { body: {} })],
  ["nowhere, but has read", (ctx: Koa.Context) => once(ctx.req.resume(), "end")],
] as const) {
  test(`a body parser in front that leaves the body ${name} is a fault, and no route runs`, async (t) => {
    const app = createApp();
    const errors: unknown[] = [];
    app.on("error", (error) => errors.push(error));
    app.use(async (ctx, next) => {
      await parse(ctx);
      await next();
    });
    app.use(koaAuth(auth));
    app.use(() => assert.fail("a route ran"));
    const server = await listen(createServer(app.callback()));
    t.after(() => server.close());

    const { status } = await fetch(server.origin, { method: "POST", body: "{}", headers: { authorization } });
    assert.equal(status, 500);
    const [error] = errors;
    assert.ok(error instanceof AuthError);
    assert.equal(error.code, "body_read_before_auth");
    assert.match(error.message, /mount .* body parsers after it/);
  });
}

test("the caller is found by the context and by Node's request, behind another door of the same auth too", async (t) => {
  const app = createApp();
  app.use(koaAuth(auth));
  app.use((ctx) => {
    ctx.body = [auth.caller(ctx), auth.caller(ctx.req)].map(({ identity }) => identity.subject).join();
  });
  const listener = app.callback();
  for (const guarded of [listener, nodeAuth(auth, listener)]) {
    const server = await listen(createServer(guarded));
    t.after(() => server.close());
    assert.equal(await (await fetch(server.origin, { headers: { authorization } })).text(), "ada,ada");
  }
});

test("the path is the one received, where a router in front has rewritten it", async (t) => {
  const app = createApp();
  app.use((ctx, next) => {
    ctx.url = "/rewritten";
    return next();
  });
  app.use(koaAuth(auth));
  const server = await listen(createServer(app.callback()));
  t.after(() => server.close());
  await fetch(`${server.origin}/received?q=1`);
  assert.equal(auth.asked.at(-1)?.path, "/received");
});

test("middleware in front goes on behind a denial, and cannot change it", async (t) => {
  const app = createApp();
  app.use(async (ctx, next) => {
    await next();
    ctx.set("X-Late", "1");
    ctx.body = "secret";
  });
  app.use(koaAuth(auth));
  const server = await listen(createServer(app.callback()));
  t.after(() => server.close());
  for (const refused of ["Bearer superseded", "Basic x.slow"]) {
    const response = await fetch(server.origin, { headers: { authorization: refused } });
    assert.equal(response.status, 401);
    assert.doesNotMatch(await response.text(), /secret/);
  }
});

test("middleware in front goes on when the client leaves before the decision, and no route runs", async (t) => {
  const app = createApp();
  const wentOn = new Promise<boolean | undefined>((resolve, reject) => {
    app.use(async (ctx, next) => {
      const decided = next();
      ctx.res.destroy();
      await decided.catch(reject);
      resolve(ctx.respond);
    });
  });
  app.use(koaAuth(auth));
  app.use(() => assert.fail("a route ran"));
  const server = await listen(createServer(app.callback()));
  t.after(() => server.close());
  await assert.rejects(fetch(server.origin, { headers: { authorization: "Bearer ada.slow" } }));
  assert.equal(await wentOn, false);
});
