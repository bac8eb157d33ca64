import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { type TestContext, test } from "node:test";
import { AuthClient } from "../../../src/client/auth-client.js";
import { loadConfig } from "../../../src/gateway/config/parse-config.js";
import { createLog } from "../../../src/gateway/observe/log.js";
import { createMetrics } from "../../../src/gateway/observe/metrics.js";
import { startGateway } from "../../../src/gateway/run/gateway.js";
import { hashPassword } from "../../../src/handlers/password/hash.js";
import { gatewayFiles } from "../gateway-files.js";
import { rawClient } from "../listen/listeners-world.js";
import { configText, echoUpstream } from "../running-gateway.js";

const password = `correct-${randomBytes(9).toString("hex")}`;
const wrongPassword = `wrong-${randomBytes(9).toString("hex")}`;
const basicOf = (word: string) => `Basic ${Buffer.from(`ada:${word}`).toString("base64")}`;
const traceId = randomBytes(16).toString("hex");

async function start(t: TestContext, level: "debug" | "info" = "debug") {
  const files = await gatewayFiles(t);
  files.write("users.yaml", `ada:${await hashPassword(password)}:user\n`);
  const upstream = await echoUpstream(t);
  const routes =
    "{ match: { path: / }, roles: [user], upstream: app }, { match: { path: /gone }, anonymous: true, upstream: gone }, " +
    "{ match: { path: /root }, roles: [root], upstream: app }, { match: { path: /hosted, host: other.example }, roles: [user], upstream: app }";
  files.write(
    "gate.yaml",
    `${configText(upstream.url, routes).replace("upstreams: {", 'upstreams: { gone: { url: "http://127.0.0.1:1" },')}admin: { address: 127.0.0.1:0 }\n`,
  );
  let output = "";
  const log = createLog(
    { level, requests: 1, format: "json" },
    {
      write(line) {
        output += line;
      },
    },
  );
  const gateway = await startGateway(loadConfig(files.config), { log });
  t.after(() => gateway.stop());
  const admin = `http://127.0.0.1:${gateway.adminAddress()?.port}`;
  return {
    gateway,
    upstream,
    admin,
    port: gateway.addresses()[0]?.port ?? 0,
    origin: `http://127.0.0.1:${gateway.addresses()[0]?.port}`,
    output: () => output,
    lines: () =>
      output
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    metrics: async () => (await fetch(`${admin}/metrics`)).text(),
  };
}

test("no credential is in the log, the metrics or the probes after a busy run of requests of all kinds", async (t) => {
  const world = await start(t);
  const secrets = new Set([password, wrongPassword, basicOf(password), basicOf(wrongPassword)]);
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(world.origin + path, { headers });
    await response.arrayBuffer();
    const token = response.headers.get("authorization")?.slice("Bearer ".length);
    if (token !== undefined) secrets.add(token);
    return { status: response.status, token };
  };
  const { token = "" } = await ask("/", { authorization: basicOf(password) });
  assert.match(token, /^sps_/);
  const paths = [
    "/",
    `/${token}`,
    `/x/${token}/y`,
    `/?access_token=${token}`,
    `/gone?p=${password}`,
    "/root",
    "/nowhere%00",
  ];
  const values = [
    basicOf(password),
    basicOf(wrongPassword),
    `Bearer ${token}`,
    `Bearer ${token.slice(0, -2)}xx`,
    token,
    `Unknown ${token}`,
    `${password} ${token}`,
    `Bearer ${token}, Bearer ${token}`,
  ];
  for (const path of paths) {
    assert.ok((await ask(path)).status > 0);
    for (const authorization of values)
      await ask(path, { authorization, cookie: `session=${token}`, "x-key": password });
    await rawClient(
      world.port,
      `GET http://ada:${password}@x${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    ).closed;
  }
  await rawClient(world.port, `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\0\r\n\r\n`).closed;
  await rawClient(world.port, `${password} / HTTP/1.1\r\n\r\n`).closed;
  const session = connectHttp2(world.origin);
  session.on("error", () => undefined);
  for (const method of ["GET", token]) {
    const stream = session.request({ ":method": method, ":path": `/${token}`, authorization: `Bearer ${token}` });
    stream.on("error", () => undefined).resume();
    await new Promise((resolve) => stream.on("close", resolve));
  }
  session.destroy();
  const client = new AuthClient({ baseUrl: world.origin });
  await client.password("ada", password);
  await assert.rejects(new AuthClient({ baseUrl: world.origin }).password("ada", wrongPassword));
  await client.whoAmI();
  await client.close();
  const told = [world.output(), await world.metrics(), await (await fetch(`${world.admin}/readyz`)).text()].join("\n");
  assert.ok(world.lines().length > 60, `${world.lines().length} lines`);
  for (const secret of secrets) {
    // Parts of it too: what is cut in the middle is still half a secret.
    for (let at = 0; at + 12 <= secret.length; at += 6) {
      const part = secret.slice(at, at + 12);
      assert.equal(told.includes(part), false, `a secret was told: ${part}`);
    }
  }
});

test("each request has one line, with the id of its trace", async (t) => {
  const world = await start(t, "info");
  const headers = { authorization: basicOf(password), traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await fetch(`${world.origin}/secret/path?query=1`, { headers: { traceparent: headers.traceparent } });
  await fetch(`${world.origin}/fine`, { headers });
  await fetch(`${world.origin}/root`, { headers });
  await fetch(`${world.origin}/gone`);
  const requests = world.lines().filter(({ kind }) => kind === "request");
  const picked = requests.map(({ level, path, reason, route, id, msg }) => ({ level, path, reason, route, id, msg }));
  const gone = requests.find(({ path }) => path === "/gone");
  assert.deepEqual([gone?.upstream, gone?.code], ["gone", "ECONNREFUSED"]);
  assert.match(String(picked[3]?.id), /^[0-9a-f]{32}$/);
  assert.deepEqual(picked, [
    { level: "info", path: "/secret/path", reason: "no_credentials", route: "*/", id: traceId, msg: "refused" },
    { level: "info", path: "/fine", reason: undefined, route: "*/", id: traceId, msg: "proxied" },
    { level: "info", path: "/root", reason: "not_permitted", route: "*/root", id: traceId, msg: "refused" },
    { level: "warn", path: "/gone", reason: "upstream_unavailable", route: "*/gone", id: picked[3]?.id, msg: "failed" },
  ]);
  const opened = world.lines().filter(({ kind }) => kind === "session-opened");
  assert.equal(opened.length > 0, true);
  assert.deepEqual([opened[0]?.subject, opened[0]?.scheme, opened[0]?.level], ["ada", "basic", "info"]);
});

test("metrics count log-ins, refusals, requests and the store", async (t) => {
  const world = await start(t);
  const client = new AuthClient({ baseUrl: world.origin });
  await client.password("ada", password);
  await client.fetch(`${world.origin}/fine`);
  await client.close();
  await fetch(`${world.origin}/fine`);
  await fetch(`${world.origin}/fine`, { headers: { authorization: basicOf(wrongPassword) } });
  await fetch(`${world.origin}/gone`);
  const text = await world.metrics();
  const value = (name: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1],
    );
  assert.equal(value('sallyport_log_ins_total{scheme="basic"}'), 1);
  assert.equal(value("sallyport_sessions_ended_total"), 1);
  assert.equal(value('sallyport_refusals_total{reason="no_credentials"}'), 1);
  assert.equal(value('sallyport_refusals_total{reason="invalid_credentials"}'), 1);
  assert.equal(value('sallyport_requests_total{route="*/",outcome="proxied"}'), 1);
  assert.equal(value('sallyport_requests_total{route="*/",outcome="no_credentials"}'), 1);
  assert.equal(value('sallyport_requests_total{route="*/gone",outcome="upstream_unavailable"}'), 1);
  const by = (status: string, route = "*/", upstream = "app") =>
    `sallyport_request_duration_seconds_count{route="${route}",upstream="${upstream}",status="${status}"}`;
  assert.deepEqual([value(by("2xx")), value(by("4xx")), value(by("5xx", "*/gone", "gone"))], [1, 2, 1]);
  assert.equal(value('sallyport_upstream_duration_seconds_count{route="*/",upstream="app"}'), 1);
  assert.equal(value('sallyport_upstream_requests{upstream="app",state="used"}'), 0);
  assert.ok(value('sallyport_upstream_requests{upstream="app",state="places"}') > 0);
  assert.equal(value('sallyport_upstream_requests{upstream="gone",state="waiting"}'), 0);
  assert.equal(value("sallyport_open_streams"), 0);
  assert.ok(value("process_start_time_seconds") > 0 && value("nodejs_eventloop_lag_p99_seconds") > 0);
  assert.ok(value('sallyport_store_seconds_count{operation="openSession"}') >= 1);
  assert.ok(value("sallyport_open_connections") >= 1);
  assert.equal(value("sallyport_revocation_staleness_bound_seconds"), 5);
  const staleness = value("sallyport_revocation_staleness_seconds");
  assert.ok(staleness >= 0 && staleness < 5, String(staleness));
  for (const name of [
    ...["rotations", "offers_lapsed", "superseded", "reuse", "healed", "store_failures"],
    ...["key_ring_failures", "unknown_key_tokens"],
  ]) {
    assert.equal(value(`sallyport_${name}_total`), 0, name);
  }
  assert.match(text, /# TYPE sallyport_handler_failures_total counter/);
});

test("administration answers apart from traffic, and tells of a stop at once", async (t) => {
  const world = await start(t);
  const status = async (path: string, method = "GET") => (await fetch(world.admin + path, { method })).status;
  assert.deepEqual(
    [await status("/healthz"), await status("/readyz"), await status("/metrics"), await status("/other")],
    [200, 200, 200, 404],
  );
  assert.deepEqual([await status("/healthz", "HEAD"), await status("/healthz", "POST")], [200, 405]);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    assert.equal((await fetch(world.origin + path)).status, 401, "traffic has no such page");
  }
  // A request under way keeps the stop waiting.
  world.upstream.stream = true;
  const pending = rawClient(
    world.port,
    `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${basicOf(password)}\r\nContent-Length: 9\r\n\r\n`,
  );
  pending.socket.on("connect", () => pending.socket.write("x"));
  while (!/sallyport_upstream_requests{upstream="app",state="used"} 1\n/.test(await world.metrics()))
    await new Promise((resolve) => setTimeout(resolve, 10));
  const stopped = world.gateway.stop();
  const response = await fetch(`${world.admin}/readyz`);
  assert.deepEqual([response.status, await response.text()], [503, "stopping\n"]);
  assert.equal(await status("/healthz"), 200);
  pending.socket.destroy();
  await stopped;
  await assert.rejects(status("/healthz"));
});

test("offers that were not taken up and tokens of unknown keys are counted", async () => {
  const metrics = createMetrics({
    openConnections: () => 0,
    openStreams: () => 0,
    upstreams: () => [],
    outside: () => [],
    stalenessMs: () => 0,
    stalenessBoundMs: () => 5_000,
  });
  const owner = { ref: "r", subject: "ada" };
  metrics.onEvent({ kind: "offer-lapsed", ...owner, generation: 2 });
  metrics.onEvent({ kind: "offer-lapsed", ...owner, generation: 2 });
  metrics.onEvent({ kind: "unknown-key", keyId: 7, tokens: 3 });
  const text = await metrics.text();
  assert.match(text, /^sallyport_offers_lapsed_total 2$/m);
  assert.match(text, /^sallyport_unknown_key_tokens_total 3$/m);
});
