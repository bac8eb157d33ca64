import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { rawClient } from "../listen/listeners-world.js";
import { asAda, runGateway } from "../running-gateway.js";

const admin = "admin: { address: 127.0.0.1:0 }\n";

async function start(t: TestContext, limits: string, upstream?: string) {
  const world = await runGateway(t, undefined, (text) => {
    const edited = upstream === undefined ? text : text.replace(/app: { url: "[^"]*"/, `app: { url: "${upstream}"`);
    return `${edited}${admin}limits: { ${limits} }\n`;
  });
  const { gateway } = world.served;
  const ready = async () => (await fetch(`http://127.0.0.1:${gateway.adminAddress()?.port}/readyz`)).status;
  return { ...world, gateway, ready, port: gateway.addresses()[0]?.port ?? 0 };
}

const get = `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: ${asAda}\r\n\r\n`;

test("readiness goes first: for the delay requests are served, and told to be the last of their connection", async (t) => {
  const { gateway, ready, port, logged } = await start(t, "stopDelay: 10m, stopTimeout: 20m");
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const status = async () => {
    const stream = session.request({ ":path": "/", authorization: asAda });
    const [headers] = (await once(stream, "response")) as [{ ":status": number }];
    stream.resume();
    await once(stream, "close");
    return headers[":status"];
  };
  assert.equal(await ready(), 200);
  const stopped = gateway.stop();
  assert.equal(await ready(), 503);
  assert.match(await rawClient(port, get).closed, /^HTTP\/1\.1 200 OK[\s\S]*\r\nconnection: close\r\n/i);
  assert.equal(await status(), 200);
  assert.equal(gateway.stop("no-delay"), stopped);
  await stopped;
  assert.equal(await rawClient(port, get).closed, "");
  assert.equal(logged.filter(({ kind }) => kind === "stopping").length, 1);
  session.destroy();
});

test("a stop without patience ends what is under way", async (t) => {
  const { gateway, port, upstream } = await start(t, "stopTimeout: 20m");
  upstream.stream = true;
  const client = rawClient(port, get);
  await client.until(/first/);
  void gateway.stop();
  await gateway.stop("none");
  await client.closed;
});

test("WebSockets are told that the gateway goes away, one after the other", async (t) => {
  const upstream = createServer();
  upstream.on("upgrade", (_request: IncomingMessage, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket
      .on("error", () => {})
      .on("end", () => socket.end())
      .resume();
  });
  await once(upstream.listen(0, "127.0.0.1"), "listening");
  t.after(() => upstream.close());
  const { port: to } = upstream.address() as AddressInfo;
  const world = await start(t, "stopTimeout: 20m", `http://127.0.0.1:${to}`);
  const ask = get.replace(
    "\r\n\r\n",
    "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  const clients = Array.from({ length: 5 }, () => rawClient(world.port, ask));
  for (const client of clients) await client.until(/101 [\s\S]*\r\n\r\n/);
  await world.gateway.stop();
  for (const client of clients)
    assert.ok((await client.closed).endsWith("\r\n\r\n\x88\x23\x03\xe9The gateway stops. Connect again."));
  const lines = world.logged.filter(({ kind }) => kind === "request");
  assert.deepEqual(
    lines.map(({ status, ending }) => [status, ending]),
    Array(5).fill([101, "going_away"]),
  );
});
