import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from "node:http2";
import { it } from "node:test";
import { continueAuth } from "../../src/adapters/node/continue.js";
import { nodeAuth } from "../../src/adapters/node/node.js";
import { type Platform, systemPlatform } from "../../src/base/platform.js";
import { exchange } from "../../src/testing/adapter/client.js";
import { createScriptedAuth } from "../../src/testing/adapter/scripted-auth.js";
import { listen } from "./servers.js";

const auth = createScriptedAuth();

/** Answers with the length of the body. */
const listener = nodeAuth(auth, async (request, response) => {
  let length = 0;
  for await (const chunk of request) length += (chunk as Buffer).length;
  response.end(`took ${length}`);
});

const body = "x".repeat(30_000);
const post = (head: string, payload = body) => `POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${payload}`;

it("a denied body of declared length is taken, and the connection goes on", async () => {
  const { origin, close } = await listen(createServer(listener));
  const superseded = post(`Authorization: Bearer superseded\r\nContent-Length: ${body.length}`);
  const good = post(`Authorization: Bearer ada\r\nConnection: close\r\nContent-Length: ${body.length}`);
  const received = await exchange(origin, superseded + good);
  assert.match(received, /^HTTP\/1\.1 401 .*HTTP\/1\.1 200 .*took 30000$/s);
  await close();
});

it("a denied chunked body that ends gets its answer, and an orderly end", async () => {
  const { origin, close } = await listen(createServer(listener));
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const received = await exchange(origin, post("Transfer-Encoding: chunked", chunked));
  assert.match(received, /^HTTP\/1\.1 401 .*no_credentials.*connection: close.*"reason":"no_credentials"\}\n$/is);
  await close();
});

it("a denial that waits its turn in a pipeline does not cut off the answer before it", async () => {
  const slow = nodeAuth(auth, (_request, response) => void setTimeout(() => response.end("first"), 1500));
  const { origin, close } = await listen(createServer(slow));
  const first = "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ada\r\n\r\n";
  const received = await exchange(origin, first + post("Content-Length: 1000000000"));
  assert.match(received, /^HTTP\/1\.1 200 .*first.*HTTP\/1\.1 401 /s);
  await close();
});

it("who is let in after Expect is asked for the body, once; who is denied is not asked", async () => {
  const server = createServer(listener);
  continueAuth(server, listener);
  const { origin, close } = await listen(server);
  const expect = `Expect: 100-continue\r\nConnection: close\r\nContent-Length: ${body.length}`;
  const good = await exchange(origin, post(`Authorization: Bearer ada.slow\r\n${expect}`));
  assert.match(good, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 .*took 30000$/s);
  assert.equal(good.split("100 Continue").length, 2);
  const denied = await exchange(origin, post(expect));
  assert.match(denied, /^HTTP\/1\.1 401 /);
  assert.doesNotMatch(denied, /100 Continue/);
  await close();
});

it("over HTTP/2 a denied call with a short body ends without a reset, and its stream is let go", async () => {
  const waits: (() => void)[] = [];
  const delay: Platform["delay"] = (_ms, done) => {
    waits.push(done);
    return () => undefined;
  };
  const platform = { ...systemPlatform, delay };
  const server = createHttp2Server(
    nodeAuth(auth, (_: object, response: Http2ServerResponse) => response.end(), { platform }),
  );
  const { origin, close } = await listen(server);
  const session = connectHttp2(origin);
  for (const headers of [{}, { "content-length": String(body.length) }]) {
    waits.length = 0;
    const received = once(server, "stream") as Promise<[ServerHttp2Stream]>;
    const stream = session.request({ ":method": "POST", ":path": "/", "content-type": "application/grpc", ...headers });
    stream.end(body.slice(0, "content-length" in headers ? undefined : 10_000));
    stream.resume();
    const [serverStream] = await received;
    // The answer to a ping comes after the server has read all that was sent before it.
    await new Promise((resolve) => session.ping(resolve));
    waits[0]?.();
    if (!serverStream.closed) await once(serverStream, "close");
    assert.equal(serverStream.rstCode, 0);
    assert.equal(waits.length, 1, "the end of the body is noticed, not waited for");
  }
  session.destroy();
  await close();
});

it("a client that leaves before the decision never reaches the listener", async () => {
  let reached = 0;
  let left = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const waiting = { ...auth, authenticate: () => gone.then(() => ({ kind: "anonymous" }) as const) };
  const server = createServer(nodeAuth(waiting, () => reached++));
  const asked = new Promise<void>((resolve) => {
    server.on("request", (_request, response) => {
      response.on("close", () => setImmediate(left));
      resolve();
    });
  });
  const { origin, close } = await listen(server);
  const aborter = new AbortController();
  const call = fetch(origin, { signal: aborter.signal }).catch(() => "aborted");
  await asked;
  aborter.abort();
  assert.equal(await call, "aborted");
  await gone;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(reached, 0);
  await close();
});
