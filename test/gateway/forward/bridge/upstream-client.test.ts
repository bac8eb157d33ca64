import assert from "node:assert/strict";
import { test } from "node:test";
import { createUpstreamClient, refusedMs } from "../../../../src/gateway/forward/bridge/upstream-client.js";
import type { Exchange } from "../../../../src/gateway/forward/exchange.js";
import type { Upstream } from "../../../../src/gateway/forward/upstreams.js";
import { createWorld } from "../../../world.js";

/** The client of an upstream that answers all at once with this status and these fields. */
function start(status: number, fields: readonly string[]) {
  const { platform, advance } = createWorld();
  const sent: string[] = [];
  const shares: Pick<Upstream["shares"], "send"> = {
    send(exchange: Exchange, client) {
      sent.push(`${exchange.request.path} for ${client}`);
      exchange.head(status, fields, true);
    },
  };
  const credential = { wire: "http", scheme: "Key", secret: "s3cret", path: "/me", logOutPath: "/out" } as const;
  const upstream = { config: { name: "app", origin: "http://127.0.0.1:1" }, shares } as Partial<Upstream> as Upstream;
  const told: string[] = [];
  const client = createUpstreamClient({ ...credential, keepAliveMs: 60_000 }, upstream, platform, (text) =>
    told.push(text),
  );
  return { client, sent, told, advance };
}

test("log-ins and uses take a place of the client that has caused them", async () => {
  const { client, sent } = start(200, ["authorization", "Bearer t"]);
  assert.equal(await client.logIn("192.0.2.1"), "t");
  await client.keepAlive("t", "192.0.2.2");
  await client.keepAlive("t");
  client.logOut("t");
  assert.deepEqual(sent, ["/me for 192.0.2.1", "/me for 192.0.2.2", "/me for undefined", "/out for undefined"]);
});

test("after a refusal the credential is tried no more for a while, whichever call was refused", async () => {
  const { client, sent, told, advance } = start(401, []);
  assert.equal(await client.tell(), undefined);
  await assert.rejects(client.logIn("192.0.2.1"), /refused the gateway's own credential/);
  assert.equal(await client.tell(), undefined);
  assert.equal(sent.length, 1);
  assert.equal(told.length, 1);
  assert.ok(!told.join().includes("s3cret"));
  advance(refusedMs);
  await assert.rejects(client.logIn("192.0.2.1"), /refused the gateway's own credential/);
  assert.equal(sent.length, 2);
  assert.equal(told.length, 1);
});

test("a session that was opened for the answer alone is ended", async () => {
  const { client, sent } = start(200, ["authorization", "Bearer t"]);
  assert.deepEqual(await client.tell(), Buffer.alloc(0));
  assert.deepEqual(sent, ["/me for undefined", "/out for undefined"]);
});
