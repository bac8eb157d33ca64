import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { parseConfig } from "../../src/gateway/config/parse-config.js";
import { exchange } from "../../src/testing/adapter/client.js";
import { ask, send } from "./raw.js";
import { basicOf, startGateway, valuesOf } from "./running.js";
import { configText, runGateway } from "./running-gateway.js";

const get = (...lines: string[]) =>
  ["GET /open HTTP/1.1", "Host: a.example", "Connection: close", ...lines, "", ""].join("\r\n");

const header = (address: string) => `PROXY TCP4 ${address} 10.0.0.1 51234 443\r\n`;

async function startRelayed(t: TestContext, trustedProxies: readonly string[] = ["127.0.0.1"]) {
  const gateway = await startGateway({ proxyProtocol: true, trustedProxies });
  t.after(() => gateway.close());
  return gateway;
}

test("the upstream learns the client that the header names, and fields of that client do not count", async (t) => {
  const gateway = await startRelayed(t);
  await send(gateway, header("203.0.113.7") + get("X-Forwarded-For: 198.51.100.1", "X-Forwarded-Proto: https"));
  assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-for"), ["203.0.113.7"]);
  assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-proto"), ["http"]);
});

test("where the named client is a trusted proxy itself, its fields count", async (t) => {
  const gateway = await startRelayed(t, ["127.0.0.1", "203.0.113.7"]);
  await send(gateway, header("203.0.113.7") + get("X-Forwarded-For: 198.51.100.1"));
  assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-for"), ["198.51.100.1, 203.0.113.7"]);
});

test("where the header names no client, fields of what follows do not count: they may be any client's", async (t) => {
  const gateway = await startRelayed(t);
  await send(gateway, `PROXY UNKNOWN\r\n${get("X-Forwarded-For: 198.51.100.1")}`);
  assert.deepEqual(valuesOf(gateway.seen[0], "x-forwarded-for"), ["127.0.0.1"]);
});

test("a trusted proxy without a header is refused, and reaches no upstream", async (t) => {
  const gateway = await startRelayed(t);
  assert.equal((await ask(gateway, "/open")).status, 0);
  assert.equal(gateway.seen.length, 0);
});

test("guesses count for the client that the header names; log and events have its address", async (t) => {
  const gateway = await runGateway(t, undefined, (text) =>
    text
      .replace("address: 127.0.0.1:0", "address: 127.0.0.1:0, proxyProtocol: true")
      .concat("trustedProxies: [127.0.0.1]\nthrottle: { sourceBurst: 2, sourceRefill: 1m }\n"),
  );
  const guess = async (from: string, user: string) => {
    const request = get(`Authorization: ${basicOf(user, "wrong")}`).replace("/open", "/");
    return (await exchange(gateway.origin, header(from) + request)).slice(9, 12);
  };
  const first = await Promise.all(["a", "b"].map((user) => guess("203.0.113.7", user)));
  assert.deepEqual([...first, await guess("203.0.113.7", "c")], ["401", "401", "429"]);
  assert.equal(await guess("203.0.113.8", "c"), "401");
  const throttled = gateway.logged.find(({ kind }) => kind === "source-throttled");
  assert.equal(throttled?.source, "203.0.113.7");
  for (const kind of ["request", "refused"]) {
    const peers = gateway.logged.filter((line) => line.kind === kind).map(({ peer }) => peer);
    assert.deepEqual([...new Set(peers)], ["203.0.113.7", "203.0.113.8"], kind);
  }
});

test("proxyProtocol without trustedProxies is refused at its line", async (t) => {
  const gateway = await runGateway(t);
  const text = configText(gateway.upstream.url, "{ match: { path: / }, upstream: app }");
  const insecure = text.replace("address: 127.0.0.1:0", "address: 127.0.0.1:0, proxyProtocol: true");
  const parsed = parseConfig(insecure, { file: gateway.files.config });
  assert.deepEqual(parsed.kind === "faults" && parsed.faults.map(({ line, message }) => [line, message]), [
    [2, "proxyProtocol needs trustedProxies: the proxies whose headers count"],
  ]);
});
