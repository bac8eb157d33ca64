import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import type { Forwarder } from "../../../../src/gateway/forward/exchange.js";
import { RecordingExchange } from "../recording-exchange.js";
import { ask, forwarderTo, listenRaw, send, type Upstream } from "./forwarder-world.js";

const agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe("a WebSocket", () => {
  let upstream: Upstream;
  let forwarder: Forwarder;
  let heads: string[] = [];
  before(async () => {
    upstream = await listenRaw((socket, head) => {
      heads.push(head);
      if (head.includes(" /refused ")) socket.write("HTTP/1.1 403 x\r\nContent-Length: 2\r\n\r\nno");
      else if (head.includes(" /closing ")) socket.end("HTTP/1.1 403 x\r\n\r\nno");
      else if (head.includes(" /h2c ")) socket.write(agreed.replace("websocket", "h2c"));
      else if (head.includes(" /plain ")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else if (head.startsWith("GET ")) {
        socket.write(`${agreed}first`);
        socket.on("data", (chunk) => socket.write(`echo ${chunk}`));
      }
    });
    forwarder = forwarderTo(upstream, { maxConnections: 2 });
  });
  after(async () => {
    await forwarder.destroy();
    await upstream.close();
  });

  it("gets the connection, and what came behind the head", async () => {
    heads = [];
    const exchange = new RecordingExchange({ path: "/ws", headers: ["Sec-WebSocket-Key", "x"], isWebSocket: true });
    let isFree = false;
    forwarder.send(exchange, () => {
      isFree = true;
    });
    await exchange.over;
    assert.equal(exchange.outcome, "tunnel");
    assert.deepEqual(exchange.headers, ["Connection", "Upgrade", "Upgrade", "websocket"]);
    assert.match(heads[0] as string, /\r\nSec-WebSocket-Key: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n$/);
    const { stream } = exchange;
    assert.ok(stream);
    const [first] = await once(stream, "data");
    stream.write("hello");
    const [echo] = await once(stream, "data");
    assert.deepEqual([String(first), String(echo)], ["first", "echo hello"]);
    assert.equal(isFree, false);
    stream.destroy();
    await once(stream, "close");
    assert.equal(isFree, true);
  });

  it("has a connection of its own, also when idle ones take all places", async () => {
    await Promise.all([ask(forwarder, { path: "/plain" }), ask(forwarder, { path: "/plain" })]);
    const before = upstream.sockets.length;
    const closed = Promise.race(upstream.sockets.slice(-2).map((socket) => once(socket, "close")));
    const exchange = new RecordingExchange({ isWebSocket: true });
    const sent = send(forwarder, exchange);
    await Promise.all([exchange.over, closed]);
    assert.equal(upstream.sockets.length, before + 1);
    exchange.stream?.destroy();
    await sent;
  });

  it("that is refused is an answer like any other", async () => {
    for (const path of ["/refused", "/closing"]) {
      const { outcome, status, body } = await ask(forwarder, { path, isWebSocket: true });
      assert.deepEqual([outcome, status, body], ["end", 403, "no"], path);
    }
    const { failure } = await ask(forwarder, { path: "/h2c", isWebSocket: true });
    assert.equal(failure?.code, "upstream_upgrade_unasked");
  });

  it("is ended by destroy", async () => {
    const own = forwarderTo(upstream);
    const exchange = new RecordingExchange({ isWebSocket: true });
    const sent = send(own, exchange);
    await exchange.over;
    await own.destroy();
    await sent;
    assert.equal(exchange.stream?.destroyed, true);
  });
});
