import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { shortestReadMs } from "../../../src/gateway/forward/unread.js";
import { sweepMs } from "../../../src/gateway/listen/connection-limits.js";
import { hangMs } from "../../size.js";
import { turnedClock } from "../listen/listeners-world.js";
import { type Running, startGateway } from "../running.js";

/** More than the buffers of both kernels hold. */
const big = Buffer.alloc(32 * 1024 * 1024, "x");

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gateway whose upstream has one place, and a clock that the test turns. */
async function start(t: TestContext) {
  const clock = turnedClock();
  let underWay = 0;
  const count = (one: Socket | NodeJS.EventEmitter): void => {
    underWay += 1;
    one.once("close", () => {
      underWay -= 1;
    });
  };
  const gateway = await startGateway({
    platform: clock.platform,
    upstream: { maxConnections: 1, connectTimeoutMs: 3_600_000, headersTimeoutMs: 3_600_000, bodyTimeoutMs: 3_600_000 },
    serve: (request, response) => {
      count(response);
      response.end(request.url === "/big" ? big : "short");
    },
    onUpgrade: (_request, socket) => {
      count(socket);
      socket.on("error", () => {}).write("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.write(big);
    },
  });
  t.after(() => gateway.close());
  const shares = gateway.upstreams.get("app")?.shares;
  return {
    gateway,
    underWay: () => underWay,
    /** Passes time, so that no caller which reads is taken for one that does not. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += sweepMs) {
        clock.turn(sweepMs);
        await turn();
      }
    },
    async until(isSo: () => boolean): Promise<void> {
      while (!isSo()) await turn();
    },
    /** Asks for a short answer, for which there is no place. Returns its status when it is there. */
    async askAnother(): Promise<() => Promise<number | undefined>> {
      const { port } = new URL(gateway.http1);
      const options = { port, host: "127.0.0.1", localAddress: "127.0.0.3", path: "/open/short", agent: false };
      const answer = once(get(options), "response");
      while (shares?.waiting !== 1) await turn();
      return async () => {
        const [response] = await answer;
        response.resume();
        return response.statusCode;
      };
    },
    codes: () => gateway.outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [outcome.code] : [])),
  };
}

const fields =
  "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==";

/** Each opens a stream of an authenticated caller, and reads nothing of it. */
const kinds = {
  "an answer over HTTP/1": ({ http1, bearer }: Running) =>
    openRaw(http1, `GET /big HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer}\r\n\r\n`),
  "a WebSocket": ({ http1, bearer }: Running) =>
    openRaw(http1, `GET /ws HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer}\r\n${fields}\r\n\r\n`),
  "a stream of HTTP/2 without a window": ({ http2, bearer }: Running) => {
    const session = connectHttp2(http2, { settings: { initialWindowSize: 0 } }).on("error", () => {});
    session.request({ ":path": "/big", authorization: bearer }).on("error", () => {});
    return session;
  },
};

function openRaw(origin: string, text: string): Socket {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1").on("error", () => {});
  socket.write(text);
  return socket.pause();
}

for (const [name, open] of Object.entries(kinds)) {
  test(`${name} that is not read ends when another caller waits for its place`, { timeout: hangMs }, async (t) => {
    const { gateway, underWay, until, pass, askAnother, codes } = await start(t);
    const stream = open(gateway);
    t.after(() => stream.destroy());
    await until(() => underWay() === 1);
    await pass(3 * shortestReadMs);
    assert.equal(underWay(), 1, "no caller waits");
    const status = await askAnother();
    while (codes().length === 0) await pass(sweepMs);
    assert.deepEqual(codes(), ["caller_not_reading"]);
    assert.equal(await status(), 200);
  });
}

test("a stream that is read a little now and then goes on, however long another caller waits", {
  timeout: hangMs,
}, async (t) => {
  const { gateway, underWay, until, pass, askAnother, codes } = await start(t);
  const socket = kinds["an answer over HTTP/1"](gateway);
  t.after(() => socket.destroy());
  await until(() => underWay() === 1);
  const status = await askAnother();
  await once(socket, "readable");
  for (let times = 0; times < 4; times += 1) {
    await pass(shortestReadMs - 2 * sweepMs);
    // The kernel tells the sender only when a good part of its buffer is free again.
    for (let taken = 0; taken < 3 * 1024 * 1024; ) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) await once(socket, "readable");
      else taken += chunk.length;
    }
  }
  assert.deepEqual([codes(), underWay()], [[], 1]);
  socket.destroy();
  assert.equal(await status(), 200);
});
