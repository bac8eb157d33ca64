import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { Platform } from "../../../../src/base/platform.js";
import { hangMs } from "../../../size.js";
import { RecordingExchange } from "../recording-exchange.js";
import { ask, forwarderTo, listen, listenRaw, send, Uploading } from "./forwarder-world.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that a test turns. */
function createClock(): { platform: Platform; turn(ms: number): void } {
  let now = 1_000;
  const timers = new Set<{ at: number; done: () => void }>();
  return {
    platform: {
      now: () => now,
      monotonic: () => now,
      random: (bytes) => new Uint8Array(bytes),
      delay(ms, done) {
        const timer = { at: now + ms, done };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    turn(ms) {
      for (let left = ms; left > 0; left -= 100) {
        now += 100;
        for (const timer of [...timers]) {
          if (timer.at <= now && timers.delete(timer)) timer.done();
        }
      }
    },
  };
}

/** A caller that takes one piece at a time, when it is told to. */
class Slow extends RecordingExchange {
  override data(chunk: Uint8Array, isLast: boolean): boolean {
    super.data(chunk, isLast);
    return false;
  }
}

describe("back-pressure", () => {
  it("each piece waits until the caller takes it, however small", async () => {
    const chunks = Array.from({ length: 50 }, (_, i) => `2\r\n${String(i).padStart(2, "0")}\r\n`).join("");
    const upstream = await listenRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\nA: b\r\n\r\n`);
    });
    const forwarder = forwarderTo(upstream);
    const exchange = new Slow();
    const sent = send(forwarder, exchange);
    for (let pieces = 1; pieces <= 50; pieces += 1) {
      while (exchange.chunks.length < pieces) await turn();
      await turn();
      assert.equal(exchange.chunks.length, pieces);
      exchange.upstream?.drained();
    }
    await sent;
    assert.equal(exchange.body, Array.from({ length: 50 }, (_, i) => String(i).padStart(2, "0")).join(""));
    assert.deepEqual(exchange.trailers, ["A", "b"]);
    await forwarder.close();
    await upstream.close();
  });

  it("an upstream whose caller does not take its answer is not read", { timeout: hangMs }, async () => {
    let written = 0;
    const upstream = await listenRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n");
      const go = (): void => {
        let takesMore = true;
        while (takesMore && written < 200_000_000) {
          written += 100_000;
          takesMore = socket.write(Buffer.alloc(100_000));
        }
      };
      socket.on("drain", go);
      go();
    });
    const forwarder = forwarderTo(upstream);
    const exchange = new Slow();
    const sent = send(forwarder, exchange);
    while (exchange.chunks.length < 1) await turn();
    let before = -1;
    for (let same = 0; same < 200; same = written === before ? same + 1 : 0) {
      before = written;
      await turn();
    }
    assert.equal(exchange.chunks.length, 1);
    assert.ok(written < 50_000_000, String(written));
    exchange.abandon();
    await sent;
    await forwarder.close();
    await upstream.close();
  });

  it("an upstream that does not read its request is sent no more than buffers hold", async () => {
    const upstream = await listen((await import("node:net")).createServer({ pauseOnConnect: true }));
    const forwarder = forwarderTo(upstream);
    const exchange = new Uploading(200_000_000);
    const sent = send(forwarder, exchange);
    let before = -1;
    for (let same = 0; same < 200; same = exchange.left === before && exchange.bodyReads > 0 ? same + 1 : 0) {
      before = exchange.left;
      await turn();
    }
    assert.ok(exchange.left > 150_000_000, String(exchange.left));
    exchange.abandon();
    await sent;
    await forwarder.close();
    await upstream.close();
  });

  it("200 MB in each direction grow the memory by little", { timeout: 2 * hangMs }, async () => {
    const bytes = 200_000_000;
    const upstream = await listen(
      createServer((request, response) => {
        response.writeHead(200, { "content-length": bytes });
        request.pipe(response);
      }),
    );
    const forwarder = forwarderTo(upstream);
    const exchange = new (class extends Uploading {
      override data(chunk: Uint8Array, isLast: boolean): boolean {
        const takesMore = super.data(chunk, isLast);
        this.chunks.length = 0;
        return takesMore;
      }
    })(bytes);
    const before = process.memoryUsage().rss;
    await send(forwarder, exchange);
    const grown = process.memoryUsage().rss - before;
    assert.deepEqual([exchange.outcome, exchange.bodyBytes], ["end", bytes]);
    assert.ok(grown < 100_000_000, String(grown));
    await forwarder.close();
    await upstream.close();
  });
});

describe("a caller that leaves", () => {
  it("while the connection is opened, waited on, answered, or full, ends it, and frees its place once", async () => {
    for (const state of ["connecting", "waiting", "uploading", "answering", "full"]) {
      const upstream = await listenRaw((socket, head) => {
        if (head.includes(" /answering ")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
      });
      const forwarder = forwarderTo(upstream);
      const path = state === "full" ? "/answering" : `/${state}`;
      const framing = state === "uploading" ? ({ kind: "chunked" } as const) : ({ kind: "none" } as const);
      const exchange = state === "full" ? new Slow({ path }) : new RecordingExchange({ path, framing });
      let freed = 0;
      const closed = once(upstream.server, "connection").then(([socket]) => once(socket as Socket, "close"));
      forwarder.send(exchange, () => {
        freed += 1;
      });
      if (state !== "connecting") await once(upstream.server, "connection");
      while (path === "/answering" && exchange.chunks.length === 0) await turn();
      exchange.abandon();
      assert.equal(freed, 1, state);
      exchange.upstream?.abandoned(8);
      exchange.upstream?.drained();
      exchange.upstream?.bodyData(Buffer.from("late"));
      exchange.upstream?.bodyEnd();
      if (state !== "connecting") await closed;
      await forwarder.close();
      assert.deepEqual([freed, exchange.faults], [1, []], state);
      await upstream.close();
    }
  });
});

describe("clocks", () => {
  it("an upstream that does not answer, is silent within its answer, or takes no body, ends in its time", async () => {
    for (const [path, code, reason] of [
      ["/silent", "upstream_headers_timeout", "upstream_timeout"],
      ["/interim", "upstream_headers_timeout", "upstream_timeout"],
      ["/half", "upstream_body_timeout", "upstream_failed"],
    ] as const) {
      const { platform, turn: turnClock } = createClock();
      const upstream = await listenRaw((socket) => {
        if (path === "/half") socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
        if (path === "/interim") socket.write("HTTP/1.1 103 x\r\n\r\n");
      });
      const forwarder = forwarderTo(upstream, { platform, headersTimeoutMs: 5_000, bodyTimeoutMs: 5_000 });
      const exchange = new RecordingExchange({ path });
      const sent = send(forwarder, exchange);
      await once(upstream.server, "connection");
      while (path === "/half" ? exchange.chunks.length < 1 : path === "/interim" && exchange.hints.length < 1)
        await turn();
      for (let i = 0; i < 5; i += 1) await turn();
      turnClock(5_000);
      assert.equal(exchange.outcome, undefined, path);
      turnClock(1_100);
      await sent;
      assert.deepEqual([exchange.failure?.code, exchange.failure?.reason], [code, reason]);
      await forwarder.close();
      await upstream.close();
    }
  });

  it("a caller that does not take its answer is not the upstream's silence", async () => {
    const { platform, turn: turnClock } = createClock();
    const upstream = await listenRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
      socket.on("error", () => {});
    });
    const forwarder = forwarderTo(upstream, { platform, bodyTimeoutMs: 5_000 });
    const exchange = new Slow();
    const sent = send(forwarder, exchange);
    while (exchange.chunks.length < 1) await turn();
    turnClock(60_000);
    assert.equal(exchange.outcome, undefined);
    upstream.sockets[0]?.write("whole");
    exchange.upstream?.drained();
    await sent;
    assert.equal(exchange.body, "halfwhole");
    await forwarder.close();
    await upstream.close();
  });

  it("a caller that is slow with its body is not the upstream's silence", async () => {
    const { platform, turn: turnClock } = createClock();
    const upstream = await listenRaw((socket, head) => {
      const answer = (text: string | Buffer): void => {
        if (text.includes("late")) socket.write("HTTP/1.1 204 x\r\n\r\n");
      };
      answer(head);
      socket.on("data", answer);
    });
    const forwarder = forwarderTo(upstream, { platform, headersTimeoutMs: 5_000 });
    const exchange = new RecordingExchange({ method: "POST", framing: { kind: "chunked" } });
    const sent = send(forwarder, exchange);
    await once(upstream.server, "connection");
    while (exchange.bodyReads < 1) await turn();
    turnClock(60_000);
    exchange.upstream?.bodyData(Buffer.from("late"));
    exchange.upstream?.bodyEnd();
    assert.equal((await sent).status, 204);
    await forwarder.close();
    await upstream.close();
  });

  for (const [announced, keptMs] of [
    ["", 3_000],
    ["Keep-Alive: timeout=10, max=100\r\n", 9_000],
  ] as const) {
    it(`an idle connection is used for ${keptMs} ms, and then closed`, async () => {
      const { platform, turn: turnClock } = createClock();
      const upstream = await listenRaw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${announced}Content-Length: 2\r\n\r\nok`);
      });
      const forwarder = forwarderTo(upstream, { platform });
      await ask(forwarder);
      turnClock(keptMs - 100);
      await ask(forwarder);
      assert.equal(upstream.sockets.length, 1);
      const closed = once(upstream.sockets[0] as Socket, "close");
      turnClock(keptMs + 500);
      await closed;
      await ask(forwarder);
      assert.equal(upstream.sockets.length, 2);
      await forwarder.close();
      await upstream.close();
    });
  }
});
