import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { listen } from "../../adapters/servers.js";
import { route } from "../fixtures.js";
import { startGateway } from "../running.js";
import { type AppSaw, managed, type ProxyRecipe, send, startApp, startProxy } from "./start-proxy.js";

/** What servers that hand fields on as variables, or as metadata, take for one of ours, and what other proxies set. */
const forged = [
  ...managed.flatMap((name) => [name.replaceAll("-", "_"), name.replace("-", "_"), name.replaceAll("-", ".")]),
  ...managed.map((name) => `grpc-metadata-${name}`),
  ...["grpc-metadata-authorization", "x!sallyport!subject", "x_real_ip", "x_forwarded_user", "client_cert"],
  ...["for", "host", "proto", "port", "ssl", "server", "user", "groups", "email", "preferred-username"].map(
    (name) => `x-forwarded-${name}`,
  ),
  ...["x-forwarded-access-token", "x-forwarded-client-cert", "x-real-ip", "forwarded"],
];

/** Nothing by which a client names a caller, a host or another protocol reaches the application. */
export async function forgeThroughProxy(t: TestContext, recipe: ProxyRecipe): Promise<void> {
  const app = await startApp(t);
  const gateway = await startGateway({
    routes: [route({ host: "public.example" }, { anonymous: true, upstream: "" }), route({}, { upstream: "" })],
    trustedProxies: ["127.0.0.1/32"],
    services: { ...noServices, forwardAuth: { path: "/auth" } },
  });
  t.after(() => gateway.close());
  const port = await startProxy(t, recipe, { gateway: Number(new URL(gateway.http1).port), app: app.port });

  async function play(...lines: string[]): Promise<AppSaw | undefined> {
    app.saw.length = 0;
    await send(port, ["GET /orders HTTP/1.1", `Authorization: ${gateway.bearer}`, ...lines]);
    return app.saw[0];
  }

  const plain = await play();
  assert.equal(plain?.caller["x-sallyport-subject"], "ada");
  const told = await play(...forged.map((name) => `${name}: forged`));
  assert.deepEqual(told?.caller, plain?.caller);
  assert.doesNotMatch(String(told?.raw), /forged/);

  const named = ["close", ...managed, "x-forwarded-for"].join(", ");
  const left = await play(`Connection: ${named}`);
  assert.deepEqual(left?.caller, plain?.caller, "Connection takes none of ours out");
  assert.doesNotMatch(
    String(left?.raw),
    /,"x-sallyport-actor,|, ?x-sallyport-/i,
    "nor has the next server take it out",
  );

  // Behind an upgrade nothing is asked: an application that takes h2c would answer whatever the client asks then.
  const h2c = await play("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");
  assert.doesNotMatch(String(h2c?.raw), /h2c|http2-settings/i);

  app.saw.length = 0;
  for (const host of ["app.example,public.example", "public.example,app.example"]) {
    const { status } = await send(port, ["GET /orders HTTP/1.1"], "", host);
    assert.ok(status >= 400, `${host}: ${status}`);
  }
  assert.equal(app.saw.length, 0, "no other host than the application's is judged");
}

/** The question has no field by which a trusted proxy tells the gateway of its client, but those that the proxy itself sets. */
export async function forgeQuestion(t: TestContext, recipe: ProxyRecipe): Promise<void> {
  const app = await startApp(t);
  const asked: string[] = [];
  const service = await listen(
    createServer(({ rawHeaders }, response) => {
      asked.push(JSON.stringify(rawHeaders));
      response.writeHead(401, { "content-length": 0 }).end();
    }),
  );
  t.after(() => service.close());
  const port = await startProxy(t, recipe, { gateway: Number(new URL(service.origin).port), app: app.port });
  const fields = ["client-cert", "client-cert-chain", "x-forwarded-client-cert", "forwarded", "x-forwarded-for"];
  const targets = ["x-forwarded-method", "x-forwarded-uri", "x-forwarded-host", "x-original-method", "x-original-uri"];
  const forgedFields = [...fields, ...targets, "x-original-url", "x-forwarded-proto", "x-request-id"];
  const { status } = await send(port, ["GET /orders HTTP/1.1", ...forgedFields.map((name) => `${name}: forged`)]);
  assert.equal(status, 401);
  assert.ok(asked.length > 0);
  assert.doesNotMatch(asked.join(), /forged/);
  assert.equal(app.saw.length, 0);
}
