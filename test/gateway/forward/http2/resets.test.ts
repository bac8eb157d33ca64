import assert from "node:assert/strict";
import { constants, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { endHeaders, endStream, type Frame, field, frame, ok, readFrames, settings, types, uint32 } from "./frames.js";
import { open, post, RecordingExchange } from "./recording-exchange.js";
import { echo, forwarderTo, startTcp, startUpstream } from "./upstreams.js";

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** Sends these frames when the head of a request has come. */
const answering = (frames: (id: number) => readonly Buffer[]) => (socket: import("node:net").Socket) => {
  socket.write(settings());
  readFrames(socket, ({ type, id }) => {
    if (type === types.headers) socket.write(Buffer.concat(frames(id)));
  });
};

for (const code of [2, 8, 11, 13, 99]) {
  for (const isBegun of [false, true]) {
    test(`a reset of ${code} ${isBegun ? "in the middle of an answer" : "before one"} is passed on with its code`, async (t) => {
      const upstream = await startTcp(
        t,
        answering((id) => [
          ...(isBegun ? [frame(types.headers, endHeaders, id, ok), frame(types.data, 0, id, Buffer.from("part"))] : []),
          frame(types.rst, 0, id, uint32(code)),
        ]),
      );
      const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
      assert.equal(exchange.last?.[0], "reset");
      assert.equal(exchange.last?.[1], code);
      assert.equal(exchange.text, isBegun ? "part" : "");
      assert.match(exchange.failure?.detail ?? "", /^127\.0\.0\.1:\d+ reset the stream with /);
    });
  }
}

for (const isBegun of [false, true]) {
  test(`a reset of NO_ERROR ${isBegun ? "in the middle of" : "before"} an answer does not make it look whole`, async (t) => {
    const upstream = await startTcp(
      t,
      answering((id) => [
        ...(isBegun ? [frame(types.headers, endHeaders, id, ok), frame(types.data, 0, id, Buffer.from("part"))] : []),
        frame(types.rst, 0, id, uint32(NGHTTP2_NO_ERROR)),
      ]),
    );
    const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
    assert.equal(exchange.last?.[0], "reset");
    assert.equal(exchange.last?.[1], NGHTTP2_INTERNAL_ERROR);
    assert.equal(exchange.failure?.code, "NO_ERROR");
  });
}

test("an answer that Node's server destroys in the middle does not look whole", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part", () => stream.destroy());
  });
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.last?.[0], "reset");
});

for (const [what, length, body] of [
  ["short", "10", "part"],
  ["long", "2", "part"],
] as const) {
  test(`an answer that is too ${what} for its content-length is a failure`, async (t) => {
    const upstream = await startTcp(
      t,
      answering((id) => [
        frame(types.headers, endHeaders, id, Buffer.concat([ok, field("content-length", length)])),
        frame(types.data, endStream, id, Buffer.from(body)),
      ]),
    );
    const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
    // Node 22 and later end the whole connection for what is too long.
    assert.match(exchange.last?.[0] ?? "", /^(?:reset|fail)$/);
  });
}

test("a connection that is lost in the middle ends its exchanges, and none of them looks whole", async (t) => {
  const upstream = await startUpstream(t, echo);
  const forwarder = forwarderTo(t, upstream);
  const exchanges = Array.from({ length: 20 }, () => open().via(forwarder));
  for (const exchange of exchanges) {
    await exchange.when(() => exchange.headPart !== undefined);
    exchange.upstream?.bodyData(Buffer.from("part"));
    await exchange.when(() => exchange.received === 4);
  }
  for (const socket of upstream.sockets) socket.destroy();
  for (const exchange of exchanges) {
    await exchange.done();
    assert.equal(exchange.last?.[0], "fail");
    assert.equal(exchange.failure?.reason, "upstream_failed");
    assert.match(exchange.failure?.detail ?? "", /^127\.0\.0\.1:\d+ (?:closed|broke) the connection/);
  }
});

test("an early answer during an upload is passed, the body is stopped, and the upload does not look complete", async (t) => {
  const frames: Frame[] = [];
  let onReset = (): void => undefined;
  const reset = new Promise<void>((resolve) => {
    onReset = resolve;
  });
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings());
    readFrames(socket, (each) => {
      frames.push(each);
      if (each.type === types.rst) onReset();
      if (each.type !== types.data) return;
      socket.write(frame(types.headers, endHeaders, each.id, ok));
      socket.write(frame(types.data, endStream, each.id, Buffer.from("too much")));
    });
  });
  const exchange = open();
  exchange.onBody = (side) => side.bodyData(Buffer.from("begin"));
  await exchange.via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.text, "too much");
  assert.deepEqual(
    exchange.parts.map(([kind]) => kind),
    ["head", "stopBody", "end"],
  );
  assert.equal(exchange.upstream?.bodyData(Buffer.from("more")), true);
  await reset;
  assert.equal(
    frames.find(({ type, flags }) => type === types.data && (flags & endStream) !== 0),
    undefined,
  );
});

test("RST_STREAM of NO_ERROR behind a complete answer only stops the body", async (t) => {
  const upstream = await startTcp(
    t,
    answering((id) => [
      frame(types.headers, endHeaders, id, ok),
      frame(types.data, endStream, id, Buffer.from("enough")),
      frame(types.rst, 0, id, uint32(NGHTTP2_NO_ERROR)),
    ]),
  );
  const exchange = await open().via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.text, "enough");
  assert.deepEqual(exchange.last, ["end", []]);
  assert.ok(exchange.parts.some(([kind]) => kind === "stopBody"));
});

for (const [given, sent] of [
  [NGHTTP2_CANCEL, NGHTTP2_CANCEL],
  [NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_ENHANCE_YOUR_CALM],
  [NGHTTP2_NO_ERROR, NGHTTP2_CANCEL],
  [0xdead, 0xdead],
] as const) {
  test(`a caller that leaves with ${given} resets the upload with ${sent}, which does not look complete before`, async (t) => {
    const frames: Frame[] = [];
    let onReset = (_code: number): void => undefined;
    const reset = new Promise<number>((resolve) => {
      onReset = resolve;
    });
    const upstream = await startTcp(t, (socket) => {
      socket.write(settings());
      readFrames(socket, (each) => {
        frames.push(each);
        if (each.type === types.rst) onReset(each.payload.readUInt32BE(0));
        if (each.type === types.data) exchange.leave(given);
      });
    });
    const exchange = open();
    exchange.onBody = (side) => side.bodyData(Buffer.from("begin"));
    await exchange.via(forwarderTo(t, upstream)).done();
    assert.equal(await reset, sent);
    assert.deepEqual(exchange.parts, [["abandoned"]]);
    assert.equal(
      frames.find(({ type, flags }) => type === types.data && (flags & endStream) !== 0),
      undefined,
    );
  });
}

test("a caller that leaves in the middle of an answer frees its place, and the upstream learns of it", async (t) => {
  let gone = (_code: number): void => undefined;
  const left = new Promise<number>((resolve) => {
    gone = resolve;
  });
  const upstream = await startUpstream(t, (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
    stream.on("close", () => gone(stream.rstCode));
  });
  const exchange = new RecordingExchange().via(forwarderTo(t, upstream));
  await exchange.when(() => exchange.received > 0);
  exchange.leave(NGHTTP2_CANCEL);
  await exchange.done();
  assert.equal(await left, NGHTTP2_CANCEL);
});

test("an answer whose head the caller's side refuses is cancelled", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
  });
  const exchange = post("x");
  exchange.takesHead = false;
  await exchange.via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.received, 0);
});
