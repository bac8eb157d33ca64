import assert from "node:assert/strict";
import { test } from "node:test";
import { createUpstreamClient, refusedMs } from "../../../../src/gateway/forward/bridge/upstream-client.js";
import type { Exchange, Failure } from "../../../../src/gateway/forward/exchange.js";
import type { Upstream } from "../../../../src/gateway/forward/upstreams.js";
import { createWorld } from "../../../world.js";

/** The client of an upstream that answers all at once with this status and these fields. */
function start(first: number | Failure, firstFields: readonly string[]) {
  let [status, fields] = [first, firstFields];
  const { platform, advance } = createWorld();
  const sent: string[] = [];
  const shares: Pick<Upstream["shares"], "send"> = {
    send(exchange: Exchange, client) {
      sent.push(`${exchange.request.path} for ${client}`);
      if (typeof status === "number") exchange.head(status, fields, true);
      else exchange.fail(status);
    },
  };
  const credential = { wire: "http", scheme: "Key", secret: "s3cret", path: "/me", logOutPath: "/out" } as const;
  const upstream = { config: { name: "app", origin: "http://127.0.0.1:1" }, shares } as Partial<Upstream> as Upstream;
  const told: string[] = [];
  const client = createUpstreamClient({ ...credential, keepAliveMs: 60_000 }, upstream, platform, (text) =>
    told.push(text),
  );
  const answerWith = (...next: [number | Failure, readonly string[]]): void => {
    [status, fields] = next;
  };
  return { client, sent, told, advance, answerWith };
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

const down: Failure = { reason: "upstream_unavailable", code: "ECONNREFUSED" };

for (const [answer, verdict, code] of [
  [down, "failed", "ECONNREFUSED"],
  [500, "failed", "upstream_log_in"],
  [503, "failed", "upstream_log_in"],
  [401, "refused", "credential_refused"],
  [403, "refused", "credential_refused"],
  [404, "done", "no_upstream_token"],
] as const) {
  const name = typeof answer === "number" ? `the status ${answer}` : answer.code;
  test(`${name}: the use of a session is ${verdict}, and a log-in fails with ${code}`, async () => {
    const { client, told } = start(answer, []);
    assert.equal((await client.keepAlive("t")).verdict, verdict);
    await assert.rejects(client.logIn(undefined), (error: { failure?: Failure }) => error.failure?.code === code);
    assert.equal(told.length, verdict === "refused" ? 1 : 0);
  });
}

test("the log says once that the credential is refused, and once that it is taken again", async () => {
  const { client, told, advance, answerWith } = start(401, []);
  for (let count = 0; count < 2; count += 1) {
    await assert.rejects(client.logIn(undefined));
    advance(refusedMs);
  }
  answerWith(200, ["authorization", "Bearer t"]);
  for (let count = 0; count < 2; count += 1) assert.equal(await client.logIn(undefined), "t");
  assert.equal(told.length, 2);
  assert.match(told[0] ?? "", /refused the gateway's own credential \(status 401\)/);
  assert.match(told[1] ?? "", /takes the credential of upstreams.app again/);
});
