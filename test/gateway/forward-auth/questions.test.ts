import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { type TestContext, test } from "node:test";
import { createAuth } from "../../../src/engine/auth.js";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { createReadQuestion } from "../../../src/gateway/own/question.js";
import { isAmbiguous } from "../../../src/gateway/route/ambiguity.js";
import type { RouteConfig } from "../../../src/gateway/route/route-config.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { randomKeys } from "../../../src/keys/key-ring.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";
import { route } from "../fixtures.js";
import { basicOf, type Running, type RunningOptions, startGateway } from "../running.js";

const host = "api.example";

const routes = [
  route({ host, path: "/open" }, { anonymous: true, upstream: "" }),
  route({ host, path: "/admin" }, { roles: ["admin"], upstream: "" }),
  route({ host, path: "/" }, { upstream: "" }),
];

async function start(t: TestContext, options: RunningOptions = {}): Promise<Running> {
  const gateway = await startGateway({
    routes,
    trustedProxies: ["127.0.0.1/32"],
    services: { ...noServices, forwardAuth: { path: "/auth" } },
    ...options,
  });
  t.after(() => gateway.close());
  return gateway;
}

interface Answer {
  readonly status: number;
  /** By name, as they came. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** Asks on a connection of its own. */
async function ask(gateway: Running, target: string, headers: readonly string[], method = "GET"): Promise<Answer> {
  const socket = connectSocket({ host: "127.0.0.1", port: Number(new URL(gateway.http1).port) });
  const host = headers.some((line) => /^host:/i.test(line)) ? [] : ["Host: api.example"];
  socket.write([`${method} ${target} HTTP/1.1`, ...host, ...headers, "Connection: close", "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk;
  const [head = "", body = ""] = text.split("\r\n\r\n", 2);
  const [line = "", ...lines] = head.split("\r\n");
  const fields: Record<string, string[]> = {};
  for (const field of lines) {
    const [name = "", value = ""] = field.split(/: ?(.*)/s);
    fields[name.toLowerCase()] = [...(fields[name.toLowerCase()] ?? []), value];
  }
  return { status: Number(line.split(" ")[1]), fields, body };
}

/** As each proxy asks about the same request. */
const forms: Readonly<Record<string, (method: string, url: string) => readonly [string, string[], string?]>> = {
  nginx: (method, url) => ["/auth", [`X-Original-Method: ${method}`, `X-Original-URI: ${url}`]],
  "ingress-nginx": (method, url) => [
    "/auth",
    [`X-Original-Method: ${method}`, `X-Original-URL: http://api.example${url}`, "Host: auth.internal"],
  ],
  Caddy: (method, url) => [
    "/auth",
    [`X-Forwarded-Method: ${method}`, `X-Forwarded-Uri: ${url}`, "X-Forwarded-Host: api.example"],
  ],
  Traefik: (method, url) => [
    "/auth?from=traefik",
    [
      `X-Forwarded-Method: ${method}`,
      `X-Forwarded-Uri: ${url}`,
      "X-Forwarded-Host: api.example",
      "Host: auth.internal",
    ],
  ],
  Envoy: (method, url) => [`/auth${url}`, [], method],
};

const identityFields = ["subject", "roles", "actor", "scheme", "session", "identity"].map(
  (name) => `x-sallyport-${name}`,
);

const identityOf = ({ fields }: Answer) => identityFields.map((name) => fields[name]);

for (const [proxy, form] of Object.entries(forms)) {
  test(`${proxy}: who may pass is answered 200 with each field that an upstream gets, others as the gateway would refuse them`, async (t) => {
    const gateway = await start(t);
    const put = (method: string, url: string, ...headers: string[]) => {
      const [target, own, as] = form(method, url);
      return ask(gateway, target, [...own, ...headers], as);
    };
    const bearer = `Authorization: ${gateway.bearer}`;
    const allowed = await put("DELETE", "/orders?id=1", bearer, "X-Sallyport-Subject: forged");
    assert.equal(allowed.status, 200);
    const [subject, roles, actor, scheme, session, identity] = identityOf(allowed);
    assert.deepEqual([subject, roles, actor, scheme], [["ada"], ["user"], [""], ["bearer"]]);
    assert.equal(session?.[0]?.length, 22);
    assert.deepEqual(JSON.parse(Buffer.from(String(identity), "base64url").toString()).subject, "ada");
    assert.deepEqual([allowed.fields.authorization, allowed.fields["sallyport-token"]], [undefined, [""]]);

    const anonymous = await put("GET", "/open");
    assert.deepEqual([anonymous.status, identityOf(anonymous)], [200, identityFields.map(() => [""])]);

    const none = await put("GET", "/orders");
    assert.deepEqual([none.status, none.fields["sallyport-reason"]], [401, ["no_credentials"]]);
    assert.deepEqual(none.fields["www-authenticate"]?.length, 1, "all challenges stand in one field");
    assert.match(String(none.fields["www-authenticate"]), /^Bearer .*, Basic /);
    assert.deepEqual(
      identityOf(none),
      identityFields.map(() => undefined),
    );

    const wrong = await put("GET", "/orders", `Authorization: ${basicOf("ada", "no")}`);
    assert.deepEqual([wrong.status, wrong.fields["sallyport-reason"]], [401, ["invalid_credentials"]]);
    const role = await put("GET", "/admin/x", bearer);
    assert.deepEqual([role.status, role.fields["sallyport-reason"]], [403, ["not_permitted"]]);
    assert.deepEqual(
      identityOf(role),
      identityFields.map(() => undefined),
      "a denial is the client's",
    );
    assert.equal((await put("GET", "/admin/x", `Authorization: ${basicOf("root", "pw")}`)).status, 200);
    for (const odd of ["/open/%2e%2e/admin", "/open//admin", "/open/..%2fadmin"])
      assert.equal((await put("GET", odd)).status, 400, odd);
    assert.equal(gateway.seen.length, 0, "no upstream was asked");
  });
}

test("a log-in's token comes as sallyport-token, and on a denial, which is the client's answer, as Authorization", async (t) => {
  const gateway = await start(t);
  const about = (url: string) => ["X-Forwarded-Method: GET", `X-Forwarded-Uri: ${url}`];
  const password = `Authorization: ${gateway.password}`;
  const allowed = await ask(gateway, "/auth", [...about("/orders"), password]);
  assert.match(String(allowed.fields["sallyport-token"]), /^Bearer sps_/);
  assert.deepEqual([allowed.fields.authorization, allowed.fields["cache-control"]], [undefined, ["no-store"]]);
  const denied = await ask(gateway, "/auth", [...about("/admin"), password]);
  assert.match(String(denied.fields.authorization), /^Bearer sps_/);
  assert.equal(denied.fields["sallyport-token"], undefined);
});

test("no denial has a status by which a proxy would let its client in, whatever protocol the client speaks", async (t) => {
  const gateway = await start(t);
  for (const type of [
    "application/grpc",
    "application/grpc-web+proto",
    "application/connect+proto",
    "application/json",
  ]) {
    const { status, body } = await ask(gateway, "/auth", [
      "X-Forwarded-Method: POST",
      "X-Forwarded-Uri: /acme.v1.Orders/List",
      `Content-Type: ${type}`,
    ]);
    assert.equal(status, 401, type);
    assert.equal(JSON.parse(body).reason, "no_credentials");
  }
  const connect = ["Connect-Protocol-Version: 1", "Content-Type: application/json"];
  const { body } = await ask(gateway, "/auth/acme.v1.Orders/List", connect, "POST");
  assert.deepEqual(Object.keys(JSON.parse(body)), ["code", "message"]);
});

for (const [what, target, headers, method] of [
  ["no method", "/auth", ["X-Forwarded-Uri: /open"]],
  ["no target", "/auth", ["X-Forwarded-Method: GET"]],
  ["nothing", "/auth", []],
  ["two methods", "/auth", ["X-Forwarded-Method: GET", "X-Original-Method: POST", "X-Forwarded-Uri: /open"]],
  ["a method twice", "/auth", ["X-Forwarded-Method: GET", "X-Forwarded-Method: POST", "X-Forwarded-Uri: /open"]],
  ["two targets", "/auth", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open", "X-Original-URI: /admin"]],
  ["two spellings", "/auth", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open", "X-Original-URI: /%6fpen"]],
  [
    "the URL of another host",
    "/auth",
    ["X-Original-Method: GET", "X-Original-URI: /open", "X-Original-URL: http://other.example/open"],
  ],
  [
    "two URLs",
    "/auth",
    ["X-Original-Method: GET", "X-Original-URL: http://api.example/open", "X-Original-URL: http://other.example/open"],
  ],
  ["a URL that is none", "/auth", ["X-Original-Method: GET", "X-Original-URL: open"]],
  [
    "two hosts",
    "/auth",
    ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open", "X-Forwarded-Host: a.example, b.example"],
  ],
  [
    "another host than that of X-Original-URI",
    "/auth",
    ["X-Original-Method: GET", "X-Original-URI: /open", "Host: other.example", "X-Forwarded-Host: api.example"],
  ],
  ["a host that is none", "/auth", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open", "X-Forwarded-Host: a@b"]],
  ["below the path, another target", "/auth/open", ["X-Forwarded-Uri: /admin"]],
  ["below the path, another method", "/auth/open", ["X-Forwarded-Method: GET"], "POST"],
  ["below the path, another host", "/auth/open", ["X-Forwarded-Host: other.example"]],
] as const) {
  test(`a question that contradicts itself, or lacks something, is refused: ${what}`, async (t) => {
    const gateway = await start(t);
    const answer = await ask(gateway, target, [...headers, `Authorization: ${gateway.bearer}`], method);
    assert.deepEqual([answer.status, answer.fields["sallyport-reason"]], [400, ["bad_request"]]);
    const [outcome] = gateway.outcomes;
    assert.ok(outcome?.kind === "asked" && outcome.detail !== undefined, "the log says why");
    assert.doesNotMatch(outcome.detail, /^the method is/);
  });
}

test("a proxy that asks for the denial gets it, and an error when there is none: never who calls", async (t) => {
  const gateway = await start(t);
  const about = (url: string) => ["X-Forwarded-Method: GET", `X-Forwarded-Uri: ${url}`];
  const denied = await ask(gateway, "/auth?denial", about("/orders"));
  assert.deepEqual([denied.status, denied.fields["sallyport-reason"]], [401, ["no_credentials"]]);
  const failed = await ask(gateway, "/auth?denial", [...about("/orders"), `Authorization: ${gateway.bearer}`]);
  assert.deepEqual([failed.status, failed.fields["x-sallyport-subject"]], [502, undefined]);
});

test("only a trusted proxy may ask", async (t) => {
  const gateway = await start(t, { trustedProxies: [] });
  for (const target of ["/auth", "/auth/open", "/auth?x"]) {
    const headers = ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open", `Authorization: ${gateway.bearer}`];
    const { status, fields } = await ask(gateway, target, headers);
    assert.deepEqual([status, fields["x-sallyport-subject"]], [403, undefined], target);
  }
  assert.equal((await ask(gateway, "/authors", [`Authorization: ${gateway.bearer}`])).status, 404, "no question");
});

test("a route without an upstream is for questions alone", async (t) => {
  const gateway = await start(t);
  const direct = await ask(gateway, "/orders", [`Authorization: ${gateway.bearer}`]);
  assert.deepEqual([direct.status, direct.fields["sallyport-reason"]], [404, ["no_route"]]);
  // As long as the path of questions.
  const named = await ask(gateway, "/open", ["X-Forwarded-Method: GET", "X-Forwarded-Uri: /open"]);
  assert.deepEqual([named.status, named.fields["sallyport-reason"]], [404, ["no_route"]]);
});

test("a question that announces a body is answered at once, and nothing behind it is read", async (t) => {
  const gateway = await start(t);
  for (const announced of ["Content-Length: 50", "Transfer-Encoding: chunked"]) {
    const socket = connectSocket({ host: "127.0.0.1", port: Number(new URL(gateway.http1).port) });
    const about = ["Host: api.example", "X-Forwarded-Method: POST", "X-Forwarded-Uri: /open"];
    socket.write(["POST /auth HTTP/1.1", ...about, announced, "", ""].join("\r\n"));
    // The body never comes. Another question would be read as a part of it.
    socket.write(["GET /auth HTTP/1.1", ...about, "", ""].join("\r\n"));
    let text = "";
    for await (const chunk of socket.setEncoding("latin1")) text += chunk;
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n/i, announced);
    assert.equal(text.split("HTTP/1.1 ").length, 2, "one answer");
  }
});

test("questions without a body share a connection", async (t) => {
  const gateway = await start(t);
  const socket = connectSocket({ host: "127.0.0.1", port: Number(new URL(gateway.http1).port) });
  const about = ["Host: api.example", "X-Forwarded-Method: POST", "X-Forwarded-Uri: /open"];
  for (const more of [[], ["Content-Length: 0"], ["Connection: close"]])
    socket.write(["GET /auth HTTP/1.1", ...about, ...more, "", ""].join("\r\n"));
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk;
  assert.equal(text.split("HTTP/1.1 200 ").length, 4, "three answers");
});

test("the caller is decided by the host of the request alone, not by that of the question", () => {
  const about = ["X-Forwarded-Method", "GET", "X-Forwarded-Uri", "/", "X-Forwarded-Host", "api.example"];
  for (const own of ["Host", ":authority"]) {
    const question = createReadQuestion("/auth")({
      url: "/auth",
      rawHeaders: [own, "auth.internal", ...about, "A", "b"],
    });
    assert.ok(question !== undefined && !isAmbiguous(question));
    assert.deepEqual(question.asked, [...about, "A", "b", "host", "api.example"]);
    assert.deepEqual(question.rawHeaders, ["host", "api.example"]);
  }
});

test("a question may come over HTTP/2", async (t) => {
  const gateway = await start(t);
  const session = connect(gateway.http2);
  t.after(() => session.close());
  const fields = { ":authority": "api.example", authorization: gateway.bearer };
  for (const [headers, status] of [
    [{ ":path": "/auth/orders", ...fields }, 200],
    [{ ":path": "/auth/orders", ":authority": "api.example", "content-type": "application/grpc" }, 401],
    [{ ":path": "/auth", ...fields, "x-forwarded-method": "GET", "x-forwarded-uri": "/admin" }, 403],
  ] as const) {
    const stream = session.request(headers, { endStream: true });
    const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
    stream.resume();
    assert.equal(answer[":status"], status);
    if (status === 200) assert.equal(answer["x-sallyport-subject"], "ada");
  }
  // A body that does not come holds no other question of the connection.
  for (const body of ["never comes", "neither"]) {
    const stream = session.request({
      ":method": "POST",
      ":path": "/auth/open",
      ...fields,
      "content-length": body.length,
    });
    const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
    stream.on("error", () => undefined).resume();
    assert.equal(answer[":status"], 200, body);
  }
});

test("a proxy that leaves while its question is decided gets nothing, and the log says so", async (t) => {
  let decide: (isRight: boolean) => void = () => undefined;
  let onAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const verify = (subject: string) =>
    new Promise<{ subject: string } | false>((resolve) => {
      decide = (isRight) => resolve(isRight && { subject });
      onAsked();
    });
  const auth = createAuth({ handlers: [basic({ verify })], store: memory(), keys: randomKeys() });
  const gateway = await start(t, { auth: auth as unknown as NonNullable<RunningOptions["auth"]> });
  const socket = connectSocket({ host: "127.0.0.1", port: Number(new URL(gateway.http1).port) });
  const about = ["Host: api.example", "X-Forwarded-Method: GET", "X-Forwarded-Uri: /orders"];
  socket.write(["GET /auth HTTP/1.1", ...about, `Authorization: ${basicOf("ada", "pw")}`, "", ""].join("\r\n"));
  await asked;
  socket.destroy();
  // Answered on a later connection: the gateway has read the end of the first.
  for (let index = 0; index < 3; index += 1) await ask(gateway, "/auth", about.slice(1));
  const before = gateway.outcomes.length;
  decide(true);
  while (gateway.outcomes.length === before) await new Promise(setImmediate);
  assert.equal(gateway.outcomes.at(-1)?.kind, "left");
});

/** Counts the passwords that are checked. */
function countingAuth(platform = createWorld().platform) {
  const checked: string[] = [];
  const auth = createAuth({
    handlers: [
      basic({
        verify(user, password) {
          checked.push(password);
          return password === "pw" && { subject: user };
        },
      }),
    ],
    store: memory({ platform }),
    keys: randomKeys(),
    platform,
  }) as unknown as NonNullable<RunningOptions["auth"]> & {
    sessions: { endSubject(subject: string): Promise<unknown> };
  };
  return { auth, checked };
}

test("a proxy that asks twice about one request gets one answer: a guess counts once, a token comes again", async (t) => {
  const world = createWorld();
  const { auth, checked } = countingAuth(world.platform);
  const gateway = await start(t, { auth, platform: world.platform });
  const about = (password: string, id: string | undefined, ...more: string[]) => [
    "X-Forwarded-Method: GET",
    "X-Forwarded-Uri: /orders",
    `Authorization: ${basicOf("ada", password)}`,
    ...(id === undefined ? [] : [`X-Request-Id: ${id}`]),
    ...more,
  ];
  const statuses = async (...asked: (readonly string[])[]) => {
    const all: number[] = [];
    for (const headers of asked) all.push((await ask(gateway, "/auth", headers)).status);
    return all;
  };
  assert.deepEqual(await statuses(about("no", "1"), about("no", "1")), [401, 401]);
  assert.deepEqual(checked.splice(0), ["no"]);
  assert.deepEqual(await statuses(about("no", undefined), about("no", undefined)), [401, 401]);
  assert.deepEqual(checked.splice(0), ["no", "no"], "without an id each counts");
  assert.deepEqual(await statuses(about("no", "1", "X-Forwarded-For: 192.0.2.1"), about("no", "1")), [401, 401]);
  assert.deepEqual(checked.splice(0), ["no", "no"], "another request has the same id");

  const first = await ask(gateway, "/auth", about("pw", "2"));
  const again = await ask(gateway, "/auth", about("pw", "2"));
  assert.match(String(first.fields["sallyport-token"]), /^Bearer sps_/);
  assert.deepEqual(again.fields["sallyport-token"], first.fields["sallyport-token"]);

  await auth.sessions.endSubject("ada", "admin");
  checked.length = 0;
  const ended = await ask(gateway, "/auth", about("pw", "2"));
  assert.notDeepEqual(ended.fields["sallyport-token"], first.fields["sallyport-token"]);
  assert.deepEqual(checked.splice(0), ["pw"], "its session has ended: it is asked anew");

  assert.deepEqual(await statuses(about("no", "3")), [401]);
  world.advance(5_000);
  assert.deepEqual(await statuses(about("no", "3")), [401]);
  assert.deepEqual(checked, ["no", "no"], "after five seconds it is asked anew");
});

test("the rate of a route and the rules of its operator count for questions, once for a request that is asked about twice", async (t) => {
  const rate = { burst: 2, refillMs: 3_600_000 };
  const authorize = { url: "http://127.0.0.1:1/", timeoutMs: 100, claims: [], secret: undefined };
  const gateway = await start(t, {
    routes: [
      route({ host, path: "/" }, { upstream: "", rate }),
      route({ host, path: "/ruled" }, { upstream: "", authorize: authorize as unknown as RouteConfig["authorize"] }),
    ],
  });
  const put = async (url: string, id: string) => {
    const headers = ["X-Forwarded-Method: GET", `X-Forwarded-Uri: ${url}`, `X-Request-Id: ${id}`];
    const { status, fields } = await ask(gateway, "/auth", [...headers, `Authorization: ${gateway.bearer}`]);
    return [status, fields["sallyport-reason"]?.[0]];
  };
  assert.deepEqual(await put("/a", "1"), [200, undefined]);
  assert.deepEqual(await put("/a", "1"), [200, undefined]);
  assert.deepEqual(await put("/a", "2"), [200, undefined]);
  assert.equal((await put("/a", "3"))[0], 429);
  assert.deepEqual(await put("/a", "2"), [200, undefined], "its answer is kept");
  // No service is there in this gateway.
  assert.deepEqual(await put("/ruled", "4"), [503, "authorizer_unavailable"]);
});
