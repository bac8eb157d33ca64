import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as requestHttp1 } from "node:http";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { createBreaker } from "../../../src/base/breaker.js";
import { createForwarder } from "../../../src/gateway/forward/forwarder.js";
import type { UpstreamConfig } from "../../../src/gateway/forward/upstream-config.js";
import { createWorld } from "../../world.js";
import { type Running, startGateway } from "../running.js";
import { RecordingExchange } from "./recording-exchange.js";

const key = Buffer.from("0123456789abcdef").toString("base64");
const acceptOf = (sent: string | undefined): string =>
  createHash("sha1").update(`${sent}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");

const grpc = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
const webSocket = {
  ":method": "CONNECT",
  ":protocol": "websocket",
  ":scheme": "http",
  ":path": "/ws",
  ":authority": "a",
};

const config: UpstreamConfig = {
  ...{ name: "app", origin: "", identity: "none", ignoresCase: false, via: false },
  ...{ connectTimeoutMs: 2_000, headersTimeoutMs: 10_000, bodyTimeoutMs: 10_000 },
  ...{ maxConnections: 4, maxHeaderBytes: 65_536 },
};

describe("a caller and an upstream of different protocols", () => {
  let server: Http2Server;
  let http1: Running;
  let http2: Running;
  const sessions: ClientHttp2Session[] = [];
  before(async () => {
    // WebSockets are echoed, streams too, and end with gRPC's trailers; /slow never ends.
    server = createServer({ settings: { enableConnectProtocol: true } });
    server.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      if (headers[":path"] === "/silent") return;
      if (headers[":method"] === "CONNECT") stream.respond({ ":status": 200 });
      else stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      if (headers[":path"] === "/slow") stream.write("begun");
      else stream.pipe(stream);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    http2 = await startGateway({ upstream: { origin: `h2c://127.0.0.1:${(server.address() as AddressInfo).port}` } });
    http1 = await startGateway({
      onUpgrade(request, socket) {
        const accept = acceptOf(request.headers["sec-websocket-key"]);
        const subject = request.headers["x-sallyport-subject"];
        const lines = ["HTTP/1.1 101 x", "Connection: Upgrade", "Upgrade: websocket", `X-Who: ${subject}`];
        socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
        socket.pipe(socket);
      },
    });
  });
  after(async () => {
    for (const session of sessions) session.destroy();
    for (const gateway of [http1, http2]) {
      assert.deepEqual(gateway.faults, []);
      await gateway.close();
    }
    server.close();
  });

  async function open(gateway: Running, headers: OutgoingHttpHeaders, endStream = false) {
    const session = connectHttp2(gateway.http2).on("error", () => {});
    sessions.push(session);
    await once(session, "remoteSettings");
    const stream = session.request({ authorization: gateway.bearer, ...headers }, { endStream });
    const answered = once(
      stream.on("error", () => {}),
      "response",
    ) as Promise<[IncomingHttpHeaders]>;
    return { stream, answer: async () => (await answered)[0] };
  }

  it("a stream in both directions starts at once, and ends with its trailers", async () => {
    const { stream, answer } = await open(http2, { ...grpc, ":path": "/a.B/C" });
    assert.equal((await answer())["content-type"], "application/grpc");
    for (const message of ["one", "two"]) {
      stream.write(message);
      assert.equal(String((await once(stream, "data"))[0]), message);
    }
    stream.end();
    const [trailers] = await once(stream.resume(), "trailers");
    assert.equal(trailers["grpc-status"], "0");
  });

  it("trailers of HTTP/2 reach a caller of HTTP/1", async () => {
    const request = requestHttp1(`${http2.http1}/x`, { method: "POST", headers: { authorization: http2.bearer } });
    request.end("body");
    const [response] = await once(request, "response");
    let body = "";
    for await (const chunk of response) body += chunk;
    assert.deepEqual([body, response.trailers["grpc-status"]], ["body", "0"]);
  });

  it("a call of gRPC ends when its time is over, before its answer and within it", async () => {
    const slow = await open(http2, { ...grpc, ":path": "/slow", "grpc-timeout": "100m" });
    assert.equal((await slow.answer())[":status"], 200);
    const [trailers] = await once(slow.stream.resume(), "trailers");
    assert.equal(trailers["grpc-status"], "4");
    const late = await open(http2, { ...grpc, ":path": "/a", "grpc-timeout": "1n" }, true);
    assert.equal((await late.answer())["grpc-status"], "4");
    const codes = http2.outcomes.flatMap((outcome) => (outcome.kind === "failed" ? outcome.code : []));
    assert.deepEqual(codes, ["caller_timeout", "caller_timeout"]);
  });

  it("a WebSocket over HTTP/2 reaches an upstream over HTTP/1", async () => {
    const { stream, answer } = await open(http1, { ...webSocket, "sec-websocket-version": "13" });
    const headers = await answer();
    assert.deepEqual([headers[":status"], headers["x-who"], headers["sec-websocket-accept"]], [200, "ada", undefined]);
    stream.write("hello");
    assert.equal(String((await once(stream, "data"))[0]), "hello");
    stream.close();
  });

  it("a WebSocket over HTTP/1 reaches an upstream over HTTP/2, with the proof that HTTP/1 asks for", async () => {
    const fields = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": key };
    const headers = { ...fields, "sec-websocket-version": "13", authorization: http2.bearer };
    const request = requestHttp1(`${http2.http1}/ws`, { headers });
    request.end();
    const [response, socket] = await once(request, "upgrade");
    assert.deepEqual([response.statusCode, response.headers["sec-websocket-accept"]], [101, acceptOf(key)]);
    socket.write("hello");
    assert.equal(String((await once(socket, "data"))[0]), "hello");
    socket.destroy();
  });

  it("a WebSocket has the time-outs of its upstream, also one that says it is gRPC", async () => {
    const { platform, advance } = createWorld();
    const origin = `h2c://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const breaker = createBreaker({ what: "app", meanwhile: "", platform, onWarning: () => {} });
    const forwarder = createForwarder(
      { ...config, origin },
      { platform, breaker, closing: new AbortController().signal },
    );
    const exchange = new RecordingExchange({
      path: "/silent",
      isWebSocket: true,
      headers: ["content-type", "application/grpc"],
    });
    const arrived = once(server, "stream");
    forwarder.send(exchange, () => {});
    await arrived;
    for (let passed = 0; passed < 2 * config.headersTimeoutMs; passed += 500) advance(500);
    assert.equal((await exchange.over).failure?.code, "headers_timeout");
    await forwarder.destroy();
  });

  it("a WebSocket without credentials is 401, and an extended CONNECT for anything else is 400", async () => {
    const { answer } = await open(http1, { ...webSocket, authorization: "" });
    assert.equal((await answer())[":status"], 401);
    const odd = await open(http1, { ...webSocket, ":protocol": "other" });
    assert.equal((await odd.answer())[":status"], 400);
  });
});
