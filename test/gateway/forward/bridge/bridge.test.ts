import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type TestContext, test } from "node:test";
import { asOne, type BridgeWorld, bridgeWorld, type Caller } from "./bridge-world.js";
import { RotatingUpstream, upstreamSecret } from "./rotating-upstream.js";

async function world(t: TestContext, options: Parameters<typeof bridgeWorld>[2] = {}) {
  const upstream = new RotatingUpstream();
  await upstream.listen(t);
  const credential = "{ wire: http, scheme: Key, secret: { file: ./upstream.secret }, path: /me, logOut: /log-out }";
  const made = await bridgeWorld(t, `{ url: "${upstream.url}", credential: ${credential} }`, {
    ...options,
    secret: upstreamSecret,
  });
  return { ...made, upstream };
}

interface Echo {
  readonly session: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const ask = async (
  caller: Caller,
  node: BridgeWorld["nodes"][number],
  path = "/x",
  init?: RequestInit,
): Promise<Echo> => {
  const response = await caller.fetch(node, path, init);
  assert.equal(response.status, 200, `${path}: ${response.status} ${response.headers.get("sallyport-reason")}`);
  return (await response.json()) as Echo;
};

test("each session has one of its own at the upstream, whatever the number of first calls and of nodes", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const [ada, again, bob] = [await logIn("ada"), await logIn("ada"), await logIn("bob")];
  const all = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      ask([ada, again, bob][index % 3] as Caller, nodes[index % 2] as (typeof nodes)[0]),
    ),
  );
  const sessions = [0, 1, 2].map(
    (which) => new Set(all.filter((_, index) => index % 3 === which).map(({ session }) => session)),
  );
  assert.deepEqual(
    sessions.map(({ size }) => size),
    [1, 1, 1],
  );
  assert.equal(new Set(sessions.flatMap((one) => [...one])).size, 3);
  assert.equal(upstream.logIns, 3);
  assert.equal(upstream.refused, 0);
});

test("neither side ever gets a token of the other", async (t) => {
  const { upstream, nodes, logIn, given } = await world(t, {
    session: "session: { rotateAfter: 200ms, overlap: 50ms, straggler: 100ms }",
  });
  const caller = await logIn("ada");
  const seen: string[] = [];
  for (let index = 0; index < 30; index += 1) {
    const response = await caller.fetch(nodes[index % 2] as (typeof nodes)[0], `/n/${index}`, {
      method: "POST",
      body: `body ${index}`,
      headers: {
        "x-deephaven-auth-cookie-request": "true",
        "auth-token-bin": "YWJj",
        auth_token_bin: "YWJj",
        "grpc-metadata-auth-token-bin": "YWJj",
        cookie: "deephaven-auth-cookie=abc; a=b",
      },
    });
    seen.push([...response.headers].map(String).join("\n"), await response.text());
  }
  assert.ok(given.size > 1, "ours turned");
  assert.ok(upstream.given.size > 20, "the upstream's turned");
  const toClient = seen.join("\n");
  for (const token of [...upstream.given, upstreamSecret]) assert.ok(!toClient.includes(token), "the client got one");
  assert.match(toClient, /set-cookie,theme=dark/);
  const toUpstream = JSON.stringify(upstream.got);
  for (const token of given) assert.ok(!toUpstream.includes(token), "the upstream got one");
  for (const { rawHeaders } of upstream.got) {
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    assert.equal(names.filter((name) => name === "authorization").length, 1);
    assert.deepEqual(
      names.filter((name) => /token|cookie-request/.test(name)),
      [],
    );
  }
  assert.ok(!toUpstream.includes("deephaven-auth-cookie"));
  for (const { logged } of nodes) {
    for (const token of [...upstream.given, ...given, upstreamSecret])
      assert.ok(!JSON.stringify(logged).includes(token));
  }
});

test("an upstream that restarted is logged in to anew, and the call is repeated, with its body", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  upstream.rotateEvery = 1_000;
  const caller = await logIn("ada");
  await ask(caller, nodes[0]);
  await ask(caller, nodes[1]);
  for (const [index, [path, sent]] of (
    [
      ["/x", 2],
      ["/early", 1],
    ] as const
  ).entries()) {
    upstream.forget();
    const before = upstream.got.length;
    const body = `${"b".repeat(10_000)}${index}`;
    const echo = await ask(caller, nodes[0], path, { method: "POST", body });
    assert.equal(echo.body, body);
    assert.equal(upstream.logIns, 2 + index);
    const calls = upstream.got.slice(before).filter((one) => one.path === path);
    assert.deepEqual(
      calls.map((one) => one.body),
      Array(sent).fill(body),
    );
    assert.equal((await ask(caller, nodes[1])).session, echo.session, "the other node finds it");
  }
  assert.equal(upstream.logIns, 3);
});

test("a node whose token was replaced, and its replacement forgotten, logs in once", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  for (const index of [0, 1, 1, 1, 1]) await ask(caller, nodes[index] as (typeof nodes)[0]);
  upstream.forget();
  assert.equal((await ask(caller, nodes[0], "/x", { method: "POST", body: "b" })).body, "b");
  assert.equal(upstream.logIns, 2);
});

test("a body that is too long to be kept is not repeated: 503, and the next call goes on", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  await ask(caller, nodes[0]);
  upstream.forget();
  const response = await caller.fetch(nodes[0], "/x", { method: "POST", body: "b".repeat(200_000) });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("sallyport-reason"), "upstream_unavailable");
  await response.arrayBuffer();
  assert.equal((await ask(caller, nodes[0])).session, "session 2");
});

test("a caller all of whose bodies are too long gets a session anew too", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  await ask(caller, nodes[0]);
  upstream.forget();
  const long = { method: "POST", body: "b".repeat(200_000) };
  const response = await caller.fetch(nodes[0], "/x", long);
  assert.equal(response.status, 503);
  await response.arrayBuffer();
  await upstream.loggedIn(2);
  assert.equal((await ask(caller, nodes[1], "/x", long)).session, "session 2");
});

test("a call that the upstream refuses by itself is passed on, and costs no session there", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  const { session } = await ask(caller, nodes[0]);
  const response = await caller.fetch(nodes[0], "/forbidden");
  assert.equal(response.status, 401);
  assert.equal(await response.text(), "not you");
  assert.equal((await ask(caller, nodes[0])).session, session);
  assert.equal(upstream.logIns, 1);
});

test("a WebSocket carries the token too, also after a restart of the upstream", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  const open = (): Promise<{ readonly head: string; readonly echo: string }> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...{ connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
        ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", authorization: `Bearer ${caller.token}` },
      };
      const asked = request(`${nodes[0].origin}/socket`, { headers });
      asked.on("response", ({ statusCode }) => reject(new Error(`answered with ${statusCode}`))).on("error", reject);
      asked.on("upgrade", ({ rawHeaders }, socket) => {
        socket.on("error", reject).once("data", (echo) => {
          socket.destroy();
          resolve({ head: rawHeaders.join("\n"), echo: String(echo) });
        });
        socket.write("frames");
      });
      asked.end();
    });
  for (const session of ["session 1", "session 2"]) {
    const { head, echo } = await open();
    assert.equal(echo, "frames");
    assert.match(head, new RegExp(`x-session\n${session}\\b`, "i"));
    for (const token of upstream.given) assert.ok(!head.includes(token));
    upstream.forget();
  }
});

test("a log-out ends the upstream's session too", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const [ada, bob] = [await logIn("ada"), await logIn("bob")];
  await ask(ada, nodes[0]);
  await ask(bob, nodes[0]);
  assert.equal(upstream.open, 2);
  const loggedOut = new Promise<void>((resolve) => {
    const { got } = upstream;
    const { push } = got;
    got.push = (...added) => {
      if (added.some(({ path }) => path === "/log-out")) setImmediate(resolve);
      return push.apply(got, added);
    };
  });
  await ada.logOut(nodes[0]);
  await loggedOut;
  assert.equal(upstream.logOuts, 1);
  assert.equal(upstream.open, 1);
  await ask(bob, nodes[0]);
});

test("a gateway that ended and began again goes on with the upstream's sessions", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  const { session } = await ask(caller, nodes[0]);
  await nodes[0].served.stop();
  assert.equal((await ask(caller, nodes[1])).session, session);
  assert.equal(upstream.logIns, 1);
});

test("callers without a session get 403, and keep the token that they were offered", async (t) => {
  const { upstream, nodes, given } = await world(t, {
    routes: "{ match: { path: / }, upstream: app }, { match: { path: /open }, anonymous: true, upstream: app }",
  });
  const anonymous = await fetch(`${nodes[0].origin}/open`);
  assert.deepEqual([anonymous.status, anonymous.headers.get("sallyport-reason")], [403, "session_required"]);
  const basic = await fetch(`${nodes[0].origin}/x`, { headers: { authorization: asOne("ada") } });
  assert.deepEqual([basic.status, basic.headers.get("sallyport-reason")], [403, "session_required"]);
  const offered = basic.headers.get("authorization") ?? "";
  assert.match(offered, /^Bearer sps_/);
  const response = await fetch(`${nodes[0].origin}/x`, { headers: { authorization: offered } });
  assert.equal(response.status, 200);
  assert.equal(upstream.logIns, 1);
  assert.equal(given.size, 0);
});

test("procedures whose messages hold tokens are refused, in any case and behind any prefix", async (t) => {
  const { upstream, nodes, logIn } = await world(t, {
    routes: "{ match: { path: / }, upstream: app }, { match: { path: /up }, stripPrefix: /up, upstream: app }",
  });
  const caller = await logIn("ada");
  for (const path of [
    "/io.deephaven.proto.backplane.grpc.SessionService/NewSession",
    "/io.deephaven.proto.backplane.grpc.SessionService/RefreshSessionToken?x=1",
    "/IO.deephaven.proto.backplane.grpc.SessionService/CLOSESESSION",
    "/arrow.flight.protocol.FlightService/Handshake",
    "/up/sallyport.v1.AuthService/LogIn",
    "/up/io.deephaven.proto.auth.grpc.AuthApi/authenticateByPassword",
  ]) {
    const response = await caller.fetch(nodes[0], path, { method: "POST" });
    assert.deepEqual([response.status, response.headers.get("sallyport-reason")], [403, "not_permitted"], path);
  }
  assert.equal(upstream.got.length, 0);
});

test("WebSockets of gRPC, whose frames hold the tokens of calls, are refused", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  const caller = await logIn("ada");
  for (const protocol of ["grpc-websockets", "a, grpc-websockets-multiplex", "A,GRPC-WebSockets"]) {
    const headers = {
      ...{ connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
      ...{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", authorization: `Bearer ${caller.token}` },
      "sec-websocket-protocol": protocol,
    };
    const [response] = (await once(request(`${nodes[0].origin}/a.B/C`, { headers }).end(), "response")) as [
      IncomingMessage,
    ];
    response.resume();
    assert.deepEqual([response.statusCode, response.headers["sallyport-reason"]], [403, "not_permitted"], protocol);
  }
  assert.equal(upstream.logIns, 0);
});

test("an upstream that refuses the gateway's credential is told of once, and gets no flood of log-ins", async (t) => {
  const { upstream, nodes, logIn } = await world(t);
  upstream.broken = 403;
  const [ada, bob] = [await logIn("ada"), await logIn("bob")];
  for (const caller of [ada, bob, ada]) {
    const response = await caller.fetch(nodes[0], "/x");
    assert.deepEqual([response.status, response.headers.get("sallyport-reason")], [503, "upstream_unavailable"]);
  }
  assert.equal(upstream.got.length, 1);
  const told = nodes[0].logged.filter(({ msg }) => /refused the gateway's own credential/.test(String(msg)));
  assert.equal(told.length, 1);
});
