import assert from "node:assert/strict";
import { request as httpRequest, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { toAuthRequest } from "../../../src/adapters/node/request.js";
import { hangMs } from "../../size.js";
import { frame, headerBlock, preface, rawClient, settings, startListeners } from "./listeners-world.js";

function get(port: number, path = "/a"): Promise<string> {
  return fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text());
}

function getHttp2(port: number, path = "/a"): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", reject);
    const stream = session.request({ ":path": path });
    let text = "";
    stream.setEncoding("utf8").on("data", (data) => {
      text += data;
    });
    stream.on("error", reject).on("end", () => {
      session.close();
      resolve(text);
    });
  });
}

test("HTTP/1 and HTTP/2 share one port", async (t) => {
  const world = await startListeners();
  t.after(world.close);
  assert.equal(await get(world.port), "GET 1.1 /a");
  assert.equal(await getHttp2(world.port), "GET 2.0 /a");
});

test("the first bytes may come one by one", async (t) => {
  const world = await startListeners();
  t.after(world.close);
  for (const bytes of ["PUT /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"]) {
    const client = rawClient(world.port);
    client.socket.setNoDelay(true);
    for (const byte of bytes) {
      client.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.match(await client.closed, /PUT 1\.1 \/x$/);
  }
  const client = rawClient(world.port);
  client.socket.setNoDelay(true);
  for (const byte of Buffer.concat([Buffer.from(preface), settings, frame(1, 5, 1, headerBlock("GET"))])) {
    client.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.until(/GET 2\.0 \//);
  client.socket.destroy();
});

test("a swap sends later requests of the same connection to other handlers", async (t) => {
  const world = await startListeners();
  t.after(world.close);
  const client = rawClient(world.port, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.until(/GET 1\.1 \/1/);
  world.listeners.swap({ request: (_, response) => response.end("swapped"), stream: () => {}, upgrade: () => {} });
  client.socket.write("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.until(/swapped/);
  client.socket.destroy();
});

test("a handler that throws or rejects answers 500, is reported, and ends nothing", async (t) => {
  const world = await startListeners({
    handlers: {
      request(request) {
        if (request.url === "/throw") throw new Error("thrown");
        return Promise.reject(new Error("rejected"));
      },
    },
  });
  t.after(world.close);
  for (const path of ["/throw", "/reject"]) {
    assert.equal(await get(world.port, path), '{"code":"internal","message":"internal error"}\n');
    assert.equal(await getHttp2(world.port, path), '{"code":"internal","message":"internal error"}\n');
  }
  assert.deepEqual(world.faults, [
    "a request handler failed: Error: thrown",
    "a request handler failed: Error: thrown",
    "a request handler failed: Error: rejected",
    "a request handler failed: Error: rejected",
  ]);
});

test("who sends Expect: 100-continue is asked for the body only when somebody reads it", async (t) => {
  const world = await startListeners({
    handlers: {
      request(request, response) {
        if (request.url === "/deny") return response.writeHead(401, { connection: "close" }).end();
        return request.on("data", () => undefined).on("end", () => response.end("done"));
      },
    },
  });
  t.after(world.close);
  const head = "HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
  assert.match(await rawClient(world.port, `POST /deny ${head}`).closed, /^HTTP\/1\.1 401 /);
  const client = rawClient(world.port, `POST /read ${head}`);
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.socket.write("ab");
  assert.match(await client.closed, /done$/);
});

test("an upgrade to WebSocket reaches its handler, and any other is served as an ordinary request", {
  timeout: hangMs,
}, async (t) => {
  const readsBodyFirst = Number(process.versions.node.split(".", 1)[0]) >= 25;
  const world = await startListeners({
    handlers: {
      request(request, response) {
        const body: Buffer[] = [];
        request.on("data", (data) => body.push(data));
        request.on("end", () => response.end(`${request.url} ${request.headers.upgrade} ${Buffer.concat(body)}`));
      },
      upgrade: (request, socket, head) => socket.end(`upgraded ${request.url} ${head}`),
    },
  });
  t.after(world.close);
  const head = (protocol: string) =>
    `Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nUpgrade: ${protocol}\r\n`;
  const ws = rawClient(world.port, `GET /ws HTTP/1.1\r\n${head("WebSocket")}\r\nxyz`);
  assert.equal(await ws.closed, "upgraded /ws xyz");
  for (const protocol of ["h2c", "H2C", "TLS/1.0", "h2c, websocket"]) {
    const client = rawClient(world.port, `POST /up HTTP/1.1\r\n${head(protocol)}Content-Length: 4\r\n\r\nab`);
    client.socket.on("connect", () => client.socket.write("cd"));
    await client.until(/\/up .+ abcd/);
    // The connection goes on, as HTTP/1; from Node 26 on, after a body, it says that it does not, and ends.
    client.socket.write("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.match(
      await client.closed,
      readsBodyFirst ? /connection: close\r\n[^/]*\/up .+ abcd$/i : /\/next undefined $/,
    );
    const bodiless = rawClient(world.port, `GET /up HTTP/1.1\r\n${head(protocol)}\r\n`);
    await bodiless.until(/\/up undefined/);
    bodiless.socket.write("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.match(await bodiless.closed, /\/next undefined $/);
  }
});

test("the answer to an upgrade behind an unanswered request does not overtake", async (t) => {
  const world = await startListeners({
    handlers: {
      request(request, response) {
        setTimeout(() => response.end(`${request.url}`), request.url === "/1" ? 50 : 0);
      },
    },
  });
  t.after(world.close);
  const first = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n";
  const second = "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
  const client = rawClient(world.port, first + second.replace("upgrade", "upgrade, close"));
  // The connection ends before either is answered.
  assert.equal(await client.closed, "");
});

test("a head that was cut is not made whole by leaving the upgrade out", async (t) => {
  const world = await startListeners({
    handlers: {
      request: (request, response) => response.writeHead(toAuthRequest(request).truncated ? 431 : 200).end(),
    },
  });
  t.after(world.close);
  const fields = Array.from({ length: 260 }, (_, index) => `a${index}: 1\r\n`).join("");
  const bytes = `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${fields}Connection: close\r\n\r\n`;
  assert.match(await rawClient(world.port, bytes).closed, /^HTTP\/1\.1 431 /);
});

test("an address that is taken is an error, and the others are let go", async (t) => {
  const world = await startListeners();
  t.after(world.close);
  const { createListeners } = await import("../../../src/gateway/listen/listeners.js");
  const limits = {
    headersTimeoutMs: 1_000,
    readTimeoutMs: 60_000,
    stopTimeoutMs: 0,
    maxConnections: 10,
    maxHeaderBytes: 16_384,
    maxAuthorizationLength: 16_384,
  };
  const listen = [
    { host: "127.0.0.1", port: 0, tls: undefined },
    { host: "127.0.0.1", port: world.port, tls: undefined },
  ];
  const handlers = { request: () => {}, stream: () => {}, upgrade: () => {} };
  await assert.rejects(createListeners({ listen, limits }, handlers), { code: "EADDRINUSE" });
});

test("connections beyond the limit are closed at once", async (t) => {
  const world = await startListeners({ maxConnections: 2 });
  t.after(world.close);
  const kept = [rawClient(world.port, "G"), rawClient(world.port, "P")];
  await Promise.all(kept.map(({ socket }) => new Promise((resolve) => socket.on("connect", resolve))));
  assert.equal(await rawClient(world.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").closed, "");
  for (const { socket } of kept) socket.destroy();
});

test("malformed bytes in either protocol end their connection and nothing else", async (t) => {
  // Node answers a broken header block with GOAWAY and then keeps the connection: the deadline ends it.
  const world = await startListeners({ headersTimeoutMs: 300 });
  t.after(world.close);
  const bad = [
    "\0\0\0\0",
    "GET / HTTP/9.9\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    Buffer.concat([Buffer.from(preface), frame(0, 0, 1, Buffer.alloc(8))]),
    // HPACK: an index that does not exist, and a table update that is too large (CVE-2025-59465).
    Buffer.concat([Buffer.from(preface), settings, frame(1, 5, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f))]),
    Buffer.concat([Buffer.from(preface), settings, frame(1, 5, 1, Buffer.of(0x3f, 0xff, 0xff, 0xff, 0x7f))]),
    Buffer.concat([Buffer.from(preface), frame(4, 0, 0, Buffer.from([0, 4, 255, 255, 255, 255]))]),
    Buffer.concat([Buffer.from(preface), settings, frame(8, 0, 0, Buffer.alloc(4))]),
  ];
  await Promise.all(bad.map((bytes) => rawClient(world.port, bytes).closed));
  assert.equal(await get(world.port), "GET 1.1 /a");
  assert.deepEqual(world.faults, []);
});

test("a client that leaves in the middle of a response ends nothing", async (t) => {
  const world = await startListeners({
    handlers: {
      request(_, either) {
        const response = either as ServerResponse;
        response.write("x".repeat(1_000));
        return new Promise((resolve) => {
          response.on("close", () => {
            response.write("more");
            response.end("and more");
            resolve(undefined);
          });
        });
      },
    },
  });
  t.after(world.close);
  const client = rawClient(world.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.until(/xxx/);
  client.socket.resetAndDestroy();
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => undefined).on("data", () => session.destroy());
  await new Promise((resolve) => session.on("close", resolve));
  const agentless = httpRequest({ port: world.port, path: "/x", agent: false });
  agentless
    .on("error", () => undefined)
    .on("response", (response) => response.destroy())
    .end();
  await new Promise((resolve) => agentless.on("close", resolve));
  while (world.listeners.openConnections() > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(world.faults, []);
});
