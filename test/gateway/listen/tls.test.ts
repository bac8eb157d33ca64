import assert from "node:assert/strict";
import fs, { copyFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type Platform, systemPlatform } from "../../../src/base/platform.js";
import type { TlsConfig } from "../../../src/gateway/listen/listen-config.js";
import { makeCertificates } from "../make-certificates.js";
import { type ListenersWorld, startListeners } from "./listeners-world.js";

const certificates = makeCertificates();
const skip = certificates === undefined ? "openssl is not installed" : false;
after(() => certificates?.remove());

function config(change: Partial<TlsConfig> = {}): TlsConfig {
  const { key, cert } = certificates?.make("first") ?? { key: "", cert: "" };
  return { key, cert, clientCa: undefined, clientCertificate: "none", ...change };
}

/** Resolves when the handshake is done; rejects when the server refuses it. */
function handshake(world: ListenersWorld, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: world.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: certificates?.caPem(),
      ...options,
    });
    socket.on("secureConnect", () => resolve(socket)).on("error", reject);
  });
}

async function servedName(world: ListenersWorld): Promise<string> {
  const socket = await handshake(world);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

/** Sends a request on the connection and returns what comes until it ends. */
function ask(socket: TLSSocket, path: string, connection = "close"): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("error", reject).on("data", (data) => {
      text += data;
      if (connection !== "close" && text.endsWith(path)) resolve(text);
    });
    socket.on("close", () => resolve(text));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`);
  });
}

test("ALPN chooses HTTP/2 or HTTP/1; without ALPN it is HTTP/1", { skip }, async (t) => {
  const world = await startListeners({ tls: config() });
  t.after(world.close);
  const http1 = await new Promise((resolve, reject) => {
    get(
      { port: world.port, path: "/a", servername: "localhost", ca: certificates?.caPem(), agent: false },
      (response) => {
        response.on("data", (data) => resolve(String(data)));
      },
    ).on("error", reject);
  });
  assert.equal(http1, "GET 1.1 /a");
  const session = connectHttp2(`https://localhost:${world.port}`, { ca: certificates?.caPem() ?? [] });
  const http2 = await new Promise((resolve, reject) => {
    session.on("error", reject);
    session.request({ ":path": "/b" }).on("data", (data) => resolve(String(data)));
  });
  session.destroy();
  assert.equal(http2, "GET 2.0 /b");
  assert.match(await ask(await handshake(world), "/c"), /GET 1\.1 \/c$/);
  await assert.rejects(handshake(world, { ALPNProtocols: ["spdy/3"] }), /no application protocol/);
});

test("a request for another protocol is served as the ordinary one it also is", { skip }, async (t) => {
  const world = await startListeners({ tls: config() });
  t.after(world.close);
  const socket = await handshake(world);
  socket.write("GET /h2c HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  assert.match(await ask(socket, "/next"), /GET 1\.1 \/h2c.*GET 1\.1 \/next$/s);
});

test("TLS 1.1 is refused, and plain bytes end their connection", { skip }, async (t) => {
  const world = await startListeners({ tls: config() });
  t.after(world.close);
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  await assert.rejects(handshake(world, old), /protocol version/);
  const { rawClient } = await import("./listeners-world.js");
  assert.doesNotMatch(await rawClient(world.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").closed, /HTTP/);
  assert.equal(await servedName(world), "first");
});

/** In one step: a look between two would find a file that is half written, and report it. */
function replaceFile(by: string, path: string): void {
  copyFileSync(by, `${path}.new`);
  renameSync(`${path}.new`, path);
}

test("changed files serve the next handshake, and open connections go on", { skip }, async (t) => {
  const tls = config();
  const world = await startListeners({ tls, certificateLookMs: 20 });
  t.after(world.close);
  const open = await handshake(world);
  await ask(open, "/1", "keep-alive");
  const second = certificates?.make("second") ?? tls;
  // The key of another certificate: until both files fit, the last good pair stays.
  replaceFile(second.cert, tls.cert);
  while (world.faults.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(
    world.faults[0] ?? "",
    /^the certificate cannot be used; the last good one stays: .*key values mismatch/,
  );
  assert.equal(await servedName(world), "first");
  replaceFile(second.key, tls.key);
  while ((await servedName(world)) !== "second") await new Promise((resolve) => setTimeout(resolve, 5));
  writeFileSync(tls.cert, "not a certificate");
  while (world.faults.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await servedName(world), "second");
  assert.match(await ask(open, "/2"), /GET 1\.1 \/2$/);
  // Each fault is told once, however often the files are looked at.
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(world.faults.length, 2);
  const [, ofKey = ""] = readFileSync(second.key, "utf8").split("\n");
  assert.ok(ofKey.length > 0 && !world.faults.join().includes(ofKey));
});

test("files that could not be read without a file descriptor are told once, and read when there is one", {
  skip,
}, async (t) => {
  const tls = config();
  const world = await startListeners({ tls, certificateLookMs: 20 });
  t.after(world.close);
  const second = certificates?.make("second") ?? tls;
  let tries = 0;
  const mocked = t.mock.method(fs.promises, "readFile", async () => {
    tries += 1;
    throw Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  });
  syncBuiltinESMExports();
  t.after(syncBuiltinESMExports);
  replaceFile(second.cert, tls.cert);
  replaceFile(second.key, tls.key);
  while (tries < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(world.faults.length, 1);
  mocked.mock.restore();
  syncBuiltinESMExports();
  while ((await servedName(world)) !== "second") await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(world.faults.length, 1);
});

test("files that are being replaced are not read before they have stayed for a second", { skip }, async (t) => {
  const tls = config();
  let ms = 0;
  let look = (): void => {};
  let onLooked = (): void => {};
  const platform: Platform = {
    ...systemPlatform,
    now: () => 0,
    monotonic: () => ms,
    delay(waitMs, done, hold) {
      if (waitMs !== 20) return systemPlatform.delay(waitMs, done, hold);
      look = done;
      onLooked();
      return () => {};
    },
  };
  // A look is over when the next one is ordered.
  const lookOnce = () =>
    new Promise<void>((resolve) => {
      onLooked = resolve;
      look();
    });
  const world = await startListeners({ tls, certificateLookMs: 20, platform });
  t.after(world.close);
  const second = certificates?.make("second") ?? tls;
  replaceFile(second.cert, tls.cert);
  replaceFile(second.key, tls.key);
  for (const afterMs of [0, 999]) {
    ms += afterMs;
    await lookOnce();
    assert.equal(await servedName(world), "first");
  }
  ms += 1;
  await lookOnce();
  assert.equal(await servedName(world), "second");
  assert.deepEqual(world.faults, []);
});

test("files that cannot be used refuse to start", { skip }, async () => {
  const tls = config();
  await assert.rejects(
    startListeners({ tls: { ...tls, key: certificates?.make("other").key ?? "" } }),
    /key values mismatch/,
  );
  await assert.rejects(startListeners({ tls: { ...tls, cert: join(certificates?.directory ?? "", "gone") } }), {
    code: "ENOENT",
  });
  await assert.rejects(startListeners({ tls: { ...tls, clientCertificate: "require" } }), /name a file of CAs/);
});

test("client certificates: asked for or demanded, and only those of the named CA count", { skip }, async (t) => {
  const client = certificates?.make("client") ?? { key: "", cert: "" };
  const own = { key: readFileSync(client.key), cert: readFileSync(client.cert) };
  const elsewhere = makeCertificates();
  t.after(() => elsewhere?.remove());
  const stranger = elsewhere?.make("stranger") ?? client;
  const foreign = { key: readFileSync(stranger.key), cert: readFileSync(stranger.cert) };
  for (const clientCertificate of ["request", "require"] as const) {
    const world = await startListeners({
      tls: config({ clientCa: certificates?.ca, clientCertificate }),
      handlers: {
        request(request, response) {
          const { authorized, getPeerCertificate } = request.socket as TLSSocket;
          const { subject } = getPeerCertificate.call(request.socket);
          response.end(`${authorized} ${subject?.CN}`);
        },
      },
    });
    t.after(world.close);
    const answer = (options: ConnectionOptions) => handshake(world, options).then((socket) => ask(socket, "/"));
    assert.match(await answer(own), /true client$/);
    if (clientCertificate === "request") {
      assert.match(await answer({}), /false undefined$/);
      assert.match(await answer(foreign), /false stranger$/);
    } else {
      // TLS 1.3 tells a client only after it believes to be connected: an alert, or the end.
      for (const options of [{}, foreign]) assert.equal(await answer(options).catch(() => ""), "");
    }
  }
});

test("a handshake that does not end is cut, also by a stop", { skip }, async (t) => {
  const { rawClient } = await import("./listeners-world.js");
  const world = await startListeners({ tls: config(), headersTimeoutMs: 400 });
  t.after(world.close);
  const silent = rawClient(world.port);
  const idle = await handshake(world);
  idle.resume();
  await Promise.all([silent.closed, new Promise((resolve) => idle.on("close", resolve))]);
  const other = await startListeners({ tls: config() });
  const pending = rawClient(other.port);
  await new Promise((resolve) => pending.socket.on("connect", resolve));
  await other.listeners.stop();
  await pending.closed;
});
