import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { sweepMs } from "../../../src/gateway/listen/connection-limits.js";
import { hangMs } from "../../size.js";
import { frame, headerBlock, preface, rawClient, settings, startListeners, turnedClock } from "./listeners-world.js";
import { slowKinds } from "./slow-kinds.js";

const windowMs = 3_000;

test("2,000 slow connections of all kinds are closed, and others are served meanwhile", {
  timeout: hangMs,
}, async (t) => {
  const { platform, turn } = turnedClock();
  const world = await startListeners({
    platform,
    headersTimeoutMs: windowMs,
    handlers: {
      request(request, response) {
        // As a proxy does: the answer waits for the body.
        request.resume().on("end", () => response.end("served"));
      },
    },
  });
  t.after(world.close);
  const drips: { readonly socket: Socket; readonly drip: string | Uint8Array }[] = [];
  const ends: Promise<unknown>[] = [];

  async function open(kind: string): Promise<void> {
    const { first, drip } = slowKinds[kind] ?? { first: "" };
    const socket = connect(world.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    socket.write(first);
    if (drip !== undefined) drips.push({ socket, drip });
    ends.push(new Promise((resolve) => socket.on("close", resolve)));
  }

  const names = Object.keys(slowKinds);
  const before = process.memoryUsage().rss;
  for (let opened = 0; opened < 2_000; opened += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => open(names[(opened + index) % names.length] ?? "")));
  }
  const grown = (process.memoryUsage().rss - before) / 2_000;
  t.diagnostic(`${Math.round(grown / 1_024)} KiB for a slow connection, its client included`);
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  t.after(() => session.destroy());
  async function askBoth(): Promise<void> {
    assert.equal(await (await fetch(`http://127.0.0.1:${world.port}/`)).text(), "served");
    const [headers] = await once(session.request({ ":path": "/" }).resume(), "response");
    assert.equal(headers[":status"], 200);
  }
  // One sweep finds the bodies awaited; then they have a window.
  for (let sweep = 0; sweep <= windowMs / sweepMs; sweep += 1) {
    await askBoth();
    // Node alone ends half a head on HTTP/1, three kinds of thirteen, and by a clock that nobody turns.
    if (sweep * sweepMs < windowMs) assert.ok(world.listeners.openConnections() > 1_500);
    for (const { socket, drip } of drips) if (socket.writable) socket.write(drip);
    turn(sweepMs);
  }
  await Promise.all(ends);
  await askBoth();
});

test("a connection that opens and resets streams without end is closed", { timeout: hangMs }, async (t) => {
  let served = 0;
  const world = await startListeners({
    handlers: {
      request() {
        served += 1;
      },
    },
  });
  t.after(world.close);
  const client = rawClient(world.port, Buffer.concat([Buffer.from(preface), settings]));
  await once(client.socket, "connect");
  const begun = performance.now();
  let stream = 1;
  let open = true;
  void client.closed.then(() => {
    open = false;
  });
  while (open) {
    const frames: Buffer[] = [];
    for (let index = 0; index < 50; index += 1, stream += 2) {
      frames.push(frame(1, 0x05, stream, headerBlock("GET")), frame(3, 0, stream, Buffer.of(0, 0, 0, 8)));
    }
    client.socket.write(Buffer.concat(frames));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.diagnostic(`closed after ${Math.round(performance.now() - begun)} ms, ${served} requests`);
  assert.ok(served < 1_000, `${served} requests were served first`);
});

test("a client that resets what an upstream broke off keeps its connection", async (t) => {
  const world = await startListeners();
  t.after(world.close);
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  const closes = Array.from({ length: 100 }, () => {
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => undefined).close(8);
    return once(stream, "close");
  });
  await Promise.all(closes);
  const [headers] = await once(session.request({ ":path": "/" }).resume(), "response");
  assert.equal(headers[":status"], 200);
  session.destroy();
});
