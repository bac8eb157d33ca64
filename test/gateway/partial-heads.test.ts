import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createH2cServer } from "../../src/adapters/node/h2c-server.js";
import { endHeaders, field, frame, ok, readFrames, settings, types } from "./forward/http2/frames.js";
import { RecordingExchange } from "./forward/http2/recording-exchange.js";
import { forwarderTo, startTcp } from "./forward/http2/upstreams.js";
import { startGateway } from "./running.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const part = (name: string): Buffer => field(name, "v".repeat(3_000));

const openHead = Buffer.concat([Buffer.of(0x83, 0x86), field(":path", "/open"), field(":authority", "a")]);

/** More CONTINUATION frames than nghttp2 allows: it gives up the session in the middle of a header block. */
const tooMany = (id: number, first: Buffer): Buffer =>
  Buffer.concat([
    frame(types.headers, 0, id, Buffer.concat([first, part("x-first")])),
    ...Array.from({ length: 12 }, (_, index) => frame(types.continuation, 0, id, part(`x-${index}`))),
  ]);

/**
 * A garbage collection in the turn of the event loop in which what was written just before arrives, behind it: the two
 * sockets are readable in the same round.
 */
async function createCollector(t: TestContext): Promise<{ collect(): void; readonly done: Promise<unknown> }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const trigger = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = await accepted;
  socket.on("data", collectGarbage);
  t.after(() => {
    trigger.destroy();
    server.close();
  });
  return { collect: () => trigger.write("x"), done: once(socket, "data") };
}

// In Node 20 both ended the process.
test("a caller that never ends the trailers of its request ends its connection alone", async (t) => {
  const gateway = await startGateway();
  t.after(() => gateway.close());
  const { collect, done } = await createCollector(t);
  const caller = connect(Number(new URL(gateway.http1).port), "127.0.0.1").on("error", () => {});
  const closed = once(caller.resume(), "close");
  const arrived = new Promise((resolve) => gateway.upstreamServer.once("request", resolve));
  caller.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  caller.write(Buffer.concat([settings(), frame(types.headers, endHeaders, 1, openHead)]));
  await arrived;
  caller.write(tooMany(1, part("x-zero")));
  collect();
  await Promise.all([done, closed]);
  assert.equal((await fetch(`${gateway.http1}/open`)).status, 200);
});

test("a caller of createH2cServer that never ends the trailers of its request ends its connection alone", async (t) => {
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const server = createH2cServer(arrive);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { collect, done } = await createCollector(t);
  const caller = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  const closed = once(caller.resume(), "close");
  caller.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  caller.write(Buffer.concat([settings(), frame(types.headers, endHeaders, 1, openHead)]));
  await arrived;
  caller.write(tooMany(1, part("x-zero")));
  collect();
  await Promise.all([done, closed]);
});

test("an upstream that never ends the head of its answer fails that request alone", async (t) => {
  const { collect, done } = await createCollector(t);
  let isHostile = true;
  const upstream = await startTcp(t, (socket) => {
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type !== types.headers) return;
      socket.write(isHostile ? tooMany(id, ok) : frame(types.headers, endHeaders | 1, id, ok));
      if (isHostile) collect();
    });
  });
  const forwarder = forwarderTo(t, upstream);
  const exchange = new RecordingExchange().via(forwarder);
  await Promise.all([done, exchange.done()]);
  assert.equal(exchange.failure?.reason, "upstream_failed");
  isHostile = false;
  assert.equal((await new RecordingExchange().via(forwarder).done()).headPart?.status, 200);
});
