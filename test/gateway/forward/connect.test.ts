import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { createSecureContext, createServer as createTlsServer, type SecureContext, type TLSSocket } from "node:tls";
import { type ConnectOptions, createConnect } from "../../../src/gateway/forward/connect.js";
import type { UpstreamConnection } from "../../../src/gateway/forward/exchange.js";
import { type Certificates, makeCertificates } from "../make-certificates.js";
import { ask, forwarderTo, listen, send, Uploading, type Upstream } from "./http1/forwarder-world.js";

type Opened = readonly [error: NodeJS.ErrnoException | undefined, connection: UpstreamConnection | undefined];

const open = (options: Partial<ConnectOptions> & { origin: string }): Promise<Opened> =>
  new Promise((resolve) => {
    createConnect({ timeoutMs: 10_000, ...options })((error, connection) => resolve([error, connection]));
  });

describe("connections without TLS", () => {
  it("say the protocol of their URL", async () => {
    const upstream = await listen(createServer());
    for (const [scheme, protocol] of [
      ["http", "http1"],
      ["h2c", "http2"],
    ] as const) {
      const [, connection] = await open({ origin: upstream.origin.replace("http", scheme) });
      assert.equal(connection?.protocol, protocol);
      connection?.socket.destroy();
    }
    await upstream.close();
  });

  it("reach an upstream that listens on one of the addresses of its name only", async (t) => {
    const both = [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    type Found = (error: null, addresses: readonly { address: string; family: number }[]) => void;
    let lookups = 0;
    const { lookup } = dns;
    const lookUp = (name: string, options: unknown, done: Found) => {
      // A server that listens looks its address up too.
      if (name !== "both.example") return lookup(name, options as never, done as never);
      lookups += 1;
      return setImmediate(done, null, both);
    };
    t.mock.method(dns, "lookup", lookUp as never);
    for (const host of ["127.0.0.1", "::1"]) {
      const upstream = await listen(
        createServer((socket) =>
          socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")),
        ),
        host,
      );
      const { origin, where } = upstream;
      const byAddress = forwarderTo(upstream);
      assert.equal((await ask(byAddress)).body, "ok");
      await byAddress.close();
      const byName = forwarderTo({ origin: origin.replace(/127\.0\.0\.1|\[::1\]/, "both.example"), where });
      for (let i = 0; i < 2; i += 1) assert.equal((await ask(byName)).body, "ok", host);
      assert.equal(upstream.sockets.length, 2);
      await byName.close();
      await upstream.close();
    }
    // Anew for each connection.
    assert.equal(lookups, 2);
  });

  it("that fail keep the code", async () => {
    const upstream = await listen(createServer());
    await upstream.close();
    assert.equal((await open({ origin: upstream.origin }))[0]?.code, "ECONNREFUSED");
    assert.match(String((await open({ origin: "http://does-not-exist.invalid" }))[0]?.code), /^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it("that are given up do not open", async () => {
    const upstream = await listen(createServer());
    let opened = 0;
    const cancel = createConnect({ origin: upstream.origin, timeoutMs: 10_000 })(() => {
      opened += 1;
    });
    cancel();
    const [, connection] = await open({ origin: upstream.origin });
    connection?.socket.destroy();
    assert.equal(opened, 0);
    await upstream.close();
  });
});

describe("connections by TLS", () => {
  let certificates: Certificates;
  let key: Buffer;
  let cert: Buffer;
  let trusted: SecureContext;
  const tls = () => trusted;
  before(() => {
    const made = makeCertificates();
    assert.ok(made, "openssl is needed");
    certificates = made;
    const files = made.make("upstream");
    key = readFileSync(files.key);
    cert = readFileSync(files.cert);
    trusted = createSecureContext({ ca: made.caPem() });
  });
  after(() => certificates.remove());

  const origins = ({ origin }: Upstream) => {
    const byAddress = origin.replace("http:", "https:");
    return { byAddress, byName: byAddress.replace("127.0.0.1", "localhost") };
  };

  it("agree by ALPN, take up a session, and name the host but no address", async () => {
    const seen: { name: string | false; resumed: boolean }[] = [];
    const server = createTlsServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"] }, (socket: TLSSocket) => {
      socket.on("error", () => {});
      seen.push({
        name: (socket as { servername?: string | false }).servername ?? false,
        resumed: socket.isSessionReused(),
      });
      socket.write("x");
    });
    const upstream = await listen(server);
    const { byName, byAddress } = origins(upstream);
    const connect = createConnect({ origin: byName, timeoutMs: 10_000, alpn: ["h2", "http/1.1"], tls });
    for (let i = 0; i < 2; i += 1) {
      const connection = await new Promise<UpstreamConnection | undefined>((resolve) =>
        connect((_error, opened) => resolve(opened)),
      );
      assert.ok(connection);
      const { protocol, socket } = connection;
      assert.equal(protocol, "http2");
      // Of TLS 1.3 it comes behind the handshake, and only with a handshake that took up none.
      await Promise.all([once(socket, "data"), i === 0 ? once(socket, "session") : undefined]);
      socket.destroy();
    }
    const [, http1] = await open({ origin: byName, tls });
    assert.equal(http1?.protocol, "http1");
    http1?.socket.destroy();
    // The certificate names no address.
    const [error] = await open({ origin: byAddress, tls });
    assert.equal(error?.code, "ERR_TLS_CERT_ALTNAME_INVALID");
    const [untrusted] = await open({ origin: byName });
    assert.match(String(untrusted?.code), /CERT|SIGNATURE/);
    const [, named] = await open({ origin: byAddress, servername: "localhost", tls });
    named?.socket.destroy();
    assert.deepEqual(seen.slice(0, 2), [
      { name: "localhost", resumed: false },
      { name: "localhost", resumed: true },
    ]);
    assert.equal(seen.at(-1)?.name, "localhost");
    await upstream.close();
  });

  it("name the host of their URL in the handshake, and no address", async () => {
    const hellos: string[] = [];
    const upstream = await listen(
      createServer((socket) => {
        socket.once("data", (hello) => {
          hellos.push(hello.toString("latin1"));
          socket.destroy();
        });
      }),
    );
    const { byName, byAddress } = origins(upstream);
    for (const origin of [byName, byAddress]) assert.ok((await open({ origin }))[0]);
    assert.match(hellos[0] as string, /localhost/);
    // RFC 6066 §3: the extension server_name, type 0, comes with a list of names.
    assert.doesNotMatch(hellos[1] as string, /localhost|127\.0\.0\.1/);
    await upstream.close();
  });

  it("end in their time when the handshake does not", async () => {
    const upstream = await listen(createServer());
    const [error] = await open({ origin: origins(upstream).byName, timeoutMs: 50, tls });
    assert.equal(error?.code, "ETIMEDOUT");
    await upstream.close();
  });

  it("carry exchanges, one after the other, bodies too", async () => {
    const server = createHttpsServer({ key, cert }, async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) bytes += chunk.length;
      response.end(`${bytes} ${"x".repeat(100_000)}`);
    });
    const upstream = await listen(server);
    const { byName: origin } = origins(upstream);
    const forwarder = forwarderTo(upstream, { connect: createConnect({ origin, timeoutMs: 10_000, tls }) });
    for (let i = 0; i < 3; i += 1) {
      const { body, failure } = await send(forwarder, new Uploading(300_000));
      assert.deepEqual([body.slice(0, 7), body.length, failure], ["300000 ", 100_007, undefined]);
    }
    assert.equal(upstream.sockets.length, 1);
    await forwarder.close();
    await upstream.close();
  });

  it("carry no answer that ends with its connection: whether it is whole cannot be told", async () => {
    const upstream = await listen(
      createTlsServer({ key, cert }, (socket) => {
        socket.on("error", () => {}).on("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it?"));
      }),
    );
    const { byName: origin } = origins(upstream);
    const forwarder = forwarderTo(upstream, { connect: createConnect({ origin, timeoutMs: 10_000, tls }) });
    assert.equal((await ask(forwarder)).failure?.code, "upstream_unframed_tls");
    await forwarder.close();
    await upstream.close();
  });
});
