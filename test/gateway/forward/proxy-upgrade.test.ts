import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { hangMs } from "../../size.js";
import { ask, send } from "../raw.js";
import { logIn, type Running, startGateway, valuesOf } from "../running.js";

const server = new WebSocketServer({ noServer: true });
const upgrades: IncomingMessage[] = [];

function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  upgrades.push(request);
  if (request.url === "/refuse") {
    socket.end("HTTP/1.1 418 I'm a teapot\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
  } else if (request.url === "/h2c") {
    socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n");
  } else {
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
      if (request.url === "/hang-up") peer.terminate();
    });
  }
}

const handshake = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

let gateway: Running;
describe("gateway/forward/proxy-upgrade", () => {
  before(async () => {
    gateway = await startGateway({ onUpgrade });
  });
  after(() => gateway.close());
  beforeEach(() => {
    upgrades.length = 0;
    gateway.seen.length = 0;
  });

  function dial(path: string, authorization = gateway.bearer, running = gateway): WebSocket {
    const headers = { authorization, "x-sallyport-subject": "forged", x_sallyport_roles: "forged" };
    return new WebSocket(running.http1.replace("http", "ws") + path, { headers });
  }

  describe("a WebSocket", { timeout: hangMs }, () => {
    it("passes after authentication, and the upstream is told who it is", async () => {
      const socket = dial("/chat?room=1");
      await once(socket, "open");
      for (const size of [1, 200, 1_000_000]) {
        socket.send("x".repeat(size));
        const [data] = await once(socket, "message");
        assert.equal(String(data).length, size);
      }
      socket.close(4000, "bye");
      const [code] = await once(socket, "close");
      assert.equal(code, 4000);
      const [seen] = upgrades;
      assert.equal(seen?.url, "/chat?room=1");
      assert.deepEqual(valuesOf(seen, "x-sallyport-subject"), ["ada"]);
      assert.deepEqual(valuesOf(seen, "x_sallyport_roles"), []);
      assert.deepEqual(valuesOf(seen, "authorization"), []);
      assert.deepEqual(valuesOf(seen, "upgrade"), ["websocket"]);
    });

    it("carries the offered token on its 101", async () => {
      const socket = dial("/", gateway.password);
      const [answer] = (await once(socket, "upgrade")) as [IncomingMessage];
      assert.match(answer.headers.authorization ?? "", /^Bearer \S{80,}$/);
      assert.equal(answer.headers["cache-control"], "no-store");
      socket.terminate();
    });

    for (const [what, authorization, path, status] of [
      ["without a good credential", "Bearer evil", "/", 401],
      ["without a canonical target", "Bearer evil", "//", 400],
    ] as const) {
      it(`${what} is answered ${status}, and the upstream not asked`, async () => {
        const answer = await ask(gateway, path, [...handshake, `Authorization: ${authorization}`]);
        assert.equal(answer.status, status);
        assert.equal(upgrades.length + gateway.seen.length, 0);
      });
    }

    it("with a body has no single meaning", async () => {
      const answer = await ask(
        gateway,
        "/",
        [...handshake, "Content-Length: 3", `Authorization: ${gateway.bearer}`],
        "abc",
      );
      assert.equal(answer.status, 400);
      assert.equal(upgrades.length, 0);
    });

    it("that the upstream refuses is answered as the upstream answers", async () => {
      const answer = await ask(gateway, "/refuse", [...handshake, `Authorization: ${gateway.bearer}`]);
      assert.equal(answer.status, 418);
      assert.match(answer.text, /no$/);
    });

    it("that the upstream turns into something else is 502", async () => {
      const answer = await ask(gateway, "/h2c", [...handshake, `Authorization: ${gateway.bearer}`]);
      assert.equal(answer.status, 502);
    });

    it("ends when either side breaks off", async () => {
      const hungUp = dial("/hang-up");
      await once(hungUp, "close");
      const left = dial("/");
      await once(left, "open");
      const upstream = upgrades.at(-1)?.socket;
      left.terminate();
      await new Promise((resolve) => upstream?.on("close", resolve));
    });

    it("ends with its session", async () => {
      const socket = dial("/", `Bearer ${await logIn(gateway.auth)}`);
      await once(socket, "open");
      const [ref = ""] = valuesOf(upgrades[0], "x-sallyport-session");
      const closed = once(socket, "close");
      assert.equal(await gateway.auth.sessions.end(ref, "logout"), true);
      const [code, reason] = await closed;
      assert.deepEqual([code, String(reason)], [1008, "What let you in is gone."]);
    });

    it("through which nothing passes is closed", async () => {
      const quick = await startGateway({ onUpgrade, upstream: { bodyTimeoutMs: 100 } });
      const socket = dial("/", quick.bearer, quick);
      await once(socket, "open");
      await once(socket, "close");
      await quick.close();
    });

    it("whose upstream is gone is 503", async () => {
      const alone = await startGateway({ upstream: { origin: "http://127.0.0.1:1" } });
      const answer = await ask(alone, "/", [...handshake, `Authorization: ${alone.bearer}`]);
      assert.equal(answer.status, 503);
      await alone.close();
    });
  });

  describe("another upgrade", { timeout: hangMs }, () => {
    const h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"];

    it("is served as the ordinary request that it also is, body and all", async () => {
      const answer = await send(
        gateway,
        `POST /first HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n${h2c.join("\r\n")}\r\nContent-Length: 5\r\n\r\nhello` +
          `GET /second HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(answer.status, 200);
      const served = gateway.seen.map(({ url, body }) => [url, body]).sort();
      // From Node 26 on what came behind may be lost: then the answer must say that it is the last, and be it.
      const last = /^connection: close$/im.test(answer.text.split("\r\n\r\n", 1)[0]?.replaceAll("\r", "") ?? "");
      const all = [
        ["/first", "hello"],
        ["/second", ""],
      ];
      assert.deepEqual(served, last ? all.slice(0, 1) : all);
      assert.equal(answer.text.match(/HTTP\/1\.1 /g)?.length, served.length);
      for (const seen of gateway.seen) {
        assert.deepEqual(valuesOf(seen, "upgrade"), []);
        assert.deepEqual(valuesOf(seen, "http2-settings"), []);
      }
    });

    it("leaves the connection to the requests behind it", async () => {
      const { text } = await send(
        gateway,
        `GET /first HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n${h2c.join("\r\n")}\r\n\r\n` +
          `GET /second HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\nConnection: close\r\n\r\n`,
      );
      assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
      assert.deepEqual(gateway.seen.map(({ url }) => url).sort(), ["/first", "/second"]);
    });

    it("is authenticated like any other", async () => {
      const bytes = `GET / HTTP/1.1\r\nHost: a\r\n${h2c.join("\r\n")}\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
      const { text } = await send(gateway, bytes);
      assert.equal(text.match(/HTTP\/1\.1 401/g)?.length, 2);
      assert.equal(gateway.seen.length, 0);
    });

    for (const upgrade of ["websocket, h2c", "TLS/1.0", "h2c, websocket", "WebSocketX"]) {
      it(`${upgrade} is no WebSocket`, async () => {
        const lines = ["Connection: Upgrade", `Upgrade: ${upgrade}`, `Authorization: ${gateway.bearer}`];
        const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
        socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${lines.join("\r\n")}\r\n\r\n`);
        const [data] = (await once(socket, "data")) as [Buffer];
        assert.match(data.toString(), /^HTTP\/1\.1 200 /);
        socket.destroy();
        assert.equal(upgrades.length, 0);
        assert.deepEqual(valuesOf(gateway.seen[0], "upgrade"), []);
      });
    }

    it("behind an unanswered request does not overtake it", async () => {
      const slow = await startGateway({
        serve: (request, response) => request.url === "/fast" && response.end("fast"),
      });
      const { text } = await send(
        slow,
        `GET /slow HTTP/1.1\r\nHost: a\r\nAuthorization: ${slow.bearer}\r\n\r\n` +
          `GET /fast HTTP/1.1\r\nHost: a\r\nAuthorization: ${slow.bearer}\r\n${h2c.join("\r\n")}\r\n\r\n`,
      );
      assert.doesNotMatch(text, /fast/);
      const { text: tunnelled } = await send(
        slow,
        `GET /slow HTTP/1.1\r\nHost: a\r\nAuthorization: ${slow.bearer}\r\n\r\n` +
          `GET /fast HTTP/1.1\r\nHost: a\r\nAuthorization: ${slow.bearer}\r\n${handshake.join("\r\n")}\r\n\r\n`,
      );
      assert.doesNotMatch(tunnelled, /fast|101/);
      await slow.close();
    });
  });

  after(() => server.close());
});
