import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { systemPlatform } from "../../../../src/base/platform.js";
import { listen, nowhere, poolOf } from "./pool-world.js";

/** So soon that nothing but the answers takes time. */
const soon = { intervalMs: 1, timeoutMs: 10_000 };

/** Answers checks with a status that the test sets, and callers with its name. */
function createChecked(name: string) {
  const server = { status: 200, asked: [] as (readonly unknown[])[] };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers } = request;
    if (url === "/") response.end(name);
    else {
      server.asked.push([method, url, headers.host, headers["user-agent"]]);
      response.writeHead(server.status).end("anything");
    }
  };
  return Object.assign(server, { http: createServer(listener) });
}

test("an address whose checks fail gets no request until one succeeds", async (t) => {
  const [good, ill] = [createChecked("good"), createChecked("ill")];
  ill.status = 503;
  const servers = [await listen(t, good.http), await listen(t, ill.http)] as const;
  const pool = poolOf(t, "http", servers, { health: { path: "/healthz?full", ...soon } });
  await pool.lines(1);
  assert.deepEqual(pool.isIn(), [true, false]);
  for (let count = 0; count < 4; count += 1) assert.equal((await pool.ask()).body, "good");
  ill.status = 204;
  await pool.lines(2);
  assert.deepEqual(pool.isIn(), [true, true]);
  const bodies = [(await pool.ask()).body, (await pool.ask()).body];
  assert.deepEqual(bodies.sort(), ["good", "ill"]);
  const begin = `upstream app: ${servers[1].where}`;
  assert.deepEqual(pool.told, [
    `${begin} fails its health checks: GET /healthz?full has status 503. Requests go to the other addresses, until a check succeeds`,
    `${begin} is in use again, after 0 s`,
  ]);
  assert.deepEqual(ill.asked[0], ["GET", "/healthz?full", servers[1].where, "sallyport-health"]);
});

test("an address that takes no connection is found without a caller, and back without one", async (t) => {
  const dead = await nowhere(t);
  const servers = [dead, await listen(t, createChecked("good").http)];
  const pool = poolOf(t, "http", servers, { health: { path: "/healthz", ...soon }, host: "app.example" });
  await pool.lines(1);
  assert.deepEqual(pool.isIn(), [false, true]);
  const back = createChecked("back");
  await listen(t, back.http, dead.port);
  await pool.lines(2);
  assert.deepEqual(pool.isIn(), [true, true]);
  assert.match(
    pool.told[0] ?? "",
    /refused the connection\. Requests go to the other addresses, until a check succeeds/,
  );
  assert.equal(back.asked[0]?.[2], "app.example");
});

test("a check that is not answered ends in its time", async (t) => {
  const silent = createTcpServer((socket) => void socket.on("error", () => {}).resume());
  const servers = [await listen(t, silent), await listen(t, createChecked("good").http)];
  const pool = poolOf(t, "http", servers, { health: { path: "/healthz", intervalMs: 1, timeoutMs: 300 } });
  await pool.lines(1);
  assert.match(pool.told[0] ?? "", /fails its health checks: no answer within 300 ms\. /);
});

test("checks take no place of callers, and end with the upstream", async (t) => {
  // Checks are not answered; callers are.
  const sockets = new Set<Socket>();
  let onCheck = (): void => {};
  const checked = new Promise<void>((resolve) => {
    onCheck = resolve;
  });
  const server = createServer((request, response) => {
    if (request.url === "/") response.end("ok");
    else {
      sockets.add(request.socket);
      onCheck();
    }
  });
  const pending = new Set<number>();
  const delay: typeof systemPlatform.delay = (ms, done, hold) => {
    pending.add(ms);
    return systemPlatform.delay(ms, done, hold);
  };
  const servers = [await listen(t, server), await listen(t, createChecked("other").http)];
  const health = { path: "/healthz", intervalMs: 1_234_567, timeoutMs: 60_000 };
  const pool = poolOf(t, "http", servers, { health, maxConnections: 1 }, delay);
  await checked;
  const statuses = await Promise.all([pool.ask(), pool.ask()]);
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 200],
  );
  const closed = [...sockets].map((socket) => once(socket, "close"));
  pending.delete(1_234_567);
  await pool.close();
  await Promise.all(closed);
  assert.ok(!pending.has(1_234_567), "no further check is planned");
});

interface Answer {
  /** The number of `ServingStatus`, or the bytes of the message. */
  readonly message?: number | Buffer;
  readonly status?: string;
}

/** A server whose health service says what the test wants. */
async function listenGrpc(t: TestContext, answer: () => Answer) {
  const asked: (readonly [path: unknown, type: unknown, te: unknown, body: string])[] = [];
  const server = createHttp2Server().on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {}).on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      asked.push([headers[":path"], headers["content-type"], headers.te, Buffer.concat(chunks).toString("latin1")]);
      const { message, status = "0" } = answer();
      const common = { ":status": 200, "content-type": "application/grpc" };
      if (message === undefined) {
        stream.respond({ ...common, "grpc-status": status }, { endStream: true });
        return;
      }
      const bytes = typeof message === "number" ? Buffer.of(0, 0, 0, 0, 2, 8, message) : message;
      stream.respond(common, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
      stream.end(bytes);
    });
  });
  return { ...(await listen(t, server)), asked };
}

for (const [name, answer, fault] of [
  ["says NOT_SERVING", { message: 2 }, "Health/Check says NOT_SERVING"],
  ["says nothing, which is 0", { message: Buffer.alloc(5) }, "Health/Check says UNKNOWN"],
  ["does not know the service", { status: "5" }, "Health/Check has the status 5 of gRPC"],
  ["has no health service", { status: "12" }, "Health/Check has the status 12 of gRPC"],
  ["says more than its length", { message: Buffer.of(0, 0, 0, 0, 0, 8, 1) }, "Health/Check says what cannot be read"],
  ["says too much", { message: Buffer.alloc(200) }, "Health/Check says what cannot be read"],
] as const) {
  test(`gRPC: an address that ${name} goes out of use, and comes back when it serves`, async (t) => {
    let said: Answer = { message: 1 };
    const [good, ill] = [await listenGrpc(t, () => ({ message: 1 })), await listenGrpc(t, () => said)];
    const pool = poolOf(t, "h2c", [good, ill], { health: { service: "a.B", ...soon } });
    said = answer;
    await pool.lines(1);
    assert.deepEqual(pool.isIn(), [true, false]);
    assert.ok(pool.told[0]?.includes(`: ${fault}. Requests go to the other addresses`), pool.told[0]);
    said = { message: 1 };
    await pool.lines(2);
    assert.deepEqual(pool.isIn(), [true, true]);
    const path = "/grpc.health.v1.Health/Check";
    assert.deepEqual(good.asked[0], [path, "application/grpc", "trailers", "\0\0\0\0\x05\x0a\x03a.B"]);
  });
}

test("gRPC: without a service the server as a whole is asked for, and an answer that is no gRPC is a fault", async (t) => {
  const good = await listenGrpc(t, () => ({ message: 1 }));
  const other = createHttp2Server((_request, response) => response.end("hello"));
  const pool = poolOf(t, "h2c", [good, await listen(t, other)], { health: soon });
  await pool.lines(1);
  assert.match(pool.told[0] ?? "", /: Health\/Check is answered with status 200, and not as gRPC\. /);
  assert.equal(good.asked[0]?.[3], "\0\0\0\0\0");
});
