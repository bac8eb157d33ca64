import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, createHttp1Wire, createHttp2Wire, type Wire } from "../../../src/testing/adapter/client.js";
import { send } from "../raw.js";
import { type Running, startGateway } from "../running.js";

/** What the upstream answers next, byte for byte, in as many writes. */
let answer: readonly string[] = [];
let server: Server;
let gateway: Running;
const sockets = new Set<Socket>();

describe("gateway/forward/upstream-garbage", () => {
  before(async () => {
    server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      socket.on("data", async () => {
        for (const part of answer) {
          socket.write(part, "latin1");
          // Apart, so that they do not arrive in one piece: the header block is then sent by itself.
          await sleep(20);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    gateway = await startGateway({ upstream: { origin: `http://127.0.0.1:${port}` } });
  });
  after(async () => {
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const ok = "HTTP/1.1 200 OK\r\n";
  const wires: readonly (readonly [string, () => Wire])[] = [
    ["HTTP/1", () => createHttp1Wire(gateway.http1)],
    ["HTTP/2", () => createHttp2Wire(gateway.http2)],
  ];

  async function ask(createWire: () => Wire, ...parts: readonly string[]): Promise<Answer & { text: string }> {
    answer = parts;
    const wire = createWire();
    try {
      const answered = await wire.call({ path: "/open" });
      return { ...answered, text: String(answered.body) };
    } finally {
      wire.close();
    }
  }

  for (const [protocol, createWire] of wires) {
    describe(`odd answers of an upstream, ${protocol}`, () => {
      for (const name of ["X-Content-Type-Options", "Content-Type", "Date", "ETag", "Location"]) {
        it(`${name} twice harms nobody`, async () => {
          const twice = `${ok}${name}: a/b\r\n${name}: a/b\r\nContent-Length: 2\r\n\r\n`;
          for (const parts of [[twice, "ok"], [`${twice}ok`]]) {
            const { status, text } = await ask(createWire, ...parts);
            assert.deepEqual([status, text], [200, "ok"]);
          }
        });
      }

      it("a field of different values, and a trailer twice, harm nobody", async () => {
        const head = `${ok}ETag: "a"\r\nETag: "b"\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n`;
        const { status, text, headers } = await ask(createWire, head, "2\r\nok\r\n0\r\nETag: a\r\nETag: b\r\n\r\n");
        assert.deepEqual([status, text], [200, "ok"]);
        assert.deepEqual(headers["set-cookie"], ["a", "b"]);
      });

      it("early hints that are ill-formed are left out", async () => {
        const hints = "HTTP/1.1 103 Early Hints\r\nLink: garbage\r\n\r\n";
        const { status, text } = await ask(createWire, hints, `${ok}Content-Length: 2\r\n\r\nok`);
        assert.deepEqual([status, text], [200, "ok"]);
      });

      it("a 205 with a length is complete", async () => {
        const { status, text } = await ask(createWire, "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello");
        assert.deepEqual([status, text], [205, ""]);
      });
    });
  }

  describe("odd answers of an upstream", () => {
    it("a 205 with a length does not take from the next answer", async () => {
      answer = ["HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello"];
      const one = "GET /open HTTP/1.1\r\nHost: a\r\n";
      const { text } = await send(gateway, `${one}\r\n${one}Connection: close\r\n\r\n`);
      assert.equal(text.match(/HTTP\/1\.1 205/g)?.length, 2);
      assert.doesNotMatch(text, /content-length: [^0]/i);
    });

    it("early hints without end do not pile up for a caller who does not read", async () => {
      const hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
      answer = [hint.repeat(100), `${ok}Content-Length: 2\r\n\r\nok`];
      const { text } = await send(gateway, "GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.equal(text.match(/HTTP\/1\.1 103/g)?.length, 8);
      assert.match(text, /HTTP\/1\.1 200 OK[\s\S]*ok$/);
    });
  });
});
