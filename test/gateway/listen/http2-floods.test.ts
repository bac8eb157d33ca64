import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { sweepMs } from "../../../src/gateway/listen/connection-limits.js";
import { hangMs } from "../../size.js";
import { frame, headerBlock, preface, settings, startListeners, turnedClock } from "./listeners-world.js";

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const types = { data: 0, headers: 1, priority: 2, rst: 3, settings: 4, ping: 6, windowUpdate: 8, unknown: 99 };

const endHeaders = 0x04;
const ack = 0x01;
const get = (id: number): Buffer => frame(types.headers, endHeaders | 0x01, id, headerBlock("GET"));
const initialWindow = (bytes: number): Buffer =>
  frame(types.settings, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(bytes)]));

/** Frames that make the gateway reset a stream (CVE-2025-8671, "MadeYouReset"), or end the connection. */
const errors: Readonly<Record<string, (id: number) => Buffer>> = {
  "WINDOW_UPDATE by 0": (id) => frame(types.windowUpdate, 0, id, uint32(0)),
  "WINDOW_UPDATE beyond 2^31": (id) => frame(types.windowUpdate, 0, id, uint32(0x7fffffff)),
  "DATA behind the end": (id) => frame(types.data, 0, id, Buffer.from("x")),
  "HEADERS behind the end": get,
  "PRIORITY of four bytes": (id) => frame(types.priority, 0, id, Buffer.alloc(4)),
  "PRIORITY of a stream on itself": (id) => frame(types.priority, 0, id, Buffer.concat([uint32(id), Buffer.of(1)])),
};

/** Frames that cost the client nothing, and must cost the gateway no more than their bytes. */
const floods: Readonly<Record<string, (turn: number) => Buffer>> = {
  PING: () => frame(types.ping, 0, 0, Buffer.alloc(8)),
  "PING with ACK": () => frame(types.ping, ack, 0, Buffer.alloc(8)),
  SETTINGS: () => frame(types.settings, 0, 0),
  "SETTINGS with another window each": (turn) => initialWindow(60_000 + (turn % 1_000)),
  "SETTINGS with ACK": () => frame(types.settings, ack, 0),
  WINDOW_UPDATE: () => frame(types.windowUpdate, 0, 0, uint32(1)),
  PRIORITY: (turn) => frame(types.priority, 0, 2 * turn + 1, Buffer.concat([uint32(0), Buffer.of(1)])),
  "frames of no type": () => frame(types.unknown, 0, 0, Buffer.of(0)),
};

async function start(t: TestContext) {
  const clock = turnedClock();
  let served = 0;
  let underWay = 0;
  const world = await startListeners({
    platform: clock.platform,
    handlers: {
      request(request, response) {
        served += 1;
        underWay += 1;
        response.on("close", () => {
          underWay -= 1;
        });
        if (request.url === "/ask") response.end("answer");
      },
    },
  });
  t.after(world.close);
  async function open(): Promise<Socket> {
    const socket = connect(world.port, "127.0.0.1").on("error", () => {});
    await once(socket, "connect");
    socket.write(Buffer.concat([Buffer.from(preface), settings]));
    return socket;
  }
  return {
    open,
    origin: `http://127.0.0.1:${world.port}`,
    counts: () => ({ served, underWay, connections: world.listeners.openConnections() }),
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += sweepMs) {
        clock.turn(sweepMs);
        // A PING and its answer take some turns.
        for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

async function ask(origin: string): Promise<void> {
  const session = connectHttp2(origin);
  const [headers] = await once(session.request({ ":path": "/ask" }).resume(), "response");
  assert.equal(headers[":status"], 200);
  const closed = once(session, "close");
  session.destroy();
  await closed;
}

for (const [name, make] of Object.entries(errors)) {
  test(`a client that sends ${name} on each of its streams gets few of them`, { timeout: hangMs }, async (t) => {
    const { open, origin, counts, pass } = await start(t);
    const socket = (await open()).resume();
    for (let id = 1; id < 2_000; id += 2) socket.write(Buffer.concat([get(id), make(id)]));
    await ask(origin);
    await pass(1_000);
    assert.ok(counts().served < 500, `${counts().served} requests were served`);
    while (counts().connections > 0) await pass(sweepMs);
    assert.equal(counts().underWay, 0, "no stream is left of it");
  });
}

for (const reads of [true, false]) {
  for (const [name, make] of Object.entries(floods)) {
    test(`a flood of ${name} of a client that ${reads ? "reads" : "does not read"} takes nothing from others`, {
      timeout: hangMs,
    }, async (t) => {
      const { open, origin, counts } = await start(t);
      const socket = await open();
      if (reads) socket.resume();
      else socket.pause();
      for (let turn = 0; turn < 50 && !socket.destroyed; turn += 1) {
        const frames = Array.from({ length: 1_000 }, (_, index) => make(1_000 * turn + index));
        if (!socket.write(Buffer.concat(frames))) {
          await Promise.race([once(socket, "drain").catch(() => {}), new Promise((resolve) => setImmediate(resolve))]);
        }
        if (turn % 10 === 0) await ask(origin);
      }
      await ask(origin);
      assert.equal(counts().underWay, 0);
      socket.destroy();
    });
  }
}

test("a client that says nothing for hours, but answers, keeps its stream", { timeout: hangMs }, async (t) => {
  const { origin, counts, pass } = await start(t);
  const session = connectHttp2(origin);
  t.after(() => session.destroy());
  let pings = 0;
  session.on("ping", () => {
    pings += 1;
  });
  const stream = session.request({ ":path": "/silent" });
  while (counts().underWay === 0) await pass(sweepMs);
  await pass(600_000);
  assert.ok(pings > 10, `${pings} PINGs`);
  assert.deepEqual([stream.closed, counts().underWay], [false, 1]);
});
