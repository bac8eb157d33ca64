import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { runCli } from "../cli/run-cli.js";
import { adaPassword } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const routes = "{ match: { path: / }, roles: [user], upstream: app }";

async function start(t: Parameters<typeof runGateway>[0], throttle: string) {
  const gateway = await runGateway(t);
  const text = configText(gateway.upstream.url, routes);
  gateway.configure(`${text}trustedProxies: [127.0.0.1]\nthrottle: ${throttle}\n`);
  gateway.reload();
  const get = (authorization: string, from: string) =>
    fetch(`${gateway.origin}/`, { headers: { authorization, "x-forwarded-for": from } });
  const told = (kind: string) => gateway.logged.filter((line) => line.kind === kind);
  return { ...gateway, get, told };
}

const wrong = (user: string) => `Basic ${Buffer.from(`${user}:wrong`).toString("base64")}`;

test("a source behind a trusted proxy gets 429 in its own protocol; another one gets in", async (t) => {
  const { get, origin, told } = await start(t, "{ sourceBurst: 3, sourceRefill: 1m }");
  const from = "192.0.2.1";
  for (const user of ["a", "b", "c"]) assert.equal((await get(wrong(user), from)).status, 401);
  const refused = await get(asAda, from);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "60");
  assert.equal(refused.headers.get("sallyport-reason"), "throttled");
  assert.equal(refused.headers.get("www-authenticate"), null);
  assert.deepEqual(await refused.json(), {
    code: "resource_exhausted",
    message: "Too many log-ins have failed. Try again later.",
    reason: "throttled",
  });
  for (const transport of [
    createConnectTransport({ httpVersion: "1.1", baseUrl: origin }),
    createGrpcTransport({ baseUrl: origin }),
  ]) {
    const client = createClient(AuthService, transport);
    const proof = { case: "password", value: { user: "ada", password: adaPassword } } as const;
    const call = client.logIn({ proof }, { headers: { "x-forwarded-for": from } });
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, Code.ResourceExhausted);
      assert.equal(error.metadata.get("retry-after"), "60");
      return true;
    });
    const { token } = await client.logIn({ proof }, { headers: { "x-forwarded-for": "192.0.2.2" } });
    assert.equal((await get(`Bearer ${token}`, from)).status, 200, "a token from there");
  }
  assert.deepEqual(
    told("source-throttled").map(({ source, level }) => [source, level]),
    [[from, 30]],
  );
});

test("a stopped account is an alarm in the log, and an operator resets it beside the running gateway", async (t) => {
  const { get, told, files } = await start(
    t,
    "{ freeFailures: 1, maxFailures: 2, firstDelay: 1ms, longestDelay: 1ms }",
  );
  for (const [index, spelling] of ["ada", "ADA"].entries()) {
    assert.equal((await get(wrong(spelling), `192.0.2.${index}`)).status, 401);
  }
  assert.equal((await get(asAda, "192.0.2.7")).status, 401);
  assert.deepEqual(
    told("account-stopped").map(({ account, failures, level }) => [account, failures, level]),
    [["ada", 2, 40]],
  );
  const reset = (...words: string[]) => runCli(["throttle", "reset", ...words, "--config", files.config]);
  assert.equal((await reset("--account", "Ada", "--json")).out, '{"reset":true}\n');
  assert.equal((await get(asAda, "192.0.2.7")).status, 200);
  assert.deepEqual(await reset("--account", "Ada"), { code: 0, out: "Ada had no failures\n", err: "" });
});

test("a gateway with the throttle off counts nothing", async (t) => {
  const { get } = await start(t, "{ off: true, freeFailures: 0, maxFailures: 1 }");
  assert.equal((await get(wrong("ada"), "192.0.2.1")).status, 401);
  assert.equal((await get(asAda, "192.0.2.1")).status, 200);
});
