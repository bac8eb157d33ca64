import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as ask } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type TestContext, test } from "node:test";
import { asAda, type RunningGateway, runGateway } from "../running-gateway.js";
import { type AuthorizingService, authorizingService } from "./authorizing-service.js";

interface World {
  readonly service: AuthorizingService;
  readonly gateway: RunningGateway;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

async function start(t: TestContext, routes: string, edit?: (text: string) => string): Promise<World> {
  const service = await authorizingService(t);
  const gateway = await runGateway(t, routes.replaceAll("SERVICE", service.url), edit);
  const get = (path: string, headers: Record<string, string> = { authorization: asAda }): Promise<Response> =>
    fetch(gateway.origin + path, { headers, redirect: "manual" });
  return { service, gateway, get };
}

const all = "{ match: { path: / }, upstream: app, authorize: { url: 'SERVICE', claims: [team, subject, __proto__x] } }";

async function untilLogged(gateway: RunningGateway, wanted: (line: Record<string, unknown>) => boolean) {
  for (;;) {
    const line = gateway.logged.find(wanted);
    if (line !== undefined) return line;
    await new Promise(setImmediate);
  }
}

async function edit(gateway: RunningGateway, from: string, to: string): Promise<void> {
  const count = gateway.logged.filter(({ kind }) => kind === "configuration").length;
  const text = readFileSync(gateway.files.config, "utf8");
  assert.ok(text.includes(from));
  gateway.configure(text.replace(from, to));
  gateway.reload();
  while (gateway.logged.filter(({ kind }) => kind === "configuration").length === count)
    await new Promise(setImmediate);
}

test("the service is asked who does what from where, and is told no credential", async (t) => {
  const { service, gateway, get } = await start(t, all);
  const first = await get("/a/%62?token=s3cret", { authorization: asAda, cookie: "a=s3cret", "x-key": "s3cret" });
  assert.equal(first.status, 200);
  const token = first.headers.get("authorization") ?? "";
  assert.equal((await fetch(`${gateway.origin}/a`, { method: "PUT", headers: { authorization: token } })).status, 200);
  const { host } = new URL(gateway.origin);
  const [named, known] = service.asked.map(({ question }) => question);
  const common = {
    host: host.split(":")[0],
    route: "*/",
    subject: "ada",
    actor: null,
    roles: ["user"],
    scopes: null,
    scheme: "basic",
    claims: { team: null, subject: "ada", __proto__x: null },
    client: "127.0.0.1",
  };
  assert.deepEqual(named, { method: "GET", path: "/a/b", ...common, session: null });
  const { session, ...rest } = known ?? {};
  assert.deepEqual(rest, { method: "PUT", path: "/a", ...common });
  assert.match(String(session), /^[\w-]{22}$/);
  const told = JSON.stringify(service.asked.map(({ headers, question }) => [headers, question]));
  for (const secret of ["s3cret", token.slice(7, 40), asAda.slice(6)]) {
    assert.ok(!told.replaceAll("/decide?key=s3cret", "").includes(secret), secret);
  }
});

test("a refusal is 403 in the caller's protocol with the reason of the service; the log has the rest", async (t) => {
  const { service, gateway, get } = await start(t, all);
  service.answer = ({ response }) => response.writeHead(403).end('{"reason":"Not in May."}');
  const refused = await get("/x");
  assert.equal(refused.status, 403);
  assert.deepEqual(await refused.json(), {
    code: "permission_denied",
    message: "Not in May.",
    reason: "not_permitted",
  });
  assert.match(refused.headers.get("authorization") ?? "", /^Bearer sps_/, "a caller who is known keeps the token");
  const line = await untilLogged(gateway, ({ kind, status }) => kind === "request" && status === 403);
  assert.deepEqual([line.reason, line.detail], ["not_permitted", "authorize: the service answered 403"]);
  const session = connectHttp2(gateway.origin).on("error", () => {});
  t.after(() => session.destroy());
  const grpc = { ":path": "/a.B/C", ":method": "POST", "content-type": "application/grpc", authorization: asAda };
  const call = session.request(grpc);
  call.resume().end();
  const [headers] = await once(call, "response");
  assert.deepEqual([headers["grpc-status"], headers["grpc-message"]], ["7", "Not in May."]);
  assert.equal(gateway.upstream.requests.length, 0);
});

test("it fails closed: a service that fails, is late or is gone lets no request in", async (t) => {
  const { service, gateway, get } = await start(t, all.replace("claims", "timeout: 100ms, claims"));
  service.answer = ({ response }) => response.writeHead(500).end();
  const failed = await get("/x");
  assert.deepEqual([failed.status, failed.headers.get("sallyport-reason")], [503, "authorizer_unavailable"]);
  assert.equal(failed.headers.get("retry-after"), "1");
  service.answer = () => {};
  assert.equal((await get("/x")).status, 503);
  await service.stop();
  assert.equal((await get("/x")).status, 503);
  assert.equal(gateway.upstream.requests.length, 0);
  const lines = gateway.logged.filter(({ kind, status }) => kind === "request" && status === 503);
  assert.deepEqual(
    lines.map(({ detail }) => detail),
    [
      "authorize: the service answered 500",
      "authorize: the service gave no answer within 100 ms",
      "authorize: the service refused the connection",
    ],
  );
  assert.ok(!JSON.stringify(gateway.logged).includes("s3cret"));
});

test("it is asked after all else: who has no role, or has used up the rate, costs no question", async (t) => {
  const limits = "rate: { requests: 1, per: 1h }, limits: { maxBodyBytes: 1 }";
  const { service, gateway, get } = await start(
    t,
    `{ match: { path: /admin }, roles: [admin], upstream: app, authorize: { url: 'SERVICE' } },
     { match: { path: / }, upstream: app, ${limits}, authorize: { url: 'SERVICE' } }`,
  );
  assert.equal((await get("/admin")).status, 403);
  assert.equal((await get("/x", {})).status, 401);
  const long = { method: "POST", body: "xx", headers: { authorization: asAda } };
  assert.equal((await fetch(gateway.origin, long)).status, 413);
  assert.equal(service.asked.length, 0);
  assert.deepEqual([(await get("/x")).status, (await get("/x")).status], [200, 429]);
  assert.equal(service.asked.length, 1);
});

test("an answer is for its caller, method, path and route alone", async (t) => {
  const { service, gateway, get } = await start(
    t,
    `{ match: { path: /b }, upstream: app, authorize: { url: 'SERVICE' } },
     { match: { path: / }, upstream: app, authorize: { url: 'SERVICE' } }`,
  );
  service.answer = ({ question, response }) => {
    const isAllowed = question.path === "/a" && question.method === "GET";
    response.writeHead(isAllowed ? 204 : 403, { "cache-control": "max-age=60" }).end();
  };
  const statuses = async (path: string): Promise<number[]> => [(await get(path)).status, (await get(path)).status];
  const token = (await get("/a")).headers.get("authorization") ?? "";
  assert.deepEqual(await statuses("/a"), [200, 200]);
  assert.equal(service.asked.length, 1);
  assert.deepEqual(await statuses("/%61?x"), [200, 200], "one path in another spelling is one question");
  assert.equal(service.asked.length, 1);
  for (const path of ["/A", "/a/", "/b", "/b/../a".replace("..", "c"), "/"]) {
    assert.deepEqual(await statuses(path), [403, 403], path);
  }
  for (const method of ["POST", "HEAD", "PUT"]) {
    const asked = ask(`${gateway.origin}/a`, { method, headers: { authorization: asAda } });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    assert.notEqual(response.statusCode, 200, method);
  }
  // A session of its own is another question.
  const before = service.asked.length;
  assert.equal((await get("/a", { authorization: token })).status, 200);
  assert.equal(service.asked.length, before + 1);
});

test("an upstream that ignores case: spellings of one path are one question, and strange ones are refused", async (t) => {
  const { service, get } = await start(t, all, (text) =>
    text.replace(/(url: "[^"]*")( } })/, "$1, ignoresCase: true$2"),
  );
  service.answer = ({ question, response }) => response.writeHead(question.path === "/admin" ? 403 : 204).end();
  for (const path of ["/admin", "/ADMIN", "/Admin.", "/admin%20", "/%41dmin"]) {
    assert.equal((await get(path)).status, 403, path);
  }
  assert.deepEqual([...new Set(service.asked.map(({ question }) => question.path))], ["/admin"]);
  for (const path of ["/admin:x", "/admin::$DATA", "/%EF%BD%81dmin", "/ADMIN~1"]) {
    const { status } = await get(path);
    assert.ok([400, 403, 404].includes(status), `${path} ${status}`);
  }
  assert.equal((await get("/Other")).status, 200);
  assert.equal(service.asked.at(-1)?.question.path, "/other");
});

test("a caller that leaves while the service is asked reaches no upstream, and holds no place", async (t) => {
  const { service, gateway, get } = await start(t, all.replace("authorize", "limits: { maxConcurrent: 1 }, authorize"));
  service.answer = () => {};
  const leaving = ask(`${gateway.origin}/x`, { headers: { authorization: asAda } }).on("error", () => {});
  leaving.end();
  await service.until(1);
  assert.equal((await get("/x")).status, 429);
  leaving.destroy();
  await new Promise((resolve) => leaving.on("close", resolve));
  // The gateway has read the end of that connection before what comes on later ones.
  for (let index = 0; index < 3; index++) assert.equal((await get("/x")).status, 429);
  service.asked[0]?.response.writeHead(204).end();
  await untilLogged(gateway, ({ kind, msg }) => kind === "request" && msg === "left");
  assert.equal(gateway.upstream.requests.length, 0);
  service.answer = ({ response }) => response.writeHead(204).end();
  assert.equal((await get("/x")).status, 200);
});

test("a stream is asked about at its beginning, and goes on whatever the service says later", async (t) => {
  const { service, gateway, get } = await start(t, all);
  gateway.upstream.stream = true;
  const response = await get("/stream");
  const reader = response.body?.getReader();
  assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), "first");
  service.answer = ({ response: refusal }) => refusal.writeHead(403).end();
  gateway.upstream.stream = false;
  assert.equal((await get("/x")).status, 403);
  await edit(gateway, "claims: [team, ", "claims: [");
  assert.equal((await get("/x")).status, 403);
  assert.equal(service.asked.length, 3);
  assert.ok(!gateway.logged.some(({ ending }) => ending === "shut_out"));
  await reader?.cancel();
});

test("metrics name the service, and count what is refused by its reason", async (t) => {
  const { service, gateway, get } = await start(
    t,
    "{ match: { path: / }, upstream: app, rate: { requests: 2, per: 1h }, authorize: { url: 'SERVICE' } }",
    (text) => `${text}admin: { address: 127.0.0.1:0 }\n`,
  );
  assert.equal((await get("/x")).status, 200);
  service.answer = ({ response }) => response.writeHead(500).end();
  assert.deepEqual([(await get("/x")).status, (await get("/x")).status], [503, 429]);
  await untilLogged(gateway, ({ reason }) => reason === "rate_limited");
  const { host, port } = gateway.served.gateway.adminAddress() ?? assert.fail("no address");
  const metrics = await (await fetch(`http://${host}:${port}/metrics`)).text();
  const name = service.url.replace(/\?.*/, "");
  for (const line of [
    `sallyport_breaker_state{kind="authorizer",name="${name}",state="closed"} 1`,
    'sallyport_requests_total{route="*/",outcome="proxied"} 1',
    'sallyport_requests_total{route="*/",outcome="authorizer_unavailable"} 1',
    'sallyport_requests_total{route="*/",outcome="rate_limited"} 1',
  ]) {
    assert.ok(metrics.split("\n").includes(line), line);
  }
});

test("a reload takes another service, and forgets answers", async (t) => {
  const { service, gateway, get } = await start(t, all);
  service.answer = ({ response }) => response.writeHead(204, { "cache-control": "max-age=60" }).end();
  assert.deepEqual([(await get("/x")).status, (await get("/x")).status, service.asked.length], [200, 200, 1]);
  const other = await authorizingService(t);
  other.answer = ({ response }) => response.writeHead(403).end();
  await edit(gateway, service.url, other.url);
  assert.equal((await get("/x")).status, 403);
  await edit(gateway, other.url, service.url);
  assert.equal((await get("/x")).status, 200);
  assert.deepEqual([service.asked.length, other.asked.length], [2, 1]);
});
