import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { exchange } from "../../../src/testing/adapter/client.js";
import { route } from "../fixtures.js";
import { basicOf, type Running, type RunningOptions, startGateway } from "../running.js";
import { asAda, runGateway } from "../running-gateway.js";

async function start(t: TestContext, options: RunningOptions): Promise<Running> {
  const gateway = await startGateway(options);
  t.after(() => gateway.close());
  return gateway;
}

const statusOf = (answer: string): number => Number(answer.slice(9, 12));

/** Three, and then one an hour. */
const three = { burst: 3, refillMs: 3_600_000 };

test("a rate holds for each caller, whatever the protocol, the method, the spelling and the connection", async (t) => {
  const gateway = await start(t, { routes: [route({ path: "/a" }, { rate: three }), route({}, { anonymous: true })] });
  const get = (line: string, user = "ada", more = ""): Promise<string> =>
    exchange(
      gateway.http1,
      `${line} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\nauthorization: ${basicOf(user, "pw")}\r\n${more}\r\n`,
    );
  assert.equal(statusOf(await get("GET /a")), 200);
  assert.equal(statusOf(await get("HEAD /a/b")), 200);
  const session = connectHttp2(gateway.http2).on("error", () => {});
  t.after(() => session.destroy());
  const stream = async (headers: Record<string, string>): Promise<[status: unknown, ...rest: unknown[]]> => {
    const asked = session.request({ ":authority": "a.example", authorization: basicOf("ada", "pw"), ...headers });
    asked.resume().end();
    const [received] = await once(asked, "response");
    return [
      received[":status"],
      received["grpc-status"],
      received["sallyport-reason"],
      received["retry-after"] !== undefined,
    ];
  };
  assert.equal((await stream({ ":path": "/%61", ":method": "POST" }))[0], 200);
  const refused = await get("GET /a");
  assert.equal(statusOf(refused), 429);
  assert.match(refused, /\r\nsallyport-reason: rate_limited\r\n/i);
  assert.match(refused, /\r\nretry-after: (3600|359\d)\r\n/i);
  for (const line of ["HEAD /a", "POST /a", "GET /a/b?c", "PURGE /%61"])
    assert.equal(statusOf(await get(line)), 429, line);
  const upgrade = "upgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n";
  const socket = `GET /a HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nauthorization: ${basicOf("ada", "pw")}\r\n${upgrade}\r\n`;
  assert.equal(statusOf(await exchange(gateway.http1, socket)), 429);
  const grpc = { ":path": "/a", ":method": "POST", "content-type": "application/grpc", te: "trailers" };
  assert.deepEqual(await stream(grpc), [200, "8", "rate_limited", true]);
  assert.deepEqual(await stream({ ":path": "/a", ":method": "GET" }), [429, undefined, "rate_limited", true]);
  // Another caller, and another route.
  assert.equal(statusOf(await get("GET /a", "bob")), 200);
  assert.equal(statusOf(await get("GET /b")), 200);
  assert.equal(gateway.seen.filter(({ url }) => url.startsWith("/a")).length, 4);
  assert.deepEqual(gateway.faults, []);
});

test("an anonymous caller is counted by its address, and those that a proxy does not name together", async (t) => {
  const gateway = await start(t, {
    routes: [route({}, { anonymous: true, rate: { burst: 1, refillMs: 3_600_000 } })],
    trustedProxies: ["127.0.0.0/8"],
  });
  const get = async (forwarded?: string): Promise<number> => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    return (await fetch(gateway.http1, { headers })).status;
  };
  assert.deepEqual([await get("192.0.2.1"), await get("192.0.2.1"), await get("192.0.2.2")], [200, 429, 200]);
  // What a client writes in front of what the proxy adds makes no other client of it.
  assert.equal(await get("198.51.100.9, 192.0.2.1"), 429);
  assert.deepEqual([await get("2001:db8::1"), await get("2001:db8::2"), await get("2001:db8:0:1::1")], [200, 429, 200]);
  assert.deepEqual([await get(), await get()], [200, 429]);
});

test("what is refused before is not counted, and the count is of this route alone", async (t) => {
  const rate = { burst: 1, refillMs: 3_600_000 };
  const routes = [route({ path: "/admin" }, { roles: ["admin"], rate }), route({ path: "/b" }, { rate }), route()];
  const gateway = await start(t, { routes });
  const get = async (path: string, user: string, password = "pw"): Promise<number> =>
    (await fetch(gateway.http1 + path, { headers: { authorization: basicOf(user, password) } })).status;
  assert.deepEqual([await get("/admin", "ada"), await get("/admin", "root", "no")], [403, 401]);
  assert.deepEqual([await get("/admin", "root"), await get("/admin", "root")], [200, 429]);
  assert.deepEqual([await get("/b", "root"), await get("/b", "root")], [200, 429]);
});

/** A server whose answers wait until they are let go. */
function waiting() {
  const held: ServerResponse[] = [];
  let onRequest = (): void => {};
  return {
    held,
    serve(_request: IncomingMessage, response: ServerResponse): void {
      held.push(response);
      onRequest();
    },
    async until(count: number): Promise<void> {
      while (held.length < count) await new Promise<void>((resolve) => (onRequest = resolve));
    },
  };
}

test("a caller has so many requests under way; each end of one makes room", async (t) => {
  const upstream = waiting();
  const routes = [route({}, { limits: { maxConcurrent: 2 } })];
  const gateway = await start(t, { routes, serve: upstream.serve });
  const headers = { authorization: basicOf("ada", "pw") };
  const get = (): Promise<Response> => fetch(gateway.http1, { headers });
  const first = get();
  await upstream.until(1);
  const leaving = ask(gateway.http1, { headers }).on("error", () => {});
  leaving.end();
  await upstream.until(2);
  const refused = await get();
  assert.deepEqual(
    [refused.status, refused.headers.get("sallyport-reason"), refused.headers.get("retry-after")],
    [429, "too_many_concurrent", "1"],
  );
  const other = fetch(gateway.http1, { headers: { authorization: basicOf("bob", "pw") } });
  await upstream.until(3);
  // One ends whole, and one is left by its caller.
  upstream.held[0]?.end("ok");
  assert.equal((await first).status, 200);
  const third = get();
  await upstream.until(4);
  leaving.destroy();
  while (gateway.answered.every(({ ending }) => ending !== "caller_left")) await new Promise(setImmediate);
  const fourth = get();
  await upstream.until(5);
  assert.equal((await get()).status, 429);
  for (const response of upstream.held) response.end();
  assert.deepEqual([(await third).status, (await fourth).status, (await other).status], [200, 200, 200]);
  const fifth = get();
  await upstream.until(6);
  upstream.held.at(-1)?.end();
  assert.equal((await fifth).status, 200);
});

test("a request that never gets an exchange holds no place", async (t) => {
  const routes = [route({}, { limits: { maxConcurrent: 1, maxBodyBytes: 10 }, upstream: "gone" })];
  const gateway = await start(t, { routes });
  const headers = { authorization: basicOf("ada", "pw") };
  for (let index = 0; index < 3; index++) assert.equal((await fetch(gateway.http1, { headers })).status, 503);
  const long = { method: "POST", headers, body: "x".repeat(11) };
  for (let index = 0; index < 3; index++) assert.equal((await fetch(gateway.http1, long)).status, 413);
});

test("a WebSocket counts while it is open", async (t) => {
  const gateway = await start(t, {
    routes: [route({}, { limits: { maxConcurrent: 1 } })],
    onUpgrade: (_request, socket) => {
      socket.on("error", () => {}).on("end", () => socket.end());
      socket.resume();
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    },
  });
  const { port } = new URL(gateway.http1);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    `GET / HTTP/1.1\r\nhost: a\r\nauthorization: ${basicOf("ada", "pw")}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
      "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n",
  );
  const [head] = await once(socket, "data");
  assert.equal(statusOf(String(head)), 101);
  const headers = { authorization: basicOf("ada", "pw") };
  assert.equal((await fetch(gateway.http1, { headers })).status, 429);
  socket.destroy();
  while (!gateway.outcomes.some(({ kind }) => kind === "proxied")) await new Promise(setImmediate);
  assert.equal((await fetch(gateway.http1, { headers })).status, 200);
});

test("a body that is too long is 413, by its length and as it comes, and the upstream gets no whole one", async (t) => {
  const whole: number[] = [];
  const broken: string[] = [];
  const gateway = await start(t, {
    routes: [route({}, { limits: { maxBodyBytes: 1_000 } })],
    serve(request, response) {
      let bytes = 0;
      request.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on("end", () => {
        whole.push(bytes);
        response.end("ok");
      });
      request.on("error", ({ message }) => broken.push(message));
    },
  });
  const head = `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: ${basicOf("ada", "pw")}\r\n`;
  const sized = (bytes: number): Promise<string> =>
    exchange(gateway.http1, `${head}content-length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`);
  const chunk = `fa\r\n${"x".repeat(250)}\r\n`;
  const chunked = (count: number): Promise<string> =>
    exchange(gateway.http1, `${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(count)}0\r\n\r\n`);
  assert.deepEqual([statusOf(await sized(1_000)), statusOf(await chunked(4))], [200, 200]);
  for (const answer of [await sized(1_001), await chunked(5), await chunked(50)]) {
    assert.equal(statusOf(answer), 413);
    assert.match(answer, /\r\nsallyport-reason: body_too_large\r\n/i);
  }
  const session = connectHttp2(gateway.http2).on("error", () => {});
  t.after(() => session.destroy());
  const upload = session.request({ ":method": "POST", authorization: basicOf("ada", "pw") });
  upload.on("error", () => {});
  upload.resume().write(Buffer.alloc(1_001));
  assert.equal((await once(upload, "response"))[0][":status"], 413);
  assert.deepEqual(whole, [1_000, 1_000]);
  assert.deepEqual(gateway.faults, []);
});

test("a body that turns out to be too long cuts an answer that has begun", async (t) => {
  const gateway = await start(t, {
    routes: [route({}, { limits: { maxBodyBytes: 1_000 } })],
    serve(request, response) {
      request.resume().on("error", () => {});
      response.write("begun");
    },
  });
  const asked = ask(gateway.http1, { method: "POST", headers: { authorization: basicOf("ada", "pw") } });
  asked.on("error", () => {});
  asked.write("x".repeat(1_000));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const cut = once(response, "error");
  response.resume();
  asked.write("y");
  await cut;
  assert.equal(response.complete, false);
  const last = gateway.outcomes.at(-1);
  assert.equal(last?.kind === "failed" && last.code, "body_too_large");
});

test("a gRPC stream whose messages become too many ends without a status that looks whole", async (t) => {
  const { server, origin } = await h2cServer(t);
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.on("error", () => {}).resume();
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.write("begun");
  });
  const gateway = await start(t, { upstream: { origin }, routes: [route({}, { limits: { maxBodyBytes: 1_000 } })] });
  const session = connectHttp2(gateway.http2).on("error", () => {});
  t.after(() => session.destroy());
  const headers = { "content-type": "application/grpc", te: "trailers", authorization: basicOf("ada", "pw") };
  const call = session.request({ ":method": "POST", ":path": "/a.B/C", ...headers });
  let trailers: unknown;
  call.on("trailers", (received) => {
    trailers = received;
  });
  await once(
    call.on("error", () => {}),
    "data",
  );
  call.write(Buffer.alloc(1_001));
  await once(call, "close");
  assert.equal(trailers, undefined);
  assert.notEqual(call.rstCode, 0);
  assert.deepEqual(gateway.faults, []);
});

async function h2cServer(t: TestContext) {
  const server = createHttp2();
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { server, origin: `h2c://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("a route with a service that is not there lets no caller in, and no anonymous one anyway", async (t) => {
  const authorize = { url: "http://127.0.0.1:9", timeoutMs: 1_000, claims: [] };
  const gateway = await start(t, { routes: [route({}, { authorize, anonymous: true })] });
  assert.equal((await fetch(gateway.http1)).status, 401);
  const headers = { authorization: basicOf("ada", "pw") };
  assert.equal((await fetch(gateway.http1, { headers })).status, 503);
});

for (const scheme of ["http", "h2c"]) {
  test(`a route has its own time to the head and within the body of an answer, of an upstream at ${scheme}://`, async (t) => {
    let ahead = 0;
    const platform = { ...systemPlatform, monotonic: () => performance.now() + ahead };
    const silent = waiting();
    const upstream = { headersTimeoutMs: 1e15, bodyTimeoutMs: 1e15 };
    if (scheme === "h2c") {
      const { server, origin } = await h2cServer(t);
      server.on(
        "request",
        silent.serve as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void,
      );
      Object.assign(upstream, { origin });
    }
    const gateway = await start(t, {
      platform,
      upstream,
      serve: silent.serve,
      routes: [route({ path: "/quick" }, { limits: { headersTimeoutMs: 100_000, bodyTimeoutMs: 100_000 } }), route()],
    });
    const headers = { authorization: basicOf("ada", "pw") };
    const quick = fetch(`${gateway.http1}/quick`, { headers });
    const slow = fetch(`${gateway.http1}/slow`, { headers });
    await silent.until(2);
    ahead = 200_000;
    assert.equal((await quick).status, 504);
    const begun = fetch(`${gateway.http1}/quick`, { headers });
    await silent.until(3);
    for (const response of silent.held) response.write("begun");
    const [whole, cut] = [await slow, await begun];
    assert.deepEqual([whole.status, cut.status], [200, 200]);
    ahead += 200_000;
    silent.held[1]?.end();
    silent.held[0]?.end();
    assert.equal(await whole.text(), "begun");
    let isCut = false;
    const cutting = assert.rejects(cut.text()).then(() => {
      isCut = true;
    });
    // What has come counts from the next look at it.
    while (!isCut) {
      ahead += 200_000;
      await new Promise(setImmediate);
    }
    await cutting;
  });
}

test("rate and limits are of the file: a reload takes a change, and forgets no count", async (t) => {
  const routes = (rate: string): string => `{ match: { path: / }, upstream: app, ${rate} }`;
  const before = "rate: { requests: 2, per: 1h }";
  const gateway = await runGateway(t, routes(before));
  const get = async (): Promise<number> => (await fetch(gateway.origin, { headers: { authorization: asAda } })).status;
  assert.deepEqual([await get(), await get(), await get()], [200, 200, 429]);
  const edit = async (to: string): Promise<void> => {
    const count = gateway.logged.filter(({ kind }) => kind === "configuration").length;
    gateway.configure(readFileSync(gateway.files.config, "utf8").replace(/(?<=app, )(rate|limits): \{[^}]*\}/, to));
    gateway.reload();
    while (gateway.logged.filter(({ kind }) => kind === "configuration").length === count)
      await new Promise(setImmediate);
  };
  await edit("limits: { maxBodyBytes: 3, maxConcurrent: 5 }");
  assert.equal(await get(), 200);
  const post = await fetch(gateway.origin, { method: "POST", body: "four", headers: { authorization: asAda } });
  assert.equal(post.status, 413);
  await edit(before);
  assert.equal(await get(), 429);
});
