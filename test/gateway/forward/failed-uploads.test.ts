import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { it, type TestContext } from "node:test";
import type { Exchange } from "../../../src/gateway/forward/exchange.js";
import { hangMs } from "../../size.js";
import { rawClient, turnedClock } from "../listen/listeners-world.js";
import { startGateway } from "../running.js";

const size = 40_000;

/** A gateway whose upstream takes one part of a body, then no more of it, and fails. */
async function start(t: TestContext) {
  const gateway = await startGateway();
  t.after(() => gateway.close());
  const shares = gateway.upstreams.get("app")?.shares;
  assert.ok(shares);
  let parts = 0;
  const failing = new Promise<Exchange>((resolve) => {
    Object.assign(shares, {
      send(exchange: Exchange) {
        exchange.attach({
          lendsChunks: true,
          bodyData() {
            parts += 1;
            resolve(exchange);
            return false;
          },
          bodyEnd: () => assert.fail("the body is not whole"),
          drained() {},
          abandoned() {},
        });
        exchange.readBody();
      },
    });
  });
  return {
    gateway,
    parts: () => parts,
    async fail() {
      (await failing).fail({ reason: "upstream_failed", code: "test" });
    },
  };
}

it("an upload whose upstream took no more and failed gets its 502, and its HTTP/1 connection goes on", async (t) => {
  const { gateway, parts, fail } = await start(t);
  const { port } = new URL(gateway.http1);
  const client = rawClient(
    Number(port),
    `POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${"x".repeat(size / 2)}`,
  );
  await fail();
  await client.until(/ 502 /);
  const before = parts();
  client.socket.write(`${"x".repeat(size / 2)}GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n`);
  await client.until(/ 401 /);
  assert.equal(parts(), before, "the upstream's side is told nothing more");
  client.socket.destroy();
});

it("over HTTP/2 its stream ends as soon as its body does", async (t) => {
  const { gateway, parts, fail } = await start(t);
  const session = connectHttp2(gateway.http2).on("error", () => {});
  t.after(() => session.destroy());
  const stream = session.request({ ":path": "/open", ":method": "POST" });
  stream.write("x".repeat(size / 2));
  await fail();
  const [headers] = await once(stream, "response");
  assert.equal(headers[":status"], 502);
  const before = parts();
  stream.resume().end("x".repeat(size / 2));
  await once(stream, "close");
  assert.deepEqual([stream.rstCode, parts()], [0, before]);
});

it("an HTTP/1 connection on which an upload goes on behind its answer ends, before another request is lost on it", {
  timeout: hangMs,
}, async (t) => {
  // No time passes: what ends it is no deadline.
  const gateway = await startGateway({
    platform: turnedClock().platform,
    serve: (_request, response) => response.end("early"),
  });
  t.after(() => gateway.close());
  const head = "POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n";
  const client = rawClient(Number(new URL(gateway.http1).port), `${head}begin`);
  t.after(() => client.socket.destroy());
  const ended = once(client.socket, "end");
  await client.until(/early/);
  client.socket.write("x".repeat(400_000));
  await ended;
});
