import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import type { TestContext } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { sized } from "../../size.js";
import { createWorld } from "../../world.js";
import { route } from "../fixtures.js";
import { basicOf, startGateway } from "../running.js";
import { type ProxyRecipe, startApp, startProxy } from "./start-proxy.js";

const rotateAfterMs = 300_000;

/** A client behind a proxy that asks calls through kept connections and follows its token: none of its calls is refused. */
export async function followThroughProxy(t: TestContext, recipe: ProxyRecipe): Promise<void> {
  const world = createWorld();
  const auth = createAuth({
    handlers: [basic({ verify: (subject, password) => password === "pw" && { subject } })],
    store: memory({ platform: world.platform }),
    keys: randomKeys(),
    rotateAfterMs,
    absoluteMs: 7 * 24 * 3_600_000,
    platform: world.platform,
  });
  const app = await startApp(t);
  const gateway = await startGateway({
    auth,
    routes: [route({}, { upstream: "" })],
    trustedProxies: ["127.0.0.1/32"],
    services: { ...noServices, forwardAuth: { path: "/auth" } },
  });
  t.after(() => gateway.close());
  const port = await startProxy(t, recipe, { gateway: Number(new URL(gateway.http1).port), app: app.port });
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  t.after(() => agent.destroy());
  let token = basicOf("ada", "pw");
  const seen = new Set<string>();
  const statuses = new Map<number, number>();

  const call = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const headers = { authorization: token, host: "app.example" };
      const method = index % 3 === 0 ? "POST" : "GET";
      request({ port, agent, method, path: `/${index}`, headers }, (response) => {
        const { statusCode = 0, headers: got } = response;
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
        if (got.authorization !== undefined) {
          token = got.authorization;
          seen.add(token);
        }
        response.resume().on("end", resolve).on("error", reject);
      })
        .on("error", reject)
        .end(method === "POST" ? "body" : undefined);
    });

  await call(0);
  const calls = sized(200, 3_000);
  for (let index = 1; index < calls; index += 4) {
    await Promise.all([0, 1, 2, 3].map((beside) => call(index + beside)));
    if (index % 20 === 1) world.advance(rotateAfterMs);
  }
  assert.deepEqual([...statuses.keys()], [200]);
  assert.ok(seen.size > calls / 25, `${seen.size} tokens`);
  assert.ok(app.saw.every(({ caller }) => caller["x-sallyport-subject"] === "ada"));
}
