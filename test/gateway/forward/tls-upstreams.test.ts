import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { type Certificates, makeCertificates } from "../make-certificates.js";
import { type Running, startGateway } from "../running.js";
import { endHeaders, endStream, frame, ok, readFrames, settings, types } from "./http2/frames.js";

interface Pair {
  readonly key: Buffer;
  readonly cert: Buffer;
}

describe("an upstream by TLS", () => {
  let certificates: Certificates;
  let pair: Pair;
  before(() => {
    certificates = makeCertificates() as Certificates;
    const files = certificates.make("localhost");
    pair = { key: readFileSync(files.key), cert: readFileSync(files.cert) };
  });
  after(() => certificates.remove());

  /** Listens, and counts the connections below TLS. */
  async function listen(t: TestContext, server: Server, port = 0) {
    const sockets: Socket[] = [];
    server.on("connection", (socket: Socket) => sockets.push(socket.on("error", () => {})));
    server.on("tlsClientError", () => {}).on("sessionError", () => {});
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const close = (): void => {
      server.close();
      for (const socket of sockets) socket.destroy();
    };
    t.after(close);
    return { port: (server.address() as AddressInfo).port, sockets, close };
  }

  async function gatewayTo(t: TestContext, host: string, port: number, trusted = true): Promise<Running> {
    const origin = `https://${host}:${port}`;
    const gateway = await startGateway({ upstream: { origin, ...(trusted && { tls: { ca: certificates.ca } }) } });
    t.after(() => gateway.close());
    return gateway;
  }

  const ask = async (gateway: Running, method = "GET") => {
    const answer = await fetch(`${gateway.http1}/x`, { method, headers: { authorization: gateway.bearer } });
    return [answer.status, await answer.text().catch(() => "cut")] as const;
  };

  function failuresOf({ outcomes }: Running): (readonly [string | undefined, string | undefined])[] {
    return outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [[outcome.code, outcome.detail] as const] : []));
  }

  const noRequest = (): void => assert.fail("a request came");
  const servers: Readonly<Record<string, () => Server>> = {
    "HTTP/1.1": () => createHttpsServer(pair, noRequest),
    "HTTP/2": () => createSecureServer(pair, noRequest),
  };
  for (const [protocol, create] of Object.entries(servers)) {
    it(`of a certificate without a known authority gets no request by ${protocol}`, async (t) => {
      const { port } = await listen(t, create());
      const gateway = await gatewayTo(t, "localhost", port, false);
      assert.equal((await ask(gateway))[0], 503);
      const [[code, detail] = []] = failuresOf(gateway);
      assert.equal(code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      assert.match(
        detail ?? "",
        /^localhost:\d+ has a certificate that no trusted authority has signed; .*tls\.ca of the upstream, or in NODE_EXTRA_CA/,
      );
    });

    it(`of a certificate for another name gets no request by ${protocol}`, async (t) => {
      const { port } = await listen(t, create());
      const gateway = await gatewayTo(t, "127.0.0.1", port);
      assert.equal((await ask(gateway, "POST"))[0], 503);
      const expected = ["ERR_TLS_CERT_ALTNAME_INVALID", `127.0.0.1:${port} has a certificate for another name`];
      assert.deepEqual(failuresOf(gateway), [expected]);
    });
  }

  it("of a certificate that is over gets no request", async (t) => {
    const openssl = (...words: string[]) =>
      execFileSync("openssl", words, { cwd: certificates.directory, stdio: "pipe" });
    openssl("req", "-new", "-key", "localhost.key", "-subj", "/CN=old", "-out", "old.pem");
    const dates = ["-set_serial", "7", "-days", "-1"];
    openssl("x509", "-req", "-in", "old.pem", "-CA", "ca.crt", "-CAkey", "ca.key", ...dates, "-out", "old.crt");
    const cert = readFileSync(join(certificates.directory, "old.crt"));
    const { port } = await listen(t, createHttpsServer({ ...pair, cert }, noRequest));
    const gateway = await gatewayTo(t, "localhost", port);
    assert.equal((await ask(gateway))[0], 503);
    assert.deepEqual(failuresOf(gateway)[0], [
      "CERT_HAS_EXPIRED",
      `localhost:${port} has a certificate that has expired`,
    ]);
  });

  it("fails all that wait by one handshake, and is tried anew by the next request", async (t) => {
    const bad = await listen(t, createHttpsServer(pair, noRequest));
    const gateway = await gatewayTo(t, "localhost", bad.port, false);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(gateway)));
    assert.deepEqual(new Set(answers.map(([status]) => status)), new Set([503]));
    assert.ok(bad.sockets.length < 10, `${bad.sockets.length} handshakes`);
    const before = bad.sockets.length;
    assert.equal((await ask(gateway))[0], 503);
    assert.equal(bad.sockets.length, before + 1);
  });

  /** A server that agrees to a protocol and does what it will on its connections. */
  const speaking = (alpn: readonly string[] | undefined, act: (socket: TLSSocket) => void): Server =>
    createTlsServer({ ...pair, ...(alpn && { ALPNProtocols: [...alpn] }) }, (socket) => {
      act(socket.on("error", () => {}));
    });

  const answerHttp1 = (socket: TLSSocket): void =>
    void socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const answerHttp2 = (socket: TLSSocket): void => {
    socket.write(settings());
    readFrames(socket, ({ type, id }) => {
      if (type === types.headers) socket.write(frame(types.headers, endHeaders | endStream, id, ok));
    });
  };

  it("that agrees to nothing is HTTP/1.1", async (t) => {
    const { port } = await listen(t, speaking(undefined, answerHttp1));
    assert.deepEqual(await ask(await gatewayTo(t, "localhost", port)), [200, "ok"]);
  });

  it("that agrees to HTTP/2 and answers by HTTP/1.1 fails by name", async (t) => {
    const { port } = await listen(t, speaking(["h2"], answerHttp1));
    const gateway = await gatewayTo(t, "localhost", port);
    assert.equal((await ask(gateway))[0], 502);
    assert.equal(failuresOf(gateway)[0]?.[0], "not_http2");
  });

  it("that agrees to HTTP/1.1 and answers by HTTP/2 fails", async (t) => {
    const { port } = await listen(
      t,
      speaking(["http/1.1"], (socket) => socket.write(settings())),
    );
    const gateway = await gatewayTo(t, "localhost", port);
    assert.equal((await ask(gateway, "POST"))[0], 502);
    assert.equal(failuresOf(gateway).length, 1);
  });

  for (const [from, to] of [
    ["h2", "http/1.1"],
    ["http/1.1", "h2"],
  ] as const) {
    it(`that agrees to ${to} from now on, and to ${from} before, is served again after one failure at most`, async (t) => {
      const answer = (alpn: string) => (alpn === "h2" ? answerHttp2 : answerHttp1);
      const first = await listen(t, speaking([from], answer(from)));
      const gateway = await gatewayTo(t, "localhost", first.port);
      assert.equal((await ask(gateway))[0], 200);
      first.close();
      await listen(t, speaking([to], answer(to)), first.port);
      const statuses = [];
      for (let count = 0; count < 4; count += 1) statuses.push((await ask(gateway))[0]);
      assert.deepEqual(statuses.slice(1), [200, 200, 200]);
    });
  }

  // A connection that ends without the alert close_notify (RFC 8446 §6.1) may have been cut by an attacker.
  for (const [name, text, expected] of [
    ["before its length is complete", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", [200, "cut"]],
    ["in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", [200, "cut"]],
    ["before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", [200, "cut"]],
    ["after its length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfull", [200, "full"]],
    ["in its head", "HTTP/1.1 200 OK\r\nContent-Le", [502, undefined]],
    ["without any framing", "HTTP/1.1 200 OK\r\n\r\nall of it?", [502, undefined]],
  ] as const) {
    it(`that is cut off without close_notify ${name} has ${expected[1] === "full" ? "answered" : "no whole answer"}`, async (t) => {
      const sockets: Socket[] = [];
      const server = speaking(["http/1.1"], (socket) => {
        socket.on("data", () => socket.write(text, () => setImmediate(() => sockets.at(-1)?.destroy())));
      });
      server.on("connection", (socket: Socket) => sockets.push(socket));
      const { port } = await listen(t, server);
      const gateway = await gatewayTo(t, "localhost", port);
      const [status, body] = await ask(gateway, "POST");
      assert.deepEqual([status, status === 502 ? undefined : body], expected);
    });
  }

  it("over HTTP/2 that is cut off without close_notify resets each stream that is under way", async (t) => {
    const sockets: Socket[] = [];
    const server = createSecureServer(pair, (_request, response) => void response.write("half"));
    server.on("connection", (socket: Socket) => sockets.push(socket));
    const { port } = await listen(t, server);
    const gateway = await gatewayTo(t, "localhost", port);
    const session = connectHttp2(gateway.http2).on("error", () => {});
    t.after(() => session.destroy());
    const streams = Array.from({ length: 5 }, () =>
      session.request({ ":path": "/x", authorization: gateway.bearer }).on("error", () => {}),
    );
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once("data", resolve))));
    const ended = streams.map((stream) => new Promise((resolve) => stream.on("close", () => resolve(stream.rstCode))));
    for (const socket of sockets) socket.destroy();
    assert.deepEqual(await Promise.all(ended), [2, 2, 2, 2, 2]);
  });
});
