import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import type { ForwardedRequest, Forwarder } from "../../../../src/gateway/forward/exchange.js";
import { hangMs, sized } from "../../../size.js";
import { RecordingExchange } from "../recording-exchange.js";
import { ask, forwarderTo, listen, listenRaw, send, Uploading, type Upstream } from "./forwarder-world.js";

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function withUpstream(upstream: Upstream, use: (forwarder: Forwarder) => Promise<void>): Promise<void> {
  const forwarder = forwarderTo(upstream);
  try {
    await use(forwarder);
  } finally {
    await forwarder.destroy();
    await upstream.close();
  }
}

describe("an answer before the request is complete", () => {
  for (const status of [413, 401, 403]) {
    for (const bytes of [200_000, 5_000_000]) {
      it(`${status} with Connection: close reaches the caller always, ${bytes} bytes`, {
        timeout: hangMs,
      }, async () => {
        const upstream = await listen(
          createHttpServer((_request, response) => {
            response.writeHead(status, { connection: "close" });
            response.end("no".repeat(500));
          }),
        );
        await withUpstream(upstream, async (forwarder) => {
          for (let i = 0; i < sized(20, 200); i += 1) {
            const { status: got, outcome, bodyBytes } = await send(forwarder, new Uploading(bytes));
            assert.deepEqual([got, outcome, bodyBytes], [status, "end", 1_000], `try ${i}`);
          }
        });
      });
    }
  }

  it("reaches the caller from an upstream that resets its connection at once", { timeout: hangMs }, async () => {
    const upstream = await listenRaw((socket) => {
      socket.write("HTTP/1.1 413 x\r\nContent-Length: 2\r\n\r\nno", () => socket.resetAndDestroy());
    });
    await withUpstream(upstream, async (forwarder) => {
      let whole = 0;
      for (let i = 0; i < 50; i += 1) {
        const { status, outcome } = await send(forwarder, new Uploading(5_000_000));
        if (status === 413 && outcome === "end") whole += 1;
      }
      assert.equal(whole, 50);
    });
  });

  it("ends the body, and its connection is not used again", async () => {
    const upstream = await listenRaw((socket, head) => {
      if (head.startsWith("POST")) socket.write(ok);
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext");
    });
    await withUpstream(upstream, async (forwarder) => {
      const exchange = new RecordingExchange({ method: "POST", framing: { kind: "length", length: "10" } });
      exchange.readBody = () => void exchange.upstream?.bodyData(Buffer.from("five "));
      await send(forwarder, exchange);
      assert.deepEqual([exchange.body, exchange.isBodyStopped], ["ok", true]);
      assert.equal((await ask(forwarder)).body, "next");
      assert.equal(upstream.sockets.length, 2);
    });
  });
});

describe("only framing ends an answer", () => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const [name, answer] of [
    ["in a head", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["in a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
    ["in a chunk", `${chunked}5\r\nhal`],
    ["between chunks", `${chunked}2\r\nok\r\n`],
    ["before the last empty line", `${chunked}2\r\nok\r\n0\r\n`],
    ["in the trailers", `${chunked}2\r\nok\r\n0\r\nA: b\r\n`],
  ] as const) {
    it(`not the end of a connection ${name}`, async () => {
      await withUpstream(await listenRaw((socket) => void socket.end(answer)), async (forwarder) => {
        const { outcome, failure } = await ask(forwarder);
        assert.deepEqual([outcome, failure?.reason, failure?.code], ["fail", "upstream_failed", "upstream_closed"]);
      });
    });
  }

  it("but that of a body without a length does", async () => {
    const upstream = await listenRaw((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    await withUpstream(upstream, async (forwarder) => {
      const { outcome, body, trailers } = await ask(forwarder);
      assert.deepEqual([outcome, body, trailers], ["end", "all of it", []]);
    });
  });

  it("and not when that connection is reset", async () => {
    const upstream = await listenRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\nhalf", () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    await withUpstream(upstream, async (forwarder) => {
      const { outcome, failure } = await ask(forwarder);
      assert.deepEqual([outcome, failure?.code], ["fail", "ECONNRESET"]);
    });
  });
});

describe("a request is sent again", () => {
  /** How often an upstream that answers only the second connection, if any, sees a request, and what comes of it. */
  async function attempts(
    parts: Partial<ForwardedRequest>,
    { first = "", warm = true, dead = false }: { first?: string; warm?: boolean; dead?: boolean } = {},
  ): Promise<readonly [seen: number, outcome: string | undefined, attempts: number]> {
    let seen = 0;
    const upstream = await listenRaw((socket, head) => {
      if (head.includes(" /warm ")) {
        socket.write(ok);
        return;
      }
      seen += 1;
      if (seen === 2 && !dead) socket.write(ok);
      else socket.end(first);
    });
    try {
      const forwarder = forwarderTo(upstream);
      if (warm) await ask(forwarder, { path: "/warm" });
      const exchange = new RecordingExchange(parts);
      exchange.readBody = () => {
        exchange.upstream?.bodyData(Buffer.from("body"));
        exchange.upstream?.bodyEnd();
      };
      await send(forwarder, exchange);
      await forwarder.destroy();
      return [seen, exchange.outcome, exchange.attempts];
    } finally {
      await upstream.close();
    }
  }
  const framing = { kind: "length", length: "4" } as const;

  it("once, when its method is safe, it has no body, and no byte came", async () => {
    assert.deepEqual(await attempts({ method: "GET" }), [2, "end", 2]);
    assert.deepEqual(await attempts({ method: "GET" }, { warm: false }), [2, "end", 2]);
    assert.deepEqual(await attempts({ method: "GET" }, { dead: true }), [2, "fail", 2]);
  });
  it("not when a byte came", async () => {
    assert.deepEqual(await attempts({ method: "GET" }, { first: "H" }), [1, "fail", 1]);
  });
  it("not when its method is not safe, or it has a body", async () => {
    assert.deepEqual(await attempts({ method: "POST" }), [1, "fail", 1]);
    assert.deepEqual(await attempts({ method: "PUT", framing }), [1, "fail", 1]);
    assert.deepEqual(await attempts({ method: "GET", framing }), [1, "fail", 1]);
  });

  it("so that no upstream's limit for idle connections is an error", { timeout: 5 * hangMs }, async () => {
    // Not announced, and as long as the pauses between the calls. Destroyed with a request in it, it is reset.
    const upstream = await listenRaw((socket) => {
      socket.write(ok);
      socket.setTimeout(4, () => socket.destroy());
    });
    await withUpstream(upstream, async (forwarder) => {
      const failed: unknown[] = [];
      const perCaller = sized(100, 1_000);
      await Promise.all(
        Array.from({ length: 10 }, async (_, caller) => {
          for (let i = 0; i < perCaller; i += 1) {
            const exchange = await ask(forwarder);
            if (exchange.body !== "ok") failed.push(exchange.failure);
            await new Promise((resolve) => setTimeout(resolve, 2 + ((i + caller) % 6)));
          }
        }),
      );
      assert.deepEqual(failed, []);
    });
  });
});

describe("an upstream that never ends", () => {
  const endless = (begin: string, again: string) =>
    listen(
      createServer((socket: Socket) => {
        const go = (): void => {
          while (!socket.destroyed && socket.write(again));
        };
        socket.once("data", () => {
          socket.write(begin);
          socket.on("drain", go);
          go();
        });
      }),
    );
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const [name, begin, again, code] of [
    ["its head", "HTTP/1.1 200 OK\r\nA: ", "b".repeat(1_000), "upstream_head_too_large"],
    ["fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", "upstream_head_too_large"],
    ["interim answers", "", "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n", "upstream_interim_flood"],
    ["a chunk's size", chunked, "0".repeat(100), "upstream_chunk_invalid"],
    ["a chunk's extension", `${chunked}2`, ";a=b".repeat(100), "upstream_chunk_invalid"],
    ["extensions of chunks", chunked, `1;a=${"b".repeat(500)}\r\nx\r\n`, "upstream_chunk_invalid"],
    ["trailers", `${chunked}0\r\n`, "A: b\r\n", "upstream_trailers_too_large"],
    ["garbage", "", "garbage", "upstream_speaks_no_http"],
  ] as const) {
    it(name, async () => {
      await withUpstream(await endless(begin, again), async (forwarder) => {
        const { failure } = await ask(forwarder);
        assert.equal(failure?.code, code);
      });
    });
  }
});

describe("failures say what happened", () => {
  it("a connection that is refused", async () => {
    const upstream = await listenRaw(() => {});
    await upstream.close();
    const { failure } = await ask(forwarderTo(upstream));
    const detail = `${upstream.where} refused the connection`;
    assert.deepEqual(failure, { reason: "upstream_unavailable", code: "ECONNREFUSED", detail, lost: "before_request" });
  });

  it("another protocol", async () => {
    for (const [bytes, words] of [
      ["\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", "speaks HTTP/2; write its URL as h2c://…"],
      ["\x15\x03\x01\0\x02\x02\x46", "speaks TLS; write its URL as https://…"],
    ] as const) {
      const upstream = await listenRaw((socket) => void socket.write(bytes, "latin1"));
      await withUpstream(upstream, async (forwarder) => {
        assert.equal((await ask(forwarder)).failure?.detail, `${upstream.where} ${words}`);
      });
    }
  });
});
