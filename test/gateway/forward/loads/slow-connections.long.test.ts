import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { listen } from "../../../adapters/servers.js";
import { slowKinds } from "../../listen/slow-kinds.js";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.js";

/** Of each kind. */
const connections = 25;

/** More than the buffers of both kernels hold. */
const big = Buffer.alloc(16 * 1024 * 1024, "x");

/** Opens a connection. Returns what ends with it. */
type Open = (gateway: GatewayProcess) => Promise<unknown>;

/** Tells of each answer of the upstream that is over, by its path: a client that does not read sees no end. */
const over = new EventEmitter().setMaxListeners(0);

const openRaw = (gateway: GatewayProcess, first: string | Uint8Array): Socket => {
  const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
  socket.write(first);
  return socket;
};

/** Waits for the end of a connection or stream, also by an error. */
const closed = (one: EventEmitter): Promise<unknown> => new Promise((resolve) => one.once("close", resolve));

let asked = 0;

/** Asks for long answers, and reads none. */
async function openUnread(gateway: GatewayProcess, requests: number): Promise<void> {
  asked += 1;
  const path = `/big/${asked}`;
  const socket = openRaw(gateway, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(requests)).pause();
  await once(over, path);
  socket.destroy();
}

const webSocket = `GET / HTTP/1.1
Host: x
Connection: upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

`.replaceAll("\n", "\r\n");

const kinds: Readonly<Record<string, Open>> = {
  ...Object.fromEntries(
    Object.entries(slowKinds).map(([name, { first, drip }]): [string, Open] => [
      name,
      async (gateway) => {
        const socket = openRaw(gateway, first).resume();
        socket.on("end", () => socket.end());
        const timer = drip === undefined ? undefined : setInterval(() => socket.writable && socket.write(drip), 500);
        await closed(socket);
        clearInterval(timer);
      },
    ]),
  ),
  "HTTP/1, an answer that is not read": (gateway) => openUnread(gateway, 1),
  "HTTP/1, answers of a pipeline that are not read": (gateway) => openUnread(gateway, 20),
  "HTTP/2, an answer for which there is no window": async (gateway) => {
    const session = connectHttp2(gateway.origin, { settings: { initialWindowSize: 0 } }).on("error", () => {});
    const stream = session.request({ ":path": "/big" }).on("error", () => {});
    await closed(stream);
    session.destroy();
  },
  async "a WebSocket of which one side is closed"(gateway) {
    const socket = openRaw(gateway, webSocket);
    await once(socket, "data");
    socket.resume().end();
    await closed(socket);
  },
};

async function startSlow(t: TestContext): Promise<GatewayProcess> {
  const server = createServer((request, response) => {
    const { url = "" } = request;
    response.on("close", () => over.emit(url));
    if (url.startsWith("/big")) response.end(big);
    else request.resume().on("end", () => response.end("served"));
  });
  const accept = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  // It never answers the end of the other side.
  server.on("upgrade", (_request, socket: Socket) => {
    socket.allowHalfOpen = true;
    socket
      .on("error", () => {})
      .resume()
      .write(accept);
  });
  const upstream = await listen(server);
  t.after(() => upstream.close());
  // Places for the requests of all of them, so that each meets its own limit.
  const places = ", maxConnections: 4000, connectTimeout: 60s";
  return startGatewayProcess(t, {
    upstreams: { app: upstream.origin },
    rest: "app",
    upstream: places,
    more: "limits: { readTimeout: 10s }\n",
  });
}

test(`${connections} slow connections of each kind are gone in their limit, and others are served meanwhile`, async (t) => {
  const gateway = await startSlow(t);
  const honest = connectHttp2(gateway.origin);
  t.after(() => honest.destroy());
  const ask = async (): Promise<void> => {
    const answer = await fetch(`${gateway.origin}/app`, { headers: { authorization: gateway.bearer } });
    assert.equal(await answer.text(), "served");
    const [headers] = await once(
      honest.request({ ":path": "/app", authorization: gateway.bearer }).resume(),
      "response",
    );
    assert.equal(headers[":status"], 200);
  };
  const before = await gateway.memory();
  const begun = performance.now();
  const ends = Object.entries(kinds).map(async ([name, open]) => {
    await Promise.all(Array.from({ length: connections }, () => open(gateway)));
    t.diagnostic(`${name}: gone after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  });
  const all = Promise.all(ends).then(() => true);
  while (!(await Promise.race([all, ask()]))) assert.equal(honest.destroyed, false);
  const { peak } = await gateway.memory();
  t.diagnostic(`${connections * Object.keys(kinds).length} connections; RSS ${before.rss} MB, at most ${peak} MB`);
});
