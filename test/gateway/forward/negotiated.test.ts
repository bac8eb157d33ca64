import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Connect, Forwarder } from "../../../src/gateway/forward/exchange.js";
import { createHttp2Forwarder } from "../../../src/gateway/forward/http2/forwarder.js";
import { createNegotiated } from "../../../src/gateway/forward/negotiated.js";
import { endHeaders, endStream, frame, ok, readFrames, settings, types } from "./http2/frames.js";
import { RecordingExchange } from "./http2/recording-exchange.js";
import { startTcp } from "./http2/upstreams.js";

const noHttp1: Forwarder = { places: 4, send() {}, close: async () => {}, destroy: async () => {} };

/** An upstream that agrees to HTTP/2, as soon as the test opens what was asked for. */
async function start(t: TestContext) {
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(frame(types.headers, endHeaders | endStream, id, ok));
    });
  });
  const asked: Socket[] = [];
  const opens: (() => void)[] = [];
  const ask: Connect = (onOpen) => {
    const socket = connect(upstream.port, "127.0.0.1").on("error", () => {});
    asked.push(socket);
    t.after(() => socket.destroy());
    const open = () => onOpen(undefined, { socket, protocol: "http2" });
    if (opens.push(open) > 1) socket.once("connect", open);
    return () => socket.destroy();
  };
  const times = { connectTimeoutMs: 10_000, headersTimeoutMs: 60_000, bodyTimeoutMs: 60_000 };
  const forwarder = createNegotiated({
    ask,
    where: "upstream",
    createHttp1: () => noHttp1,
    createHttp2: (by) =>
      createHttp2Forwarder({ connect: by, address: "upstream", maxConnections: 4, maxHeadBytes: 65_536, ...times }),
  });
  t.after(() => forwarder.destroy());
  return {
    forwarder,
    /** Opens the first connection, which finds out, and returns it. */
    async find(): Promise<Socket> {
      const [socket] = asked;
      assert.ok(socket);
      if (socket.connecting) await once(socket, "connect");
      opens[0]?.();
      return socket;
    },
  };
}

test("a connection that found the protocol for exchanges that have left is closed, and the next one opens its own", async (t) => {
  const { forwarder, find } = await start(t);
  const left = new RecordingExchange().via(forwarder);
  left.upstream?.abandoned(8);
  assert.equal((await find()).destroyed, true);
  const next = await new RecordingExchange().via(forwarder).done();
  assert.equal(next.headPart?.status, 200);
});

test("a connection that is found after the end of its forwarder is closed", async (t) => {
  const { forwarder, find } = await start(t);
  const exchange = new RecordingExchange().via(forwarder);
  await forwarder.destroy();
  assert.equal((await find()).destroyed, true);
  assert.equal(exchange.failure?.reason, "upstream_unavailable");
});
