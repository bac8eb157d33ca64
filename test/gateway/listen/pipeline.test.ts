import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { rawClient, startListeners } from "./listeners-world.js";

async function start(t: TestContext) {
  const underWay: { readonly path: string; readonly response: ServerResponse }[] = [];
  const bodies: string[] = [];
  let onRequest = (): void => {};
  const world = await startListeners({
    handlers: {
      request(request, response) {
        let body = "";
        request.on("data", (chunk: Buffer) => {
          body += chunk;
        });
        request.on("end", () => bodies.push(body));
        underWay.push({ path: request.url ?? "", response: response as ServerResponse });
        onRequest();
      },
    },
  });
  t.after(world.close);
  return {
    port: world.port,
    underWay,
    bodies,
    /** Until so many requests have been begun. */
    async until(count: number): Promise<void> {
      while (underWay.length < count)
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
    },
  };
}

test("of a pipeline one request is under way, and reading stops", async (t) => {
  const { port, underWay, until } = await start(t);
  const many = 200_000;
  const client = rawClient(port, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n".repeat(many));
  await until(1);
  const socket = underWay[0]?.response.socket;
  assert.ok(socket);
  // What was under way is read; then nothing more, although the client has megabytes to send.
  let before = -1;
  while (socket.bytesRead !== before) {
    before = socket.bytesRead;
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(underWay.length, 1);
  assert.ok(socket.bytesRead < 256 * 1024, `${socket.bytesRead} bytes were read`);
  assert.ok(client.socket.writableLength > 0);
  client.socket.destroy();
});

test("a pipeline is answered in order and in full, bodies too", async (t) => {
  const { port, underWay, bodies, until } = await start(t);
  const post = (path: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const last = "z".repeat(300_000);
  const client = rawClient(port, post("/1", "a") + post("/2", "b") + post("/3", last));
  for (const count of [1, 2, 3]) {
    await until(count);
    assert.equal(underWay.length, count);
    const { response } = underWay[count - 1] as (typeof underWay)[number];
    if (!response.req.complete) await once(response.req, "end");
    response.end(`answer ${count};`);
  }
  const text = await client.until(/answer 3;/);
  assert.deepEqual(text.match(/answer \d;/g), ["answer 1;", "answer 2;", "answer 3;"]);
  assert.deepEqual(bodies, ["a", "b", last]);
  client.socket.write("GET /4 HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(4);
  client.socket.destroy();
});

test("requests that wait are dropped with their connection", async (t) => {
  const { port, underWay, until } = await start(t);
  const client = rawClient(port, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10));
  await until(1);
  const { response } = underWay[0] as (typeof underWay)[number];
  client.socket.resetAndDestroy();
  response.destroy();
  await once(response, "close");
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(underWay.length, 1);
});

test("a WebSocket that is asked for behind an unanswered request is not opened", async (t) => {
  const { port, underWay, until } = await start(t);
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const client = rawClient(port, `GET /x HTTP/1.1\r\nHost: x\r\n\r\nGET /ws HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
  await until(1);
  assert.equal(await client.closed, "");
  assert.equal(underWay.length, 1);
});

test("what came behind a request whose answer closes the connection is not served", async (t) => {
  const { port, underWay, until } = await start(t);
  const client = rawClient(port, "GET /last HTTP/1.1\r\nHost: x\r\n\r\nGET /behind HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(1);
  underWay[0]?.response.setHeader("connection", "close").end("bye");
  assert.match(await client.closed, /\r\n\r\nbye$/);
  assert.deepEqual(
    underWay.map(({ path }) => path),
    ["/last"],
  );
});
