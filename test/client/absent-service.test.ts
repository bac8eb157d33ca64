import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import express from "express";
import { connectAuth } from "../../src/adapters/connect.js";
import { expressAuth } from "../../src/adapters/express.js";
import { createH2cServer } from "../../src/adapters/node/h2c-server.js";
import { AuthClient } from "../../src/client/auth-client.js";
import { AuthenticationFailedError } from "../../src/client/bearer/authentication-failed-error.js";
import type { TransportOptions } from "../../src/client/bearer/open-transport.js";
import { type Auth, createAuth } from "../../src/engine/auth.js";
import { basic } from "../../src/handlers/password/basic.js";
import { authRoutes } from "../../src/services/auth/auth-service.js";
import { enterpriseRoutes } from "../../src/services/enterprise/deephaven-enterprise.js";
import { memory } from "../../src/stores/memory/memory.js";
import { listen } from "../adapters/servers.js";

function createEngine(t: TestContext): Auth {
  const verify = (subject: string, password: string) => password === "right" && { subject };
  const auth = createAuth({ handlers: [basic({ verify })], store: memory() });
  t.after(() => auth.close());
  return auth;
}

const told = "this server does not serve sallyport.v1.AuthService: add authRoutes(auth)";

async function requireTold(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof ConnectError && !(error instanceof AuthenticationFailedError), String(error));
    assert.deepEqual([error.code, error.rawMessage], [Code.Unimplemented, told]);
    return true;
  });
}

test("a server without the log-in RPCs is told as that, and never as a wrong password", async (t) => {
  const auth = createEngine(t);
  const guarded = express().use(expressAuth(auth));
  const open = express();
  const page = express().use((_request, response) => void response.type("html").send("<!doctype html>"));
  for (const app of [guarded, open, page]) {
    const { origin, close } = await listen(createServer(app));
    t.after(close);
    const client = new AuthClient({ baseUrl: origin });
    await requireTold(client.password("ada", "right"));
    await client.close();
  }
});

test("over gRPC, too: by a router without the service, behind a guard", async (t) => {
  const auth = createEngine(t);
  const server = await listen(createH2cServer(connectAuth(auth, connectNodeAdapter, { routes() {} })));
  t.after(() => server.close());
  const transport = (options: TransportOptions) => createGrpcTransport(options);
  const client = new AuthClient({ baseUrl: server.origin, transport });
  await requireTold(client.password("ada", "right"));
  const enterprise = new AuthClient({ baseUrl: server.origin, protocol: "deephaven-enterprise" });
  await assert.rejects(enterprise.password("ada", "right"), /does not serve .*AuthApi: add enterpriseRoutes\(auth\)/);
  await enterprise.close();
});

test("the server and the client of the README fit together", async (t) => {
  const auth = createEngine(t);
  const app = express();
  app.use(connectAuth(auth, connectNodeAdapter, { routes: authRoutes(auth) }));
  app.use(expressAuth(auth));
  app.get("/me", (request, response) => void response.json(auth.caller(request).identity));
  const { origin, close } = await listen(createServer(app));
  t.after(close);
  const client = new AuthClient({ baseUrl: origin });
  await assert.rejects(client.password("ada", "wrong"), (error) => error instanceof AuthenticationFailedError);
  await client.password("ada", "right");
  assert.deepEqual(await (await client.fetch("/me")).json(), { subject: "ada" });
  await client.close();
});

test("closing against a server that has stopped is Unavailable, on every wire", async (t) => {
  const auth = createEngine(t);
  const routes = (router: ConnectRouter) => {
    authRoutes(auth)(router);
    enterpriseRoutes(auth)(router);
  };
  const { origin, close } = await listen(createH2cServer(connectAuth(auth, connectNodeAdapter, { routes })));
  const common = { baseUrl: origin, keepAliveMs: 0 };
  const clients = [
    new AuthClient(common),
    new AuthClient({ ...common, transport: (options) => createGrpcTransport(options) }),
    new AuthClient({ ...common, protocol: "deephaven-enterprise" }),
  ];
  for (const client of clients) await client.password("ada", "right");
  await close();
  for (const client of clients) await assert.rejects(client.close(), { code: Code.Unavailable });
});

test("a URL that no call could go to is refused at once", () => {
  for (const baseUrl of ["", "ftp://files.example", "api.example.com", "/relative"]) {
    assert.throws(() => new AuthClient({ baseUrl }), {
      code: Code.InvalidArgument,
      rawMessage: "baseUrl must be a URL such as https://api.example.com",
    });
  }
});
