import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { Code, createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { createOwnAnswers } from "../../../src/gateway/own/own-answers.js";
import { noServices } from "../../../src/gateway/own/own-config.js";
import { createResolve } from "../../../src/gateway/route/resolve.js";
import { createRouteTable } from "../../../src/gateway/route/routes.js";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../../src/gen/grpc/health/v1/health_pb.js";
import { peerSlot } from "../../../src/model/connect-context.js";
import { createHealthRoutes, maxWatches } from "../../../src/services/health.js";
import { createWorld } from "../../world.js";
import { runGateway } from "../running-gateway.js";

const routes = `
  { match: { path: /grpc.health.v1.Health }, anonymous: true, upstream: app },
  { match: { path: / }, roles: [user], upstream: app }`;

const start = (t: TestContext, services: string) =>
  runGateway(t, routes, (text) => `${text}services: { ${services} }\n`);

/** Stands for the adapter, which says where a request comes from. */
const withPeer =
  (address: string): Interceptor =>
  (next) =>
  (request) => {
    request.contextValues.set(peerSlot, { address, trusted: false });
    return next(request);
  };

/** Writes a request as it is, and returns the first line and the body of the answer. */
async function sendRaw(origin: string, lines: readonly string[]): Promise<readonly [string, string]> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write([...lines, "", ""].join("\r\n"));
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  await once(socket, "close");
  return [text.split("\r\n", 1)[0] ?? "", text.split("\r\n\r\n")[1] ?? ""];
}

test("Check needs no credentials, by each protocol: the server, its services, and no other", async (t) => {
  const { origin } = await start(t, "health: {}");
  for (const transport of [
    createGrpcTransport({ baseUrl: origin }),
    createGrpcWebTransport({ baseUrl: origin, httpVersion: "1.1" }),
    createConnectTransport({ baseUrl: origin, httpVersion: "1.1" }),
  ]) {
    const health = createClient(Health, transport);
    for (const service of ["", "sallyport.v1.AuthService", "grpc.health.v1.Health"]) {
      assert.equal((await health.check({ service })).status, Status.SERVING, service);
    }
    await assert.rejects(health.check({ service: "app.v1.Unknown" }), { code: Code.NotFound });
  }
});

test("a gateway that stops is NOT_SERVING to a watch, and then ends it", async (t) => {
  const gateway = await runGateway(t, routes, (text) => `${text}services: { health: {} }\nlimits: { stopDelay: 5s }\n`);
  const health = createClient(Health, createGrpcTransport({ baseUrl: gateway.origin }));
  const seen: Status[] = [];
  let stopped: Promise<void> | undefined;
  for await (const { status } of health.watch({})) {
    seen.push(status);
    if (status === Status.SERVING) stopped = gateway.served.gateway.stop();
    else void gateway.served.gateway.stop("no-delay");
  }
  await stopped;
  assert.deepEqual(seen, [Status.SERVING, Status.NOT_SERVING]);
});

test("a watch of a service that is not known says so, and ends with a reload", async (t) => {
  const gateway = await start(t, "health: {}");
  const health = createClient(Health, createGrpcTransport({ baseUrl: gateway.origin }));
  const seen: Status[] = [];
  for await (const { status } of health.watch({ service: "app.v1.Unknown" })) {
    seen.push(status);
    gateway.reload();
  }
  assert.deepEqual(seen, [Status.SERVICE_UNKNOWN]);
});

test("there is a most of watches, and the end of one makes room", async () => {
  const { platform } = createWorld();
  const parts = { ready: async () => undefined, names: new Set<string>(), ending: undefined, platform };
  const health = createClient(Health, createRouterTransport(createHealthRoutes(parts)));
  const open = async () => {
    const leaving = new AbortController();
    const watch = health.watch({}, { signal: leaving.signal })[Symbol.asyncIterator]();
    await watch.next();
    return { leave: () => leaving.abort(), gone: watch };
  };
  const watches = [];
  for (let count = 0; count < maxWatches; count += 1) watches.push(await open());
  await assert.rejects(open(), { code: Code.ResourceExhausted });
  watches[0]?.leave();
  await assert.rejects(Promise.resolve(watches[0]?.gone.next()), { code: Code.Canceled });
  await open();
});

test("one source has a part of the watches", async () => {
  const { platform } = createWorld();
  const parts = { ready: async () => undefined, names: new Set<string>(), ending: undefined, platform };
  const routes = createHealthRoutes(parts);
  const clientOf = (address: string) =>
    createClient(Health, createRouterTransport(routes, { router: { interceptors: [withPeer(address)] } }));
  const [one, other] = [clientOf("192.0.2.1"), clientOf("192.0.2.2")];
  for (let count = 0; count < 16; count += 1) await one.watch({})[Symbol.asyncIterator]().next();
  await assert.rejects(one.watch({})[Symbol.asyncIterator]().next(), { code: Code.ResourceExhausted });
  assert.deepEqual((await other.watch({})[Symbol.asyncIterator]().next()).value?.status, Status.SERVING);
});

test("without services.health a route leads the checks of an upstream to it", async (t) => {
  const { origin, upstream } = await runGateway(t, routes);
  await fetch(`${origin}/grpc.health.v1.Health/Check`, { method: "POST" });
  assert.equal(upstream.requests[0]?.url, "/grpc.health.v1.Health/Check");
});

test("the path of health checks answers plain HTTP, by HTTP/1.0 without Host, too, and no other path does", async (t) => {
  const { origin, upstream } = await start(t, "health: { path: /healthz }");
  const answer = await fetch(`${origin}/healthz`);
  assert.deepEqual([answer.status, await answer.text()], [200, "ready\n"]);
  for (const method of ["GET", "OPTIONS"]) {
    assert.deepEqual(await sendRaw(origin, [`${method} /healthz HTTP/1.0`]), ["HTTP/1.1 200 OK", "ready\n"]);
  }
  assert.deepEqual(await sendRaw(origin, ["HEAD /healthz HTTP/1.0"]), ["HTTP/1.1 200 OK", ""]);
  const bad = "HTTP/1.1 400 Bad Request";
  for (const path of ["/", "/grpc.health.v1.Health/Check", "/healthz/", "/sallyport.v1.AuthService/LogIn"]) {
    assert.equal((await sendRaw(origin, [`GET ${path} HTTP/1.0`]))[0], bad, path);
  }
  assert.equal((await sendRaw(origin, ["GET /healthz HTTP/1.1", "Connection: close"]))[0], bad, "HTTP/1.1");
  assert.equal((await sendRaw(origin, ["GET /healthz HTTP/1.0", "Host: a", "Host: a"]))[0], bad, "two");
  assert.deepEqual(upstream.requests, []);
});

test("only HTTP/1.0 may leave the host out, and only there", () => {
  const own = createOwnAnswers({ services: { ...noServices, health: { path: "/healthz" } }, pagesUrl: undefined });
  const resolve = createResolve(createRouteTable([]), own);
  const kindOf = (url: string, httpVersion: string) =>
    resolve({ method: "GET", url, rawHeaders: [], httpVersion }, false).kind;
  assert.equal(kindOf("/healthz", "1.0"), "own");
  for (const version of ["1.1", "2.0"]) assert.equal(kindOf("/healthz", version), "refused", version);
  for (const path of ["/grpc.health.v1.Health/Check", "/sallyport.v1.AuthService/LogIn", "/other"]) {
    assert.equal(kindOf(path, "1.0"), "refused", path);
  }
});

test("what is no check is refused at the path, and its body is not taken", async (t) => {
  const { origin } = await start(t, "health: { path: /healthz }");
  for (const init of [{ method: "DELETE" }, { method: "POST", body: "x" }]) {
    assert.equal((await fetch(`${origin}/healthz`, init)).status, 501);
  }
  const [line] = await sendRaw(origin, ["GET /healthz HTTP/1.1", "Host: a", "Content-Length: 1000000000"]);
  assert.equal(line, "HTTP/1.1 501 Not Implemented");
});

test("a path that servers could read in two ways is refused", async (t) => {
  for (const path of ["/", "healthz", "/a//b", "/%41", "/a/../b"]) {
    await assert.rejects(start(t, `health: { path: "${path}" }`), /services\.health\.path must be a path/, path);
  }
});
