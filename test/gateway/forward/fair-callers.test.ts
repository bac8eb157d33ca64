import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { type Running, startGateway } from "../running.js";

/** Places of the upstream: an attacker holds 14 of them. */
const places = 16;
const held = 14;

/** More than the buffers of both kernels hold. */
const big = Buffer.alloc(16 * 1024 * 1024, "x");

const attacker = "127.0.0.2";
const honest = "127.0.0.3";

/** Callers of one address take what they can get, and callers of another are served all the same. */
describe("a client that takes all that it can get", () => {
  let gateway: Running;
  let port: number;
  let underWay = 0;
  let onRequest = (): void => {};
  before(async () => {
    gateway = await startGateway({
      upstream: { maxConnections: places, connectTimeoutMs: 60_000 },
      serve: (request, response) => {
        if (request.url !== "/open/honest") {
          underWay += 1;
          response.on("close", () => {
            underWay -= 1;
          });
          onRequest();
        }
        if (request.url === "/open/big") response.end(big);
        else request.resume().on("end", () => response.end("ok"));
      },
    });
    port = Number(new URL(gateway.http1).port);
  });
  after(() => gateway.close());

  async function untilUnderWay(count: number): Promise<void> {
    while (underWay < count)
      await new Promise<void>((resolve) => {
        onRequest = resolve;
      });
  }
  const open = (bytes: string): Socket => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: attacker }).on("error", () => {});
    socket.write(bytes);
    return socket.pause();
  };
  const ask = async (path: string): Promise<string> => {
    const request = get({ port, host: "127.0.0.1", localAddress: honest, path, agent: false });
    const [response] = await once(request, "response");
    let text = `${response.statusCode} `;
    for await (const chunk of response) text += chunk;
    return text;
  };

  type Attack = () => { readonly end: () => void; readonly takes: number };
  const attacks: Record<string, Attack> = {
    "300 requests on one connection": () => {
      const socket = open("GET /open/big HTTP/1.1\r\nHost: a\r\n\r\n".repeat(300));
      return { takes: 1, end: () => socket.destroy() };
    },
    "connections that do not read": () => {
      const sockets = Array.from({ length: 40 }, () => open("GET /open/big HTTP/1.1\r\nHost: a\r\n\r\n"));
      return { takes: held, end: () => sockets.forEach((socket) => void socket.destroy()) };
    },
    "streams of HTTP/2 without a window": () => {
      const sessions: ClientHttp2Session[] = Array.from({ length: 2 }, () => {
        const socket = connect({ port, host: "127.0.0.1", localAddress: attacker });
        const session = connectHttp2(gateway.http2, {
          createConnection: () => socket,
          settings: { initialWindowSize: 0 },
        });
        session.on("error", () => {});
        for (let stream = 0; stream < 40; stream += 1) session.request({ ":path": "/open/big" }).on("error", () => {});
        return session;
      });
      return { takes: held, end: () => sessions.forEach((session) => void session.destroy()) };
    },
    "uploads that do not end": () => {
      const sockets = Array.from({ length: 40 }, () =>
        open("POST /open/up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx"),
      );
      return { takes: held, end: () => sockets.forEach((socket) => void socket.destroy()) };
    },
  };
  for (const [name, attack] of Object.entries(attacks)) {
    it(`by ${name}`, async () => {
      const { takes, end } = attack();
      await untilUnderWay(takes);
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask("/open/honest")));
      assert.deepEqual([...new Set(answers)], ["200 ok"]);
      assert.equal(underWay, takes, "the attack goes on, and has no more than its share");
      end();
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve));
    });
  }
});
