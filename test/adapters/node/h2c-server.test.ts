import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { createH2cServer, type H2cServerOptions } from "../../../src/adapters/node/h2c-server.js";
import { nodeAuth } from "../../../src/adapters/node/node.js";
import type { NodeRequest, NodeResponse } from "../../../src/adapters/node/request.js";
import { createAuth } from "../../../src/engine/auth.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { createWorld } from "../../world.js";

const authorization = `Basic ${btoa("ada:x")}`;

async function start(t: TestContext, options: H2cServerOptions = {}) {
  const auth = createAuth({ handlers: [basic({ verify: (subject) => ({ subject }) })], store: memory() });
  const server = createH2cServer(
    nodeAuth<NodeRequest, NodeResponse>(auth, (request, response) => {
      request
        .on("data", () => undefined)
        .once("end", () => {
          (response as { end(text: string): void }).end(
            `${request.httpVersion} ${auth.caller(request).identity.subject}`,
          );
        });
    }),
    options,
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await auth.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, origin: `http://127.0.0.1:${port}` };
}

test("one port serves HTTP/1.1 and HTTP/2, behind one guard", async (t) => {
  const { origin } = await start(t);
  assert.equal(await (await fetch(origin, { headers: { authorization } })).text(), "1.1 ada");
  assert.equal((await fetch(origin)).status, 401);
  const session = connectHttp2(origin);
  t.after(() => session.destroy());
  const ask = async (headers: Record<string, string>): Promise<[unknown, string]> => {
    const stream = session.request({ ":path": "/", ...headers });
    const [head] = (await once(stream, "response")) as [Record<string, unknown>];
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    return [head[":status"], text];
  };
  assert.deepEqual(await ask({ authorization }), [200, "2.0 ada"]);
  assert.equal((await ask({}))[0], 401);
  assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
});

test("a request whose first bytes come one by one is read whole, whichever protocol it speaks", async (t) => {
  const { port } = await start(t);
  const seen = async (text: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    socket.setNoDelay(true);
    const answer = once(socket, "data");
    for (const byte of text.slice(0, 3)) {
      socket.write(byte);
      await new Promise(setImmediate);
    }
    socket.write(text.slice(3));
    return String((await answer)[0]);
  };
  assert.match(await seen("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), /^HTTP\/1\.1 401 /);
  // The first frame of a server is SETTINGS: type 4 (RFC 9113 §3.4).
  assert.equal((await seen("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).charCodeAt(3), 4);
});

test("a client that asks before it sends a body is told to only when it may", async (t) => {
  const { port } = await start(t);
  const ask = async (fields: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    t.after(() => socket.destroy());
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n${fields}\r\n`);
    return String((await once(socket, "data"))[0]);
  };
  assert.match(await ask(""), /^HTTP\/1\.1 401 /);
  assert.match(await ask(`Authorization: ${authorization}\r\n`), /^HTTP\/1\.1 100 /);
});

test("a client that connects and sends nothing is cut off", async (t) => {
  const { platform, advance } = createWorld();
  const { server, port } = await start(t, { platform });
  const accepted = once(server, "connection");
  const socket = connect(port, "127.0.0.1");
  const ended = once(socket, "close");
  await accepted;
  advance(60_000);
  await ended;
});

test("close ends idle connections of both protocols", async (t) => {
  const { server, origin } = await start(t);
  await (await fetch(origin, { headers: { authorization } })).text();
  const session = connectHttp2(origin);
  await once(session, "remoteSettings");
  const [closed, ended] = [once(server, "close"), once(session, "close")];
  server.close();
  await Promise.all([closed, ended]);
});
