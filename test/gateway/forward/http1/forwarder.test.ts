import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { systemPlatform } from "../../../../src/base/platform.js";
import type { Forwarder } from "../../../../src/gateway/forward/exchange.js";
import { createShares } from "../../../../src/gateway/forward/shares.js";
import { RecordingExchange } from "../recording-exchange.js";
import { ask, forwarderTo, listen, listenRaw, send, Uploading, type Upstream } from "./forwarder-world.js";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a request and its answer", () => {
  let upstream: Upstream;
  let forwarder: Forwarder;
  let seen: { head: string; body: string }[] = [];
  before(async () => {
    upstream = await listen(
      createServer(async (request, response) => {
        let body = "";
        for await (const chunk of request) body += chunk;
        seen.push({ head: `${request.method} ${request.url} ${request.rawHeaders.join("|")}`, body });
        response.sendDate = false;
        response.end(body === "" ? "hello" : body);
      }),
    );
    forwarder = forwarderTo(upstream);
  });
  after(async () => {
    await forwarder.close();
    await upstream.close();
  });

  it("go through one connection, one after the other", async () => {
    seen = [];
    for (let i = 0; i < 3; i += 1) {
      const { status, body, outcome } = await ask(forwarder, { path: `/${i}?a=b`, headers: ["X", "\xe9"] });
      assert.deepEqual([status, body, outcome], [200, "hello", "end"]);
    }
    assert.equal(upstream.sockets.length, 1);
    assert.deepEqual(seen[2], { head: "GET /2?a=b host|a.example|X|\xe9", body: "" });
  });

  for (const framing of [{ kind: "length", length: "200000" }, { kind: "chunked" }] as const) {
    it(`with a body, ${framing.kind}`, async () => {
      seen = [];
      const exchange = await send(forwarder, new Uploading(200_000, { framing }));
      assert.deepEqual([exchange.status, exchange.bodyBytes, exchange.bodyReads], [200, 200_000, 1]);
      assert.equal(seen[0]?.body, "x".repeat(200_000));
      assert.equal(upstream.sockets.length, 1);
    });
  }

  it("that wait for a place get one, and every place is given back", async () => {
    const shares = createShares(
      { ...forwarder, places: 3, send: (...parts) => forwarder.send(...parts) },
      60_000,
      systemPlatform,
    );
    const exchanges = Array.from({ length: 60 }, () => new RecordingExchange());
    for (const exchange of exchanges) shares.send(exchange, undefined);
    for (const exchange of exchanges) await exchange.over;
    assert.deepEqual([...new Set(exchanges.map(({ outcome }) => outcome))], ["end"]);
    const last = Array.from({ length: 3 }, () => new RecordingExchange());
    for (const exchange of last) shares.send(exchange, undefined);
    for (const exchange of last) assert.equal((await exchange.over).outcome, "end");
    assert.equal(shares.waiting, 0);
  });

  it("with a body of which a length of 0 was announced", async () => {
    const opened: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const exchange = new RecordingExchange({ method: "POST", framing: { kind: "length", length: "0" } });
      exchange.readBody = () => exchange.upstream?.bodyEnd();
      assert.equal((await send(forwarder, exchange)).status, 200);
      opened.push(upstream.sockets.filter((socket) => !socket.destroyed).length);
    }
    assert.equal(opened[2], opened[0], "the connection is used again");
    assert.ok(upstream.sockets.slice(0, opened[0]).every((socket) => !socket.destroyed));
  });

  it("with an empty body in chunks", async () => {
    seen = [];
    const exchange = new RecordingExchange({ method: "POST", framing: { kind: "chunked" } });
    exchange.readBody = () => exchange.upstream?.bodyEnd();
    assert.equal((await send(forwarder, exchange)).status, 200);
    assert.equal(seen[0]?.body, "");
  });

  it("a head and a body that is there leave in one piece", async () => {
    const pieces: number[] = [];
    const raw = await listenRaw((socket) => void socket.write(ok));
    raw.server.on("connection", (socket: Socket) => socket.on("data", (chunk) => pieces.push(chunk.length)));
    const to = forwarderTo(raw);
    const exchange = new RecordingExchange({ method: "POST", framing: { kind: "length", length: "4" } });
    exchange.readBody = () =>
      process.nextTick(() => {
        exchange.upstream?.bodyData(Buffer.from("body"));
        exchange.upstream?.bodyEnd();
      });
    assert.equal((await send(to, exchange)).body, "ok");
    assert.equal(pieces.length, 1);
    await to.close();
    await raw.close();
  });

  it("no part of a request can begin a line", async () => {
    for (const parts of [
      { path: "/ HTTP/1.1\r\nX: y" },
      { path: "/a b" },
      { path: "" },
      { method: "GET /\r\n" },
      { authority: "a\r\nX: y" },
      { headers: ["X", "a\r\nY: b"] },
      { headers: ["X", "a\n"] },
      { headers: ["X", "a\0"] },
      { headers: ["X", "\u010a"] },
      { headers: ["X: y\r\nZ", "a"] },
      { headers: ["", "a"] },
      { headers: ["Content-Length", "3"] },
      { headers: ["transfer-encoding", "chunked"] },
    ]) {
      const { failure } = await ask(forwarder, parts);
      assert.deepEqual([failure?.reason, failure?.code], ["bad_request", "request_invalid"], JSON.stringify(parts));
    }
  });

  it("a body of another length than announced is no request", async () => {
    for (const [length, chunk] of [
      ["3", "four"],
      ["5", "four"],
    ] as const) {
      const exchange = new RecordingExchange({ method: "POST", framing: { kind: "length", length } });
      exchange.readBody = () => {
        exchange.upstream?.bodyData(Buffer.from(chunk));
        exchange.upstream?.bodyEnd();
      };
      const { failure } = await send(forwarder, exchange);
      assert.deepEqual([failure?.reason, failure?.code], ["bad_request", "request_length_mismatch"]);
    }
  });
});

describe("connections", () => {
  it("no more than allowed, and a place is free when its connection is", async () => {
    const upstream = await listenRaw((socket) => setImmediate(() => socket.write(ok)));
    const forwarder = forwarderTo(upstream, { maxConnections: 3 });
    assert.equal(forwarder.places, 3);
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        for (let i = 0; i < 20; i += 1) assert.equal((await ask(forwarder)).body, "ok");
      }),
    );
    assert.equal(upstream.sockets.length, 3);
    const many = Array.from({ length: 4 }, () => ask(forwarder));
    assert.equal((await (many[3] as Promise<RecordingExchange>)).failure?.code, "upstream_no_place");
    await Promise.all(many);
    await forwarder.close();
    await upstream.close();
  });

  it("bytes behind an answer, in the same piece or later, are never the next answer", async () => {
    for (const later of [false, true]) {
      const upstream = await listenRaw((socket, head) => {
        const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
        if (!head.startsWith("GET /first")) socket.write(ok);
        else if (later) socket.write(ok, () => setImmediate(() => socket.write(poison)));
        else socket.write(ok + poison);
      });
      const forwarder = forwarderTo(upstream);
      assert.equal((await ask(forwarder, { path: "/first" })).body, "ok");
      if (later) await new Promise((resolve) => upstream.sockets[0]?.once("close", resolve));
      assert.equal((await ask(forwarder)).body, "ok");
      assert.equal(upstream.sockets.length, 2);
      await forwarder.close();
      await upstream.close();
    }
  });

  for (const [name, answer] of [
    ["Connection: close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"],
    ["Keep-Alive: timeout=1", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok"],
    ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ["a 205 with a body", "HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n\r\nok"],
    ["a 204 with a body", "HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\nok"],
  ] as const) {
    it(`is not used again after ${name}`, async () => {
      const upstream = await listenRaw((socket) => void socket.write(answer));
      const forwarder = forwarderTo(upstream);
      for (let i = 0; i < 2; i += 1) assert.equal((await ask(forwarder)).outcome, "end");
      assert.equal(upstream.sockets.length, 2);
      await forwarder.close();
      await upstream.close();
    });
  }

  it("close after the exchanges under way, and take no further ones", async () => {
    const waiting: Socket[] = [];
    const upstream = await listenRaw((socket) => void waiting.push(socket));
    const forwarder = forwarderTo(upstream);
    const under = ask(forwarder);
    while (waiting.length === 0) await new Promise(setImmediate);
    let isClosed = false;
    const closed = forwarder.close().then(() => {
      isClosed = true;
    });
    assert.equal((await ask(forwarder)).failure?.code, "upstream_retired");
    assert.equal(isClosed, false);
    waiting[0]?.write(ok);
    assert.equal((await under).body, "ok");
    await closed;
    await upstream.close();
  });

  it("destroy ends what is under way", async () => {
    const upstream = await listenRaw(() => {});
    const forwarder = forwarderTo(upstream);
    const asked = [ask(forwarder), ask(forwarder)];
    await once(upstream.server, "connection");
    await forwarder.destroy();
    for (const { failure } of await Promise.all(asked)) assert.equal(failure?.code, "upstream_retired");
    await upstream.close();
  });
});
