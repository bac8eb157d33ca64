import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import { loadConfig } from "../../../src/gateway/config/parse-config.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { exchange } from "../../../src/testing/adapter/client.js";
import { listen } from "../../adapters/servers.js";
import { route } from "../fixtures.js";
import { gatewayFiles } from "../gateway-files.js";
import { basicOf, startGateway } from "../running.js";
import { asAda, configText, runGateway } from "../running-gateway.js";

interface Echo {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

type Asked = (
  path: string,
  headers?: Record<string, string>,
) => Promise<{ status: number; echo: Echo; answer: string }>;

/** Asks over both protocols, byte for byte, and wants the same of both. */
function asker(origin: string): Asked {
  return async (path, headers = {}) => {
    const all = { host: "gate.example", authorization: asAda, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = await exchange(origin, `GET ${path} HTTP/1.1\r\nconnection: close\r\n${lines.join("")}\r\n`);
    const status = Number(answer.slice(9, 12));
    const { host, ...others } = all;
    const second = await overHttp2(origin, { ":path": path, ":authority": host, ...others });
    assert.equal(second.status, status, path);
    const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
    const echo = (status === 200 ? JSON.parse(body) : {}) as Echo;
    if (status === 200) assert.equal((JSON.parse(second.body) as Echo).path, echo.path);
    return { status, echo, answer };
  };
}

async function overHttp2(origin: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const session = connectHttp2(origin);
  try {
    const stream = session.request(headers);
    let [status, body] = [0, ""];
    stream.on("response", (received) => {
      status = received[":status"] ?? 0;
    });
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    await new Promise((resolve, reject) => stream.on("close", resolve).on("error", reject));
    return { status, body };
  } finally {
    session.destroy();
  }
}

async function run(t: TestContext, routes: string, edit?: (text: string) => string): Promise<Asked> {
  return asker((await runGateway(t, routes, edit)).origin);
}

test("a prefix is taken off the path, and another put before it", async (t) => {
  const ask = await run(
    t,
    `
    { match: { path: /api }, stripPrefix: /api, upstream: app },
    { match: { path: /api/v1/x }, stripPrefix: /api/v1, addPrefix: /v2, upstream: app },
    { match: { path: /old }, addPrefix: /new, upstream: app },
    { match: { path: "/a,b" }, stripPrefix: "/a,b", upstream: app },
    { match: { path: / }, upstream: app }`,
  );
  for (const [asked, got, prefix] of [
    ["/api/orders?x=/api", "/orders?x=/api", "/api"],
    ["/api", "/", "/api"],
    ["/api?q", "/?q", "/api"],
    ["/api/", "/", "/api"],
    ["/%61pi/x", "/x", "/api"],
    ["/api/v1/x/y", "/v2/x/y", "/api/v1"],
    ["/old/x", "/new/old/x", undefined],
    ["/a%2Cb/c", "/c", "/a,b"],
    ["/other", "/other", undefined],
  ] as const) {
    const { echo } = await ask(asked, { "x-forwarded-prefix": "/forged" });
    assert.deepEqual([echo.path, echo.headers["x-forwarded-prefix"]], [got, prefix], asked);
  }
});

test("paths of several readings pass as they came, on a route that takes them", async (t) => {
  const ask = await run(
    t,
    `
    { match: { path: /npm }, ambiguousPaths: true, upstream: app },
    { match: { path: /s3 }, ambiguousPaths: true, stripPrefix: /s3, upstream: app },
    { match: { path: /npm/-/admin }, roles: [admin], upstream: app },
    { match: { path: / }, upstream: app }`,
  );
  for (const path of ["/npm/@scope%2fpkg", "/npm/a//b;v=1/C%23?q=%2F", "/npm/50%25off", "/npm/x%3Fy"])
    assert.equal((await ask(path)).echo.path, path);
  assert.equal((await ask("/s3/bucket//key%2F")).echo.path, "/bucket//key%2F");
  for (const path of [
    "/npm/-%2Fadmin",
    "/npm//-/admin",
    "/npm/-/admin;x",
    "/npm/..%2Fx",
    "/other//x",
    "/npm%2Fx",
    "/s3//evil.example/x",
    "/s3/%2Fevil.example/x",
  ])
    assert.equal((await ask(path)).status, 400, path);
});

test("a path of which one reading is what the gateway answers itself reaches no upstream", async (t) => {
  const ask = await run(t, "{ match: { path: / }, ambiguousPaths: true, upstream: app }");
  for (const path of [
    "/sallyport.v1.AuthService%2FLogIn",
    "/sallyport.v1.AuthService//LogIn",
    "/sallyport.v1.AuthService/LogIn;x",
  ])
    assert.equal((await ask(path)).status, 400, path);
  assert.equal((await ask("/other%2FLogIn")).status, 200);
});

test("hosts by pattern: the exact one first, then the longer pattern", async (t) => {
  const ask = await run(
    t,
    `
    { match: { path: / }, upstream: app, requestHeaders: { set: { X-Route: any } } },
    { match: { host: "*.example", path: / }, upstream: app, requestHeaders: { set: { X-Route: example } } },
    { match: { host: "*.a.example", path: / }, upstream: app, requestHeaders: { set: { X-Route: a } } },
    { match: { host: b.a.example, path: /only }, upstream: app, requestHeaders: { set: { X-Route: b } } }`,
  );
  for (const [host, path, got] of [
    ["example", "/", "any"],
    ["x.example", "/", "example"],
    ["x.y.example:8080", "/", "example"],
    ["x.A.Example.", "/", "a"],
    ["a.example", "/", "example"],
    ["b.a.example", "/only/x", "b"],
    ["b.a.example", "/", "a"],
    ["badexample", "/", "any"],
  ] as const) {
    assert.equal((await ask(path, { host })).echo.headers["x-route"], got, host + path);
  }
});

test("procedures match exactly", async (t) => {
  const ask = await run(
    t,
    `
    { match: { procedure: acme.v1.Orders/* }, upstream: app },
    { match: { procedure: acme.v1.Orders/Delete }, roles: [admin], upstream: app }`,
  );
  for (const [path, status] of [
    ["/acme.v1.Orders/Create", 200],
    ["/acme.v1.Orders/Delete", 403],
    ["/acme.v1.Orders", 404],
    ["/acme.v1.Orders/", 404],
    ["/acme.v1.Orders/Create/x", 404],
    ["/acme.v1.Orders/Delete/", 404],
    ["/x/acme.v1.Orders/Create", 404],
    ["/acme.v1.orders/Create", 404],
  ] as const) {
    assert.equal((await ask(path)).status, status, path);
  }
});

test("the upstream gets its own host, or another, and the caller's beside it", async (t) => {
  for (const [host, got] of [
    ["upstream", /^127\.0\.0\.1:\d+$/],
    ["App.Internal:8080", /^app\.internal:8080$/],
    [undefined, /^gate\.example:81$/],
  ] as const) {
    const edit = (text: string): string =>
      host === undefined ? text : text.replace("app: {", `app: { host: "${host}",`);
    const ask = await run(t, "{ match: { path: / }, upstream: app }", edit);
    const { echo } = await ask("/", { host: "gate.example:81" });
    assert.match(echo.headers.host ?? "", got);
    assert.equal(echo.headers["x-forwarded-host"], "gate.example:81");
  }
});

test("fields are set and removed for the upstream and for the caller, and none of ours can be", async (t) => {
  const files = await gatewayFiles(t);
  const server = createServer((request, response) => {
    response.setHeader("server", "secret/1.0");
    response.setHeader("x-frame-options", "ALLOWALL");
    response.setHeader("x-kept", "1");
    response.end(JSON.stringify({ path: request.url, headers: request.headers }));
  });
  const upstream = await listen(server);
  t.after(() => upstream.close());
  const key = files.write("upstream.key", "Bearer s3cret\n");
  const gateway = await runGateway(
    t,
    `{ match: { path: / }, upstream: app,
       requestHeaders: { set: { X-Tenant: acme, Authorization: { file: ${key} } }, remove: [Cookie, X-Debug] },
       responseHeaders: { set: { X-Frame-Options: DENY }, remove: [Server] } }`,
    (text) => text.replace(/url: "[^"]*"/, `url: "${upstream.origin}"`),
  );
  const { echo, answer } = await asker(gateway.origin)("/", {
    "x-tenant": "evil",
    "X-DEBUG": "1",
    X_Tenant: "evil",
    "x.debug": "1",
    "Grpc-Metadata-X-Tenant": "evil",
    cookie: "a=b",
    "x-more": "2",
  });
  const { authorization, cookie, "x-tenant": tenant, "x-debug": debug, "x-more": more } = echo.headers;
  assert.deepEqual([authorization, cookie, tenant, debug, more], ["Bearer s3cret", undefined, "acme", undefined, "2"]);
  // An upstream that makes variables or metadata of fields takes each of these for the field of ours.
  assert.deepEqual(
    Object.keys(echo.headers).filter((name) => /tenant|debug/i.test(name)),
    ["x-tenant"],
  );
  assert.deepEqual(answer.match(/^(?:server|x-frame-options|x-kept): .*$/gim), ["x-kept: 1", "x-frame-options: DENY"]);
  assert.match(answer, /^authorization: Bearer /im);
});

test("a route asks for claims, and for the address of the client", async (t) => {
  const auth = createAuth({
    handlers: [
      basic({
        verify: (user) => ({ subject: user, ...(user === "ada" && { org: "acme", level: 3, groups: ["a", "b"] }) }),
      }),
    ],
    store: memory(),
    keys: randomKeys(),
  });
  const claims = (wanted: Record<string, string[]>) => ({ claims: new Map(Object.entries(wanted)) });
  const gateway = await startGateway({
    auth,
    trustedProxies: ["127.0.0.1"],
    routes: [
      route({ path: "/org" }, claims({ org: ["other", "acme"], level: ["3"] })),
      route({ path: "/group" }, claims({ groups: ["b"] })),
      route({ path: "/none" }, claims({ org: ["acme"], constructor: ["x"] })),
      route({ path: "/near" }, { anonymous: true, takesAddress: (address) => address === "10.0.0.7" }),
      route(),
    ],
  });
  t.after(() => gateway.close());
  const statusOf = async (path: string, headers: Record<string, string>) =>
    (await fetch(gateway.http1 + path, { headers })).status;
  const [ada, bob] = [{ authorization: basicOf("ada", "x") }, { authorization: basicOf("bob", "x") }];
  assert.deepEqual([await statusOf("/org", ada), await statusOf("/org", bob)], [200, 403]);
  assert.deepEqual([await statusOf("/group", ada), await statusOf("/group", bob)], [200, 403]);
  assert.equal(await statusOf("/none", ada), 403);
  assert.equal(await statusOf("/near", { "x-forwarded-for": "10.0.0.7" }), 200);
  assert.equal(await statusOf("/near", { "x-forwarded-for": "10.0.0.7, 10.0.0.8" }), 403);
  assert.equal(await statusOf("/near", { ...ada, "x-forwarded-for": "10.0.0.8" }), 403);
  assert.equal(await statusOf("/near", {}), 403);
});

test("what no request could meet, and what would change a field of the gateway, is a fault of the file", async (t) => {
  const files = await gatewayFiles(t);
  const faultOf = (options: string): string => {
    files.write("gate.yaml", configText("http://127.0.0.1:9", `{ ${options}, upstream: app }`));
    try {
      loadConfig(files.config);
      return "none";
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const [options, fault] of [
    ["match: { }", /match must have one of path and procedure/],
    ["match: { path: /x, procedure: a.B/* }", /match must have one of path and procedure/],
    ["match: { procedure: a.B/c/d }", /procedure must be a procedure/],
    ["match: { procedure: a.B }", /procedure must be a procedure, such as .* or acme.v1.Orders\/\* for all/],
    ['match: { host: "a.*.example", path: / }', /host must be a host name/],
    ['match: { host: "*.*", path: / }', /host must be a host name/],
    ['match: { host: "a.example:80", path: / }', /host must be a host name without a port/],
    ['match: { host: "0x7f.1", path: / }', /host must be a host name/],
    ['match: { host: "[0:0:0:0:0:0:0:1]", path: / }', /host must be written \[::1\]/],
    ['match: { host: "[::ffff:10.0.0.7]", path: / }', /host must be written \[::ffff:a00:7\]/],
    ["match: { host: a.example., path: / }", /host must be written a\.example$/m],
    ["match: { path: /api }, stripPrefix: /ap", /stripPrefix must be \/api, or a path above it/],
    [
      "match: { path: /api }, stripPrefix: /api/",
      /stripPrefix must be a path such as \/api, without a slash at its end/,
    ],
    ["match: { path: /api }, addPrefix: /..", /addPrefix must be a path/],
    ["match: { path: / }, networks: [10.0.0.300]", /must be an address block/],
    ["match: { path: / }, networks: []", /networks must be/],
    ["match: { path: / }, claims: { org: [] }", /claims\.org must be/],
    ["match: { path: /x }, anonymous: true, claims: { org: [a] }", /contradicts roles, scopes, schemes, claims/],
    ["match: { path: / }, requestHeaders: { set: { X-Forwarded-For: a } }", /it cannot be changed/],
    ["match: { path: / }, requestHeaders: { set: { X_Sallyport_Subject: root } }", /it cannot be changed/],
    ["match: { path: / }, requestHeaders: { remove: [Host] }", /it cannot be changed/],
    ["match: { path: / }, requestHeaders: { set: { Transfer-Encoding: chunked } }", /it cannot be changed/],
    ['match: { path: / }, requestHeaders: { set: { X-A: "a\\r\\nX-B: c" } }', /must be visible ASCII/],
    ["match: { path: / }, requestHeaders: { set: { Authorization: Bearer x } }", /holds the secret itself/],
    ["match: { path: / }, responseHeaders: { set: { Authorization: Bearer x } }", /it cannot be changed/],
    [
      "match: { path: / }, forwardAuthorization: true, requestHeaders: { remove: [Authorization] }",
      /changes Authorization, which the route sends on/,
    ],
  ] as const) {
    assert.match(faultOf(options), fault, options);
  }
});
