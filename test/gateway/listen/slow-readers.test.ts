import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { sweepMs } from "../../../src/gateway/listen/connection-limits.js";
import { allowSlowReader } from "../../../src/gateway/listen/slow-readers.js";
import { startListeners, turnedClock } from "./listeners-world.js";

const readTimeoutMs = 10_000;

/** More than the buffers of both kernels. */
const big = Buffer.alloc(16 * 1024 * 1024, "x");

async function start(t: TestContext) {
  const clock = turnedClock();
  const closed: string[] = [];
  let onClosed = (): void => {};
  const world = await startListeners({
    platform: clock.platform,
    readTimeoutMs,
    handlers: {
      request(request, response) {
        const path = request.url ?? "";
        if (path === "/known") allowSlowReader(request, 3 * readTimeoutMs);
        response.on("close", () => {
          closed.push(path);
          onClosed();
        });
        if (path === "/silent") response.writeHead(200).flushHeaders();
        else response.end(path === "/short" ? "short" : request.httpVersion === "1.1" ? big : big.subarray(0, 100_000));
      },
    },
  });
  t.after(world.close);
  return {
    port: world.port,
    closed,
    /** Until an answer is over. */
    async over(): Promise<void> {
      const before = closed.length;
      while (closed.length === before)
        await new Promise<void>((resolve) => {
          onClosed = resolve;
        });
    },
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += sweepMs) {
        clock.turn(sweepMs);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function ask(port: number, path: string) {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

test("a client that takes nothing of its answer is cut off, and one for whom nothing is ready is not", async (t) => {
  const { port, closed, over, pass } = await start(t);
  const unread = ask(port, "/big");
  await once(unread, "readable");
  const silent = ask(port, "/silent");
  await once(silent, "data");
  await pass(readTimeoutMs - 2 * sweepMs);
  assert.deepEqual(closed, []);
  const ended = over();
  await pass(3 * sweepMs);
  await ended;
  assert.deepEqual(closed, ["/big"]);
  await pass(10 * readTimeoutMs);
  assert.deepEqual(closed, ["/big"], "a stream that says nothing has no clock");
  for (const socket of [unread, silent]) socket.destroy();
});

test("a client that takes a little now and then goes on", async (t) => {
  const { port, closed, pass } = await start(t);
  const socket = ask(port, "/big");
  await once(socket, "readable");
  for (let times = 0; times < 4; times += 1) {
    await pass(readTimeoutMs - 2 * sweepMs);
    assert.deepEqual(closed, [], String(times));
    // The kernel tells the sender only when a good part of its buffer is free again.
    for (let taken = 0; taken < 3 * 1024 * 1024; ) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) await once(socket, "readable");
      else taken += chunk.length;
    }
  }
  socket.destroy();
});

test("a caller may be allowed more time", async (t) => {
  const { port, closed, over, pass } = await start(t);
  const socket = ask(port, "/known");
  await once(socket, "readable");
  await pass(2 * readTimeoutMs);
  assert.deepEqual(closed, []);
  const ended = over();
  await pass(2 * readTimeoutMs);
  await ended;
  socket.destroy();
});

test("over HTTP/2 a stream without a window ends alone, and others of its connection go on", async (t) => {
  const { port, closed, over, pass } = await start(t);
  const session = connectHttp2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1_000 } });
  session.on("error", () => {});
  const unread = session.request({ ":path": "/big" }).on("error", () => {});
  const quiet = session.request({ ":path": "/silent" }).on("error", () => {});
  await Promise.all([once(unread, "response"), once(quiet, "response")]);
  const ended = over();
  await pass(readTimeoutMs + 4 * sweepMs);
  await ended;
  assert.deepEqual(closed, ["/big"]);
  const next = session.request({ ":path": "/short" });
  await once(next.resume(), "end");
  assert.equal(quiet.closed, false);
  session.destroy();
});
