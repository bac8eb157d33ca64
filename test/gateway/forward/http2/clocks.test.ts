import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { type TestContext, test } from "node:test";
import type { Forwarder } from "../../../../src/gateway/forward/exchange.js";
import type { Http2ForwarderOptions } from "../../../../src/gateway/forward/http2/options.js";
import { createWorld, type World } from "../../../world.js";
import { endHeaders, frame, ok, readFrames, settings, types } from "./frames.js";
import { open, post, RecordingExchange } from "./recording-exchange.js";
import { echo, forwarderTo, type OnStream, startTcp, startUpstream } from "./upstreams.js";

async function start(
  t: TestContext,
  onStream: OnStream,
  options: Partial<Http2ForwarderOptions> = {},
): Promise<{ world: World; forwarder: Forwarder; upstream: Awaited<ReturnType<typeof startUpstream>> }> {
  const world = createWorld();
  const upstream = await startUpstream(t, onStream);
  const limits = { connectTimeoutMs: 3_000, headersTimeoutMs: 10_000, bodyTimeoutMs: 20_000, ...options };
  return { world, upstream, forwarder: forwarderTo(t, upstream, { platform: world.platform, ...limits }) };
}

test("a head that does not come in time after the end of the request is told, and the stream is cancelled", async (t) => {
  let onStream = (_stream: ServerHttp2Stream): void => undefined;
  const arrived = new Promise<ServerHttp2Stream>((resolve) => {
    onStream = resolve;
  });
  const { world, forwarder } = await start(t, (stream) => onStream(stream));
  const exchange = post("x").via(forwarder);
  const stream = await arrived;
  world.advance(9_000);
  assert.equal(exchange.isOver, false);
  world.advance(2_000);
  assert.deepEqual((await exchange.done()).failure?.code, "headers_timeout");
  assert.equal(exchange.failure?.reason, "upstream_timeout");
  await once(stream, "close");
  assert.equal(stream.rstCode, 8);
});

test("while the body of a request is open no head is awaited", async (t) => {
  let onStream = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    onStream = resolve;
  });
  const { world, forwarder } = await start(t, (stream) => {
    stream.resume().on("end", () => stream.respond({ ":status": 200 }, { endStream: true }));
    onStream();
  });
  const exchange = open().via(forwarder);
  await arrived;
  world.advance(29_000);
  exchange.upstream?.bodyEnd();
  assert.equal((await exchange.done()).headPart?.status, 200);
});

test("an answer that stops in the middle is told, but not while the caller takes nothing", async (t) => {
  const { world, forwarder } = await start(t, (stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
  });
  const exchange = new RecordingExchange();
  exchange.takesData = false;
  exchange.via(forwarder);
  await exchange.when(() => exchange.received === 4);
  for (let count = 0; count < 4; count++) world.advance(7_000);
  assert.equal(exchange.isOver, false);
  exchange.takesData = true;
  exchange.upstream?.drained();
  world.advance(1_000);
  world.advance(18_500);
  assert.equal(exchange.isOver, false);
  world.advance(2_000);
  assert.equal((await exchange.done()).failure?.code, "body_timeout");
  assert.equal(exchange.failure?.reason, "upstream_timeout");
});

test("a stream that is not timed may be silent for hours, while its connection answers", async (t) => {
  let served: ServerHttp2Stream | undefined;
  const { world, forwarder } = await start(
    t,
    (stream) => {
      served = stream;
      stream.respond({ ":status": 200 });
      stream.write("x");
    },
    { isTimed: ({ headers }) => !headers.includes("application/grpc") },
  );
  const exchange = new RecordingExchange({ headers: ["content-type", "application/grpc"] }).via(forwarder);
  await exchange.when(() => exchange.received === 1);
  let pings = 0;
  const session = served?.session as ServerHttp2Session;
  session.on("ping", () => {
    pings += 1;
  });
  world.advance(1_000);
  for (const [round, ms] of [30_000, ...Array.from({ length: 40 }, () => 360_000)].entries()) {
    world.advance(ms - 2_000);
    const pinged = once(session, "ping");
    world.advance(2_500);
    await pinged;
    assert.equal(pings, round + 1);
    // This one's answer comes behind that of the client's.
    await new Promise<void>((resolve) => session.ping(() => resolve()));
  }
  served?.end();
  assert.equal((await exchange.done()).last?.[0], "end");
});

test("a connection that is silent for 30 s and does not answer a PING in 10 s is lost with its streams", async (t) => {
  const world = createWorld();
  let onPing = (): void => undefined;
  const pinged = new Promise<void>((resolve) => {
    onPing = resolve;
  });
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(frame(types.headers, endHeaders, id, ok));
      if (type === types.ping) onPing();
    });
  });
  const forwarder = forwarderTo(t, upstream, { platform: world.platform, bodyTimeoutMs: 1e9 });
  const exchange = new RecordingExchange().via(forwarder);
  await exchange.when(() => exchange.headPart !== undefined);
  world.advance(31_000);
  await pinged;
  world.advance(9_000);
  assert.equal(exchange.isOver, false);
  world.advance(2_000);
  assert.equal((await exchange.done()).failure?.code, "ping_timeout");
  assert.equal(exchange.last?.[0], "fail");
  assert.match(exchange.failure?.detail ?? "", /no answer to a PING in 10000 ms/);
});

test("a connection without a stream closes after a minute", async (t) => {
  const { world, forwarder, upstream } = await start(t, echo);
  await post("x").via(forwarder).done();
  const [session] = upstream.sessions;
  assert.ok(session);
  world.advance(58_000);
  assert.equal((await post("x").via(forwarder).done()).text, "x");
  assert.equal(upstream.sessions.length, 1);
  const ended = once(session, "close");
  world.advance(62_000);
  await ended;
  assert.equal((await post("x").via(forwarder).done()).text, "x");
  assert.equal(upstream.sessions.length, 2);
});

test("an exchange waits for a place no longer than for a connection", async (t) => {
  const world = createWorld();
  const upstream = await startUpstream(t, echo, { settings: { maxConcurrentStreams: 1 } });
  const options = { platform: world.platform, connectTimeoutMs: 3_000, maxConnections: 1 };
  const forwarder = forwarderTo(t, upstream, options);
  const first = open().via(forwarder);
  await first.when(() => first.headPart !== undefined);
  const second = open().via(forwarder);
  world.advance(2_000);
  assert.equal(second.isOver, false);
  world.advance(1_500);
  assert.equal((await second.done()).failure?.code, "no_stream");
  assert.equal(second.failure?.reason, "upstream_unavailable");
  assert.equal(first.isOver, false);
});

test("a peer that does not close its half of an ended connection does not hold up the end", async (t) => {
  const world = createWorld();
  const upstream = await startTcp(t, (socket) => {
    socket.allowHalfOpen = true;
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(frame(types.headers, endHeaders | 1, id, ok));
    });
  });
  const forwarder = forwarderTo(t, upstream, { platform: world.platform });
  await new RecordingExchange().via(forwarder).done();
  const closing = forwarder.close();
  const [socket] = upstream.sockets;
  assert.ok(socket);
  await once(socket, "end");
  world.advance(3_000);
  await closing;
});
