import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { hangMs } from "../../size.js";
import { rawClient, startListeners, turnedClock } from "./listeners-world.js";

test("a stop closes what is idle at once, in both protocols, and takes nothing new", { timeout: hangMs }, async () => {
  const world = await startListeners({ stopTimeoutMs: 10 * hangMs });
  const silent = rawClient(world.port);
  const started = rawClient(world.port, "GET / HT");
  const idle = rawClient(world.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await idle.until(/GET 1\.1/);
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  let goneAway = false;
  session.on("goaway", () => {
    goneAway = true;
  });
  await new Promise((resolve) => session.request({ ":path": "/" }).resume().on("close", resolve));
  const closed = new Promise((resolve) => session.on("close", resolve));
  const stopped = world.listeners.stop();
  assert.equal(world.listeners.stop(), stopped);
  await Promise.all([stopped, silent.closed, started.closed, idle.closed, closed]);
  assert.equal(goneAway, true);
  assert.equal(await rawClient(world.port).closed, "");
});

test("calls under way finish, in both protocols, and their connections end with them", async () => {
  const pending: ServerResponse[] = [];
  const world = await startListeners({
    stopTimeoutMs: 60_000,
    handlers: { request: (_, response) => pending.push(response as ServerResponse) },
  });
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  const stream = session.request({ ":path": "/2" });
  let text = "";
  stream.on("data", (data) => {
    text += data;
  });
  while (pending.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const stopped = world.listeners.stop();
  const done = new Promise((resolve) => session.on("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 150));
  for (const response of pending) response.end("finished");
  await Promise.all([stopped, done]);
  assert.match(await client.closed, /finished$/);
  assert.equal(text, "finished");
});

test("a request that comes on an open connection during the stop is served, and told to be the last", async () => {
  const pending: ServerResponse[] = [];
  const world = await startListeners({
    stopTimeoutMs: 60_000,
    handlers: { request: (_, response) => pending.push(response as ServerResponse) },
  });
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  while (pending.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const stopped = world.listeners.stop();
  client.socket.write("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (let served = 0; served < 2; served += 1) {
    while (pending.length <= served) await new Promise((resolve) => setImmediate(resolve));
    pending[served]?.end("finished");
  }
  await stopped;
  const text = await client.closed;
  assert.equal(text.split("finished").length, 3);
  assert.match(text, /connection: close/i);
});

test("what does not finish in time is destroyed", async () => {
  const { platform, turn } = turnedClock();
  let arrived = 0;
  const world = await startListeners({
    platform,
    stopTimeoutMs: 200,
    handlers: { request: () => arrived++, upgrade: (_, socket) => socket.write("hello") },
  });
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const ws = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  await ws.until(/hello/);
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/2" });
  stream.on("error", () => undefined);
  const ended = new Promise((resolve) => stream.on("close", resolve));
  while (arrived < 2) await new Promise((resolve) => setImmediate(resolve));
  const stopped = world.listeners.stop();
  turn(199);
  await new Promise((resolve) => setTimeout(resolve, 150)); // it has looked several times
  assert.equal(world.listeners.openConnections(), 3);
  turn(1);
  await stopped;
  await Promise.all([client.closed, ws.closed, ended]);
  assert.equal(world.listeners.openConnections(), 0);
});

test("a request whose bytes have come when the stop begins is served", async () => {
  const world = await startListeners({ stopTimeoutMs: 60_000 });
  const idle = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const fresh = rawClient(world.port, "");
  const unserved = once(fresh.socket, "connect");
  await idle.until(/GET 1\.1/);
  await unserved;
  while (world.listeners.openConnections() < 2) await new Promise(setImmediate);
  // Written in the turn of the stop: they are in the kernel, and not read.
  idle.socket.write("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  fresh.socket.write("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  const stopped = world.listeners.stop();
  assert.equal((await idle.closed).split("200 OK").length, 3);
  assert.match(await fresh.closed, /^HTTP\/1\.1 200 OK[\s\S]*connection: close/i);
  await stopped;
});

test("an announced stop tells HTTP/1 clients to close, and takes new connections", async () => {
  const world = await startListeners({ stopTimeoutMs: 60_000 });
  world.listeners.announceStop();
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match(await client.closed, /connection: close/i);
  await world.listeners.stop();
});

test("a stop without patience destroys what another one waits for", async () => {
  let arrived = false;
  const request = () => {
    arrived = true;
  };
  const world = await startListeners({ stopTimeoutMs: 10 * hangMs, handlers: { request } });
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  while (!arrived) await new Promise(setImmediate);
  const stopped = world.listeners.stop();
  void world.listeners.stop(0);
  await stopped;
  assert.equal(await client.closed, "");
});
