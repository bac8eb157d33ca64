import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { clientAddressOf, relayedClientOf } from "../../../src/adapters/node/relayed-client.js";
import type { NodeRequest, NodeResponse } from "../../../src/adapters/node/request.js";
import { makeCertificates } from "../make-certificates.js";
import { type ListenersWorld, rawClient, startListeners, turnedClock, type WorldOptions } from "./listeners-world.js";
import { binaryHeader, ipv4Body, lineHeader } from "./proxy-header.js";

const certificates = makeCertificates();
const skip = certificates === undefined ? "openssl is not installed" : false;
after(() => certificates?.remove());

/** Answers with the client's address, and the protocol. */
function tellClient({ socket, httpVersion }: NodeRequest, response: NodeResponse): void {
  const name = relayedClientOf(socket)?.isNamed === false ? "unnamed" : "named";
  response.end(`${httpVersion} ${name} ${clientAddressOf(socket)}.`);
}

const start = (options: WorldOptions & { readonly trusted?: boolean } = {}): Promise<ListenersWorld> =>
  startListeners({
    proxyProtocol: true,
    handlers: { request: tellClient, trust: (address) => options.trusted !== false && address === "127.0.0.1" },
    ...options,
  });

const get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

const secure = (socket: Socket) =>
  connectTls({ socket, servername: "localhost", ca: certificates?.caPem(), ALPNProtocols: ["h2", "http/1.1"] }).on(
    "error",
    () => undefined,
  );

/** Connects, and writes the header alone or together with what comes after it. */
function relay(world: ListenersWorld, header: string | Uint8Array): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(world.port, "127.0.0.1", () => {
      socket.write(header);
      resolve(socket);
    });
    socket.once("error", reject).on("error", () => undefined);
  });
}

function overHttp2(socket: Socket, origin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(origin, { createConnection: () => socket });
    let text = "";
    session.on("error", reject);
    session
      .request({ ":path": "/" })
      .on("data", (data) => {
        text += data;
      })
      .on("error", reject)
      .on("end", () => {
        session.destroy();
        resolve(text);
      });
  });
}

const headers: readonly (readonly [string, string | Uint8Array, string])[] = [
  ["version 1", lineHeader("203.0.113.7"), "named 203.0.113.7."],
  ["version 1, IPv6", lineHeader("2001:db8::7"), "named 2001:db8::7."],
  ["version 2", binaryHeader(1, 0x11, ipv4Body([203, 0, 113, 7], Buffer.of(4, 0, 1, 0))), "named 203.0.113.7."],
  ["version 1, unknown", "PROXY UNKNOWN\r\n", "unnamed 127.0.0.1."],
  ["version 2, local", binaryHeader(0, 0, Buffer.alloc(0)), "unnamed 127.0.0.1."],
];

test("the client that the header names is the client of HTTP/1 and h2c, in one piece or byte by byte", async (t) => {
  const world = await start();
  t.after(world.close);
  for (const [what, header, client] of headers) {
    const bytes = Buffer.concat([Buffer.from(header as string, "latin1"), Buffer.from(get)]);
    assert.match(await rawClient(world.port, bytes).closed, new RegExp(`1\\.1 ${client}$`), what);
    const slow = await relay(world, "");
    slow.setNoDelay();
    for (const byte of bytes) await new Promise((resolve) => slow.write(Buffer.of(byte), resolve));
    const text = await new Promise<string>((resolve) => slow.once("data", (data) => resolve(String(data))));
    assert.match(text, new RegExp(`1\\.1 ${client}$`), what);
    slow.destroy();
    assert.equal(await overHttp2(await relay(world, header), "http://x"), `2.0 ${client}`, what);
  }
});

test("the client that the header names is the client of TLS connections, by both protocols", { skip }, async (t) => {
  const { key, cert } = certificates?.make("relayed") ?? assert.fail();
  const world = await start({ tls: { key, cert, clientCa: undefined, clientCertificate: "none" } });
  t.after(world.close);
  for (const [what, header, client] of headers) {
    assert.equal(await overHttp2(secure(await relay(world, header)), "https://localhost"), `2.0 ${client}`, what);
  }
  // Two at once, each its own.
  const clients = ["203.0.113.1", "203.0.113.2"];
  const sockets = await Promise.all(clients.map(async (address) => relay(world, lineHeader(address))));
  const answers = await Promise.all(sockets.map((socket) => overHttp2(secure(socket), "https://localhost")));
  assert.deepEqual(
    answers,
    clients.map((address) => `2.0 named ${address}.`),
  );
});

test("a trusted proxy that sends no header is disconnected, over TLS too", { skip }, async (t) => {
  const { key, cert } = certificates?.make("headerless") ?? assert.fail();
  const tls = { key, cert, clientCa: undefined, clientCertificate: "none" } as const;
  for (const options of [{}, { tls }]) {
    const world = await start(options);
    t.after(world.close);
    assert.equal(await rawClient(world.port, get).closed, "");
    assert.equal(await rawClient(world.port, "PROXY TCP4 1.2.3.4 5.6.7.8 1 x\r\n").closed, "");
    await new Promise<void>((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port: world.port, ca: certificates?.caPem() });
      socket.on("secureConnect", () => assert.fail("no handshake without a header")).on("error", () => undefined);
      socket.on("close", () => resolve());
    });
  }
});

test("a peer that is not trusted needs no header, and what it sends as one is no request", async (t) => {
  const world = await start({ trusted: false });
  t.after(world.close);
  assert.match(await rawClient(world.port, get).closed, /1\.1 named 127\.0\.0\.1\.$/);
  for (const header of [lineHeader("203.0.113.7"), binaryHeader(1, 0x11, ipv4Body([203, 0, 113, 7]))]) {
    const bytes = Buffer.concat([Buffer.from(header as string, "latin1"), Buffer.from(get)]);
    assert.match(await rawClient(world.port, bytes).closed, /^HTTP\/1\.1 400 /);
  }
});

test("without proxyProtocol a header counts from no peer", async (t) => {
  const world = await start({ proxyProtocol: false });
  t.after(world.close);
  assert.match(await rawClient(world.port, `${lineHeader("203.0.113.7")}${get}`).closed, /^HTTP\/1\.1 400 /);
});

test("a header that does not come in time ends the connection, over TLS too", { skip }, async (t) => {
  const { key, cert } = certificates?.make("slow") ?? assert.fail();
  const tls = { key, cert, clientCa: undefined, clientCertificate: "none" } as const;
  for (const options of [{}, { tls }]) {
    const { platform, turn } = turnedClock();
    const world = await start({ ...options, platform, headersTimeoutMs: 3_000 });
    t.after(world.close);
    const client = rawClient(world.port, "PROXY TCP4 1.2.");
    await new Promise((resolve) => client.socket.once("connect", resolve));
    // Until the gateway has taken it.
    while (turned(turn) && !client.socket.destroyed) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await client.closed, "");
  }
});

function turned(turn: (ms: number) => void): true {
  turn(500);
  return true;
}
