import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { allowSlowBody } from "../../../src/gateway/listen/slow-clients.js";
import { frame, headerBlock, preface, rawClient, settings, startListeners } from "./listeners-world.js";

const post = "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
const openPost = Buffer.concat([Buffer.from(preface), settings, frame(1, 0x04, 1, headerBlock("POST"))]);
const oneByteOfData = frame(0, 0, 1, Buffer.from("x"));

/** What a slow client sends at once, and what it sends each second after that. */
const kinds: Readonly<Record<string, { readonly first: string | Uint8Array; readonly drip?: string | Uint8Array }>> = {
  "sends nothing": { first: "" },
  "HTTP/1, half a head": { first: "GET / HTTP/1.1\r\nHost: x\r\n" },
  "HTTP/1, a byte of head a second": { first: "GET / HTTP/1.1\r\nHost: x\r\nX: ", drip: "x" },
  "HTTP/1, a byte of body a second": { first: post, drip: "x" },
  "HTTP/1, a byte of a chunked body a second": {
    first: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    drip: "1\r\nx\r\n",
  },
  "HTTP/1, an upgrade that never ends its head": { first: "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n" },
  "HTTP/2, two bytes of the preface": { first: "PR" },
  "HTTP/2, half a preface": { first: preface.slice(0, 14) },
  "HTTP/2, SETTINGS and no request": { first: Buffer.concat([Buffer.from(preface), settings]) },
  "HTTP/2, PING and no request": {
    first: Buffer.concat([Buffer.from(preface), settings]),
    drip: frame(6, 0, 0, Buffer.alloc(8)),
  },
  "HTTP/2, HEADERS without END_HEADERS": {
    first: Buffer.concat([Buffer.from(preface), settings, frame(1, 0x01, 1, headerBlock("GET"))]),
  },
  "HTTP/2, no byte of body": { first: openPost },
  "HTTP/2, a byte of body a second": { first: openPost, drip: oneByteOfData },
};

test("2,000 slow connections of all kinds are closed within 11 s, and others are served meanwhile", {
  timeout: 60_000,
}, async (t) => {
  const world = await startListeners({
    handlers: {
      request(request, response) {
        // As a proxy does: the answer waits for the body.
        request.resume().on("end", () => response.end("served"));
      },
    },
  });
  t.after(world.close);
  const lateMs = new Map<string, number>();
  const sockets: { readonly socket: Socket; readonly drip: string | Uint8Array }[] = [];
  const ends: Promise<void>[] = [];

  async function open(kind: string): Promise<void> {
    const { first, drip } = kinds[kind] ?? { first: "" };
    const socket = connect(world.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    socket.write(first);
    const opened = performance.now();
    if (drip !== undefined) sockets.push({ socket, drip });
    ends.push(
      new Promise((resolve) => {
        socket.on("close", () => {
          lateMs.set(kind, Math.max(lateMs.get(kind) ?? 0, performance.now() - opened));
          resolve();
        });
      }),
    );
  }

  const names = Object.keys(kinds);
  const before = process.memoryUsage().rss;
  for (let opened = 0; opened < 2_000; opened += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => open(names[(opened + index) % names.length] ?? "")));
  }
  const grown = (process.memoryUsage().rss - before) / 2_000;
  t.diagnostic(`${Math.round(grown / 1_024)} KiB for a slow connection, its client included`);
  // Server and clients share this process: how late its timers are when the machine is busy is not the server's doing.
  let lagMs = 0;
  let tickedAt = performance.now();
  const ticking = setInterval(() => {
    lagMs = Math.max(lagMs, performance.now() - tickedAt - 50);
    tickedAt = performance.now();
  }, 50);
  const dripping = setInterval(() => {
    for (const { socket, drip } of sockets) if (socket.writable) socket.write(drip);
  }, 1_000);
  let all = false;
  const closed = Promise.all(ends).then(() => {
    all = true;
  });
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  const waits: number[] = [];
  while (!all) {
    const asked = performance.now();
    assert.equal(await (await fetch(`http://127.0.0.1:${world.port}/`)).text(), "served");
    const [headers] = await once(session.request({ ":path": "/" }).resume(), "response");
    assert.equal(headers[":status"], 200);
    waits.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await closed;
  clearInterval(dripping);
  clearInterval(ticking);
  session.destroy();
  waits.sort((a, b) => a - b);
  t.diagnostic(`${waits.length} pairs of honest requests, median ${waits[waits.length >> 1]?.toFixed(1)} ms`);
  assert.equal(lateMs.size, names.length);
  t.diagnostic(
    `the slowest kind took ${Math.round(Math.max(...lateMs.values()))} ms; timers were ${Math.round(lagMs)} ms late`,
  );
  for (const [kind, ms] of lateMs) assert.ok(ms <= 11_000 + 4 * lagMs, `${kind}: ${Math.round(ms)} ms`);
  assert.ok(waits.length > 100);
});

test("a body at the rate of a modem passes, and so does one that we do not read", async (t) => {
  const world = await startListeners({
    headersTimeoutMs: 1_000,
    handlers: {
      request(request, response) {
        const read = () => request.resume().on("end", () => response.end("whole"));
        if (request.url === "/unread") setTimeout(read, 2_500);
        else read();
      },
    },
  });
  t.after(world.close);
  const size = 4_000;
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`;
  const modem = rawClient(world.port, head("/modem"));
  const http2 = connectHttp2(`http://127.0.0.1:${world.port}`);
  const stream = http2.request({ ":method": "POST", ":path": "/modem" });
  const answered = once(stream, "data");
  const unread = rawClient(world.port, head("/unread"));
  const later = http2.request({ ":method": "POST", ":path": "/unread" });
  const answeredLater = once(later, "data");
  await Promise.all([modem, unread].map(({ socket }) => once(socket, "connect")));
  unread.socket.write("x".repeat(100));
  for (let sent = 0; sent < size; sent += 200) {
    modem.socket.write("x".repeat(200));
    stream.write("x".repeat(200));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  stream.end();
  unread.socket.write("x".repeat(size - 100));
  later.end("x");
  assert.match(await modem.closed, /whole$/);
  assert.equal(String(await answered), "whole");
  assert.match(await unread.closed, /whole$/);
  assert.equal(String(await answeredLater), "whole");
  http2.destroy();
});

test("a slow body may last where the caller is known, or the upstream has begun to answer", async (t) => {
  const world = await startListeners({
    headersTimeoutMs: 500,
    handlers: {
      request(request, response) {
        if (request.url === "/known") allowSlowBody(request);
        if (request.url === "/answering") (response as ServerResponse).write("begun");
        request.resume().on("end", () => response.end("whole"));
      },
    },
  });
  t.after(world.close);
  const session = connectHttp2(`http://127.0.0.1:${world.port}`);
  session.on("error", () => undefined);
  const outcome = (path: string) => {
    const stream = session.request({ ":method": "POST", ":path": path });
    let text = "";
    stream
      .on("error", () => undefined)
      .on("data", (data) => {
        text += data;
      });
    setTimeout(() => stream.end("x"), 1_600);
    return new Promise((resolve) => stream.on("close", () => resolve(text)));
  };
  const outcomes = Promise.all([outcome("/known"), outcome("/answering"), outcome("/nobody")]);
  // The slow one ends alone: the connection may be a proxy's, with other callers on it.
  assert.deepEqual(await outcomes, ["whole", "begunwhole", ""]);
  session.destroy();
});

test("a connection that opens and resets streams without end is closed", { timeout: 30_000 }, async (t) => {
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
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const [headers] = await once(session.request({ ":path": "/" }).resume(), "response");
  assert.equal(headers[":status"], 200);
  session.destroy();
});
