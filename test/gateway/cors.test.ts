import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type TestContext, test } from "node:test";
import { parseConfig } from "../../src/gateway/config/parse-config.js";
import { createOwnAnswers } from "../../src/gateway/own/own-answers.js";
import { noServices } from "../../src/gateway/own/own-config.js";
import { createResolve } from "../../src/gateway/route/resolve.js";
import { createRouteTable } from "../../src/gateway/route/routes.js";
import { listen } from "../adapters/servers.js";
import { gatewayFiles } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const app = "https://app.example";
const partner = "https://partner.example";

const routes = `
  { match: { path: /partner }, anonymous: true, upstream: app, cors: { origins: ["${partner}"], allowedHeaders: [X-Mine] } },
  { match: { path: /closed }, anonymous: true, upstream: app, cors: { origins: [] } },
  { match: { path: /put, methods: [PUT] }, upstream: app },
  { match: { path: /admin }, roles: [admin], upstream: app },
  { match: { path: / }, upstream: app }`;

const common = `cors: { origins: ["${app}"], exposedHeaders: [X-Total], maxAge: 10m }\n`;

/** An upstream that says of itself what a careless one says. */
async function permissiveUpstream(t: TestContext): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(request.url?.endsWith("/413") ? 413 : 200, {
      "access-control-allow-origin": request.headers.origin ?? "*",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "*",
      vary: "Accept-Language",
      "x-total": "7",
    });
    response.end("answer");
  });
  const { origin, close } = await listen(server);
  t.after(close);
  return { url: origin, asked };
}

async function start(t: TestContext, cors = common) {
  const upstream = await permissiveUpstream(t);
  const gateway = await runGateway(t, routes, (text) => text.replace(/url: "[^"]*"/, `url: "${upstream.url}"`) + cors);
  const ask = (path: string, init: RequestInit & { readonly origin?: string } = {}) =>
    fetch(`${gateway.origin}${path}`, { ...init, headers: { origin: init.origin ?? app, ...init.headers } });
  const preflight = (path: string, origin = app, method = "POST") =>
    ask(path, {
      origin,
      method: "OPTIONS",
      headers: { "access-control-request-method": method, "access-control-request-headers": "authorization" },
    });
  return { gateway, upstream, ask, preflight };
}

/** What the answer says to a browser, by the last part of each name. */
const corsOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries(
    [...headers].flatMap(([name, value]) =>
      name.startsWith("access-control-") ? [[name.slice("access-control-".length), value]] : [],
    ),
  );

test("a preflight is answered before any caller is authenticated, and names what pages need", async (t) => {
  const { upstream, preflight, gateway } = await start(t);
  for (const path of ["/", "/admin", "/nowhere", "/sallyport.v1.AuthService/LogIn", "/put"]) {
    const answer = await preflight(path, app, "PUT");
    assert.equal(answer.status, 204, path);
    const { "allow-origin": origin, "allow-headers": headers, "allow-methods": methods, ...others } = corsOf(answer);
    assert.equal(origin, app);
    assert.match(headers ?? "", /^Authorization, DPoP, Content-Type, /);
    assert.equal(methods, "GET, HEAD, POST, PUT, PATCH, DELETE");
    assert.deepEqual(Object.keys(others).sort(), ["expose-headers", "max-age"]);
    assert.equal(others["max-age"], "600");
    assert.equal(answer.headers.get("vary"), "Origin");
  }
  assert.deepEqual(upstream.asked, []);
  assert.deepEqual(
    [...new Set(gateway.logged.filter(({ kind }) => kind === "request").map(({ msg }) => msg))],
    ["preflight"],
  );
});

test("no other origin gets a permission, and none is reflected", async (t) => {
  const { ask, preflight } = await start(t);
  for (const origin of [
    "https://evil.example",
    "null",
    `${app}.evil.example`,
    app.toUpperCase(),
    `${app}, ${app}`,
    "*",
  ]) {
    assert.deepEqual(corsOf(await preflight("/", origin)), {}, origin);
    const answer = await ask("/", { origin, headers: { authorization: asAda } });
    assert.equal(answer.status, 200);
    assert.deepEqual(corsOf(answer), {}, origin);
    assert.match(answer.headers.get("vary") ?? "", /Origin/);
  }
});

test("what an upstream says of other origins is replaced, and its Vary is kept", async (t) => {
  const { ask, gateway } = await start(t);
  const answer = await ask("/", { headers: { authorization: asAda } });
  const { "allow-origin": origin, "expose-headers": exposed, ...others } = corsOf(answer);
  assert.deepEqual([answer.status, origin, others], [200, app, {}]);
  assert.match(exposed ?? "", /^Authorization, WWW-Authenticate, Sallyport-Reason, .*, X-Total$/);
  assert.equal(answer.headers.get("vary"), "Accept-Language, Authorization, Origin");
  const plain = await fetch(gateway.origin, { headers: { authorization: asAda } });
  assert.deepEqual(corsOf(plain), {});
  assert.match(plain.headers.get("vary") ?? "", /Origin/);
});

test("refusals can be read by the page: 401, 403, 404, 413, 503, the log-in's too, by HTTP/2 too", async (t) => {
  const { ask, gateway, upstream } = await start(t);
  const asPage = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const answer = await ask(path, { ...init, headers });
    const { "allow-origin": origin, "expose-headers": exposed } = corsOf(answer);
    assert.equal(origin, app, path);
    assert.match(exposed ?? "", /Sallyport-Reason/, path);
    assert.match(answer.headers.get("vary") ?? "", /Origin/, path);
    return answer.status;
  };
  assert.equal(await asPage("/"), 401);
  assert.equal(await asPage("/", { authorization: "Bearer x" }), 401);
  assert.equal(await asPage("/admin", { authorization: asAda }), 403);
  assert.equal(await asPage("/put", { authorization: asAda }), 404);
  assert.equal(await asPage("/413", { authorization: asAda }), 413);
  const logIn = { method: "POST", body: '{"password":{"user":"ada","password":"wrong"}}' };
  assert.equal(await asPage("/sallyport.v1.AuthService/LogIn", { "content-type": "application/json" }, logIn), 401);
  const session = connectHttp2(gateway.origin);
  t.after(() => session.destroy());
  const fields = await new Promise<Record<string, unknown>>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": "/", origin: app });
    stream.on("response", resolve).on("error", reject).resume();
  });
  assert.deepEqual([fields[":status"], fields["access-control-allow-origin"]], [401, app]);
  assert.ok(upstream.asked.length > 0);
});

test("an upstream that cannot be reached is a 503 that the page can read", async (t) => {
  const gateway = await runGateway(
    t,
    routes,
    (text) => text.replace(/url: "[^"]*"/, 'url: "http://127.0.0.1:1"') + common,
  );
  const answer = await fetch(gateway.origin, { headers: { authorization: asAda, origin: app } });
  assert.deepEqual([answer.status, corsOf(answer)["allow-origin"]], [503, app]);
});

test("a route has its own origins, or none", async (t) => {
  const { ask, preflight } = await start(t);
  assert.equal(corsOf(await preflight("/partner", partner))["allow-origin"], partner);
  assert.match(corsOf(await preflight("/partner", partner))["allow-headers"] ?? "", /, X-Mine$/);
  assert.equal(corsOf(await ask("/partner", { origin: partner }))["allow-origin"], partner);
  assert.deepEqual(corsOf(await ask("/partner")), {});
  assert.deepEqual(corsOf(await preflight("/closed")), {});
  assert.deepEqual(corsOf(await ask("/closed")), {});
  assert.equal(corsOf(await ask("/closed/../partner"))["allow-origin"], undefined);
});

test("the pages of a log-in in the browser are for no page of another origin", () => {
  const own = createOwnAnswers({ services: noServices, pagesUrl: "https://gate.example/external" });
  const resolve = createResolve(createRouteTable([]), own, { origins: [app] });
  const corsAt = (method: string, url: string) => {
    const rawHeaders = ["Host", "gate.example", "Origin", app, "Access-Control-Request-Method", "POST"];
    const asked = resolve({ method, url, rawHeaders, httpVersion: "1.1" }, false);
    return [asked.kind, asked.cors !== undefined];
  };
  assert.deepEqual(corsAt("OPTIONS", "/external/confirm"), ["own", false]);
  assert.deepEqual(corsAt("GET", "/external/login"), ["own", false]);
  assert.deepEqual(corsAt("OPTIONS", "/sallyport.v1.AuthService/LogIn"), ["preflight", true]);
  assert.deepEqual(corsAt("POST", "/sallyport.v1.AuthService/LogIn"), ["own", true]);
});

test("OPTIONS that is no preflight, or has a body, is authenticated like any request", async (t) => {
  const { ask, upstream } = await start(t);
  assert.equal((await ask("/", { method: "OPTIONS" })).status, 401);
  const headers = { "access-control-request-method": "POST" };
  assert.equal((await ask("/", { method: "OPTIONS", headers, body: "x" })).status, 401);
  assert.deepEqual(upstream.asked, []);
});

test("without cors an upstream answers for itself, preflights of open routes included", async (t) => {
  const { ask, preflight, upstream } = await start(t, "");
  assert.equal((await preflight("/")).status, 401);
  const answer = await ask("/", { headers: { authorization: asAda } });
  assert.equal(corsOf(answer)["allow-credentials"], "true");
  assert.equal(answer.headers.get("vary"), "Accept-Language, Authorization");
  assert.deepEqual(upstream.asked, ["GET /"]);
});

test("what is no origin, and no name of a header, is refused at its line", async (t) => {
  const files = await gatewayFiles(t);
  const faultsOf = (cors: string) => {
    const text = configText("http://127.0.0.1:1", "{ match: { path: / }, upstream: app }");
    const parsed = parseConfig(`${text}cors: ${cors}\n`, { file: files.config });
    return parsed.kind === "faults" ? parsed.faults.map(({ line, message }) => `${line} ${message}`) : [];
  };
  const wrong = "is not an origin; write it as https://app.example, without a path or a slash at the end";
  assert.deepEqual(faultsOf('{ origins: ["*", null, "https://a.example/", "https://a.example"] }').sort(), [
    `9 cors.origins[0]: "*" ${wrong}`,
    "9 cors.origins[1] must be an origin such as https://app.example",
    `9 cors.origins[2]: "https://a.example/" ${wrong}`,
  ]);
  assert.deepEqual(
    faultsOf('{ origins: ["https://a.example"], exposedHeaders: ["X-A\\r\\nB: c"], methods: ["A B"] }'),
    [
      '9 cors.exposedHeaders[0]: "X-A\\r\\nB: c" is not the name of a method or a header',
      '9 cors.methods[0]: "A B" is not the name of a method or a header',
    ],
  );
  assert.match(faultsOf("{ maxAge: 1h }").join(), /cors\.origins is missing/);
});
