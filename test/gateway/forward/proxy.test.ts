import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { createHttp1Wire, createHttp2Wire, exchange, type Wire } from "../../../src/testing/adapter/client.js";
import { isFull } from "../../size.js";
import { route } from "../fixtures.js";
import { send } from "../raw.js";
import { type Running, type RunningOptions, robotKey, startGateway, valuesOf } from "../running.js";
import { bigChunk, passBothWays, serveBigBody } from "./big-body.js";

const open: Running[] = [];
after(() => Promise.all(open.map((gateway) => gateway.close())));

async function start(options?: RunningOptions): Promise<Running> {
  const gateway = await startGateway(options);
  open.push(gateway);
  return gateway;
}

const wires: readonly (readonly [string, (gateway: Running) => Wire])[] = [
  ["HTTP/1", ({ http1 }) => createHttp1Wire(http1)],
  ["HTTP/2", ({ http2 }) => createHttp2Wire(http2)],
];

for (const [protocol, createWire] of wires) {
  describe(`the proxy, ${protocol}`, () => {
    it("passes method, path, query, headers and body on, and says who is calling", async () => {
      const gateway = await start();
      const wire = createWire(gateway);
      const headers = ["authorization", gateway.bearer, "x-one", "1", "accept-encoding", "gzip"];
      const answer = await wire.call({ path: "/a%7eb/c?d=%20&d", method: "POST", headers, body: "hello" });
      wire.close();
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.vary, "Authorization");
      const [seen] = gateway.seen;
      assert.equal(seen?.method, "POST");
      assert.equal(seen?.url, "/a~b/c?d=%20&d");
      assert.equal(seen?.body, "hello");
      const names = seen?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? [];
      assert.equal(new Set(names).size, names.length, "each field once");
      assert.deepEqual(valuesOf(seen, "x-one"), ["1"]);
      assert.deepEqual(valuesOf(seen, "accept-encoding"), ["gzip"]);
      assert.deepEqual(valuesOf(seen, "authorization"), []);
      assert.deepEqual(valuesOf(seen, "x-sallyport-subject"), ["ada"]);
      assert.deepEqual(valuesOf(seen, "x-sallyport-roles"), ["user"]);
      assert.deepEqual(valuesOf(seen, "x-sallyport-scheme"), ["bearer"]);
      assert.match(valuesOf(seen, "x-sallyport-session")[0] ?? "", /^[\w-]{22}$/);
      assert.deepEqual(valuesOf(seen, "x-forwarded-for"), ["127.0.0.1"]);
      assert.deepEqual(valuesOf(seen, "x-forwarded-proto"), ["http"]);
      assert.deepEqual(valuesOf(seen, "host"), valuesOf(seen, "x-forwarded-host"));
      assert.deepEqual(
        gateway.outcomes.map(({ kind }) => kind),
        ["proxied"],
      );
    });

    it("hands the offered token back with the upstream's answer", async () => {
      const gateway = await start();
      const wire = createWire(gateway);
      const answer = await wire.call({ path: "/x", headers: ["authorization", gateway.password] });
      wire.close();
      assert.match(answer.headers.authorization ?? "", /^Bearer \S{80,}$/);
      assert.equal(answer.headers["cache-control"], "no-store");
    });

    it("passes statuses, repeated headers, trailers and answers without a body", async () => {
      const gateway = await start({ serve: variety });
      const wire = createWire(gateway);
      const get = (path: string, method = "GET") =>
        wire.call({ path, method, headers: ["authorization", gateway.bearer] });
      const teapot = await get("/418");
      assert.equal(teapot.status, 418);
      assert.deepEqual(teapot.headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(teapot.headers.authorization, undefined);
      assert.equal(teapot.headers["x-sallyport-subject"], undefined);
      assert.equal(teapot.headers["x-hop"], undefined);
      assert.equal(teapot.body.toString(), "short and stout");
      for (const status of [204, 304]) {
        const answer = await get(`/${status}`);
        assert.equal(answer.status, status);
        assert.equal(answer.body.length, 0);
      }
      const head = await get("/418", "HEAD");
      assert.equal(head.status, 418);
      assert.equal(head.headers["content-length"], "15");
      assert.equal(head.body.length, 0);
      assert.equal((await get("/418")).status, 418);
      wire.close();
    });

    it("answers 403 in the caller's protocol to a caller without the role or the scheme, and keeps the offered token", async () => {
      const routes = [
        route({ path: "/admin" }, { roles: ["admin"] }),
        route({ path: "/key" }, { schemes: ["key"] }),
        route(),
      ];
      const gateway = await start({ routes });
      const wire = createWire(gateway);
      const plain = await wire.call({ path: "/admin/x", headers: ["authorization", gateway.password] });
      assert.equal(plain.status, 403);
      assert.equal(JSON.parse(plain.body.toString()).code, "permission_denied");
      assert.match(plain.headers.authorization ?? "", /^Bearer /);
      const grpc = await wire.call({
        path: "/key",
        method: "POST",
        headers: ["authorization", gateway.bearer, "content-type", "application/grpc"],
        body: "",
      });
      assert.equal(grpc.headers["grpc-status"], "7");
      const allowed = await wire.call({ path: "/key", headers: ["authorization", `Key ${robotKey}`] });
      assert.equal(allowed.status, 200);
      assert.deepEqual(
        gateway.seen.map(({ url }) => url),
        ["/key"],
      );
      wire.close();
    });

    it("answers 404 where there is no route, and serves its own procedures beside the routes", async () => {
      const gateway = await start({ routes: [route({ path: "/only" })] });
      const wire = createWire(gateway);
      const missing = await wire.call({ path: "/other", headers: ["authorization", gateway.bearer] });
      assert.equal(missing.status, 404);
      assert.deepEqual(JSON.parse(missing.body.toString()), {
        code: "not_found",
        message: "There is nothing here.",
        reason: "no_route",
      });
      const headers = ["authorization", gateway.bearer, "content-type", "application/json"];
      const path = "/sallyport.v1.AuthService/WhoAmI";
      const who = await wire.call({ path, method: "POST", headers, body: "{}" });
      assert.equal(who.status, 200);
      assert.equal(JSON.parse(who.body.toString()).caller.identity.subject, "ada");
      const canonical = await wire.call({ path: path.replace("Who", "%57ho"), method: "POST", headers, body: "{}" });
      assert.equal(canonical.status, 200);
      wire.close();
    });

    it("answers 503 when the upstream cannot be reached, and keeps the offered token", async () => {
      const gateway = await start({ upstream: { origin: "http://127.0.0.1:1" } });
      const wire = createWire(gateway);
      const answer = await wire.call({
        path: "/x",
        method: "POST",
        body: "abc",
        headers: ["authorization", gateway.password],
      });
      assert.equal(answer.status, 503);
      assert.equal(JSON.parse(answer.body.toString()).reason, "upstream_unavailable");
      assert.match(answer.headers.authorization ?? "", /^Bearer /);
      wire.close();
    });

    it("answers 502 when the upstream breaks off or speaks no HTTP, and 504 when it does not answer in time", async () => {
      const gateway = await start({
        upstream: { headersTimeoutMs: 200 },
        serve: (request, response) => {
          if (request.url === "/never") return;
          if (request.url === "/nonsense") request.socket.end("nonsense\r\n\r\n");
          else response.destroy();
        },
      });
      const wire = createWire(gateway);
      const call = (path: string, ...more: string[]) =>
        wire.call({ path, method: "POST", body: "x", headers: ["authorization", gateway.bearer, ...more] });
      assert.equal((await call("/gone")).status, 502);
      assert.equal((await call("/nonsense")).status, 502);
      assert.equal((await call("/never")).status, 504);
      const grpc = await call("/gone", "content-type", "application/grpc");
      assert.equal(grpc.headers["grpc-status"], "14");
      const connect = await call("/never", "content-type", "application/json");
      assert.equal(JSON.parse(connect.body.toString()).code, "deadline_exceeded");
      wire.close();
    });
  });
}

function variety(request: IncomingMessage, response: ServerResponse): void {
  const status = Number(request.url?.slice(1));
  response.setHeader("Set-Cookie", ["a=1", "b=2"]);
  response.setHeader("Authorization", "Bearer forged");
  response.setHeader("X-Sallyport-Subject", "forged");
  response.setHeader("X-Hop", "1");
  response.setHeader("Connection", "keep-alive, x-hop");
  if (status === 204 || status === 304) response.writeHead(status).end();
  else response.writeHead(status, { "content-length": "15" }).end("short and stout");
}

describe("trailers", () => {
  const serve = (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "text/plain", trailer: "x-check" });
    response.write("a");
    response.addTrailers({ "x-check": "sum", authorization: "Bearer forged" });
    response.end("b");
  };

  it("pass to HTTP/1", async () => {
    const gateway = await start({ serve });
    const answer = await exchange(
      gateway.http1,
      `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\nTE: trailers\r\nConnection: close\r\n\r\n`,
    );
    assert.match(answer, /\r\n0\r\nx-check: sum\r\n\r\n$/);
  });

  it("pass to HTTP/2, and a stream without any ends too", async () => {
    const gateway = await start({ serve });
    const session = connectHttp2(gateway.http2);
    const stream = session.request({ ":path": "/", authorization: gateway.bearer });
    const [trailers] = await once(stream.resume(), "trailers");
    assert.deepEqual(Object.entries(trailers as object), [["x-check", "sum"]]);
    session.destroy();
  });

  describe("without a body", () => {
    /** Header block and end arrive together, as those of a gRPC error do. */
    const serveEmpty = (request: IncomingMessage, response: ServerResponse) => {
      const [, status, kind] = request.url?.split("/") ?? [];
      if (kind === "length") response.setHeader("Content-Length", "0");
      if (kind === "trailers") response.setHeader("Transfer-Encoding", "chunked");
      response.writeHead(Number(status), { "content-type": "application/grpc" });
      if (kind === "trailers") response.addTrailers({ "grpc-status": "5", "grpc-message": "gone" });
      response.end();
    };

    it("pass to HTTP/1", async () => {
      const gateway = await start({ serve: serveEmpty });
      const lines = `Host: a\r\nAuthorization: ${gateway.bearer}\r\nConnection: close\r\n\r\n`;
      const answer = await exchange(gateway.http1, `GET /200/trailers HTTP/1.1\r\n${lines}`);
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.match(answer, /\r\ntransfer-encoding: chunked\r\n/i);
      assert.doesNotMatch(answer, /content-length/i);
      assert.match(answer, /\r\n\r\n0\r\ngrpc-status: 5\r\ngrpc-message: gone\r\n\r\n$/);
    });

    it("pass to HTTP/2", async () => {
      const gateway = await start({ serve: serveEmpty });
      const session = connectHttp2(gateway.http2);
      const stream = session.request({ ":path": "/200/trailers", authorization: gateway.bearer });
      const [[headers], [trailers]] = await Promise.all([once(stream, "response"), once(stream.resume(), "trailers")]);
      assert.equal((headers as Record<string, unknown>)[":status"], 200);
      assert.deepEqual(Object.entries(trailers as object), [
        ["grpc-status", "5"],
        ["grpc-message", "gone"],
      ]);
      session.destroy();
    });

    it("that are not there change nothing: HTTP/1 has a length of 0, and the connection goes on", async () => {
      const gateway = await start({ serve: serveEmpty });
      const one = (line: string, more = "") =>
        `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n${more}\r\n`;
      const paths = ["/200/length", "/200/none", "/404/none"];
      for (const line of [
        ...paths.map((path) => `GET ${path}`),
        "GET /204/none",
        "GET /304/none",
        "HEAD /200/trailers",
      ]) {
        const answer = await exchange(gateway.http1, one(line) + one("GET /418/length", "Connection: close\r\n"));
        const [first = "", second] = answer.split(/(?=HTTP\/1\.1 418 )/);
        assert.match(second ?? "", /\r\n\r\n$/, line);
        const [head, rest] = first.split("\r\n\r\n");
        const length = /\r\ncontent-length: (\d+)/i.exec(head ?? "")?.[1];
        assert.deepEqual([length, rest], [paths.includes(line.slice(4)) ? "0" : undefined, ""], line);
      }
    });

    it("that are not there change nothing: HTTP/2 ends with its header block", async () => {
      const gateway = await start({ serve: serveEmpty });
      const session = connectHttp2(gateway.http2);
      for (const path of ["/200/length", "/200/none", "/204/none", "/304/none", "HEAD /200/trailers"]) {
        const [method = "", target] = path.startsWith("/") ? ["GET", path] : path.split(" ");
        const stream = session.request({ ":path": target, ":method": method, authorization: gateway.bearer });
        const [headers, flags] = (await once(stream, "response")) as [Record<string, unknown>, number];
        assert.equal(headers[":status"], Number(/\d+/.exec(path)?.[0]));
        assert.equal(flags & constants.NGHTTP2_FLAG_END_STREAM, constants.NGHTTP2_FLAG_END_STREAM, path);
        await once(stream.resume(), "close");
      }
      session.destroy();
    });
  });
});

describe("a body", () => {
  for (const protocol of isFull ? (["HTTP/1", "HTTP/2"] as const) : (["HTTP/2"] as const)) {
    it(`of 200 MB passes both ways, ${protocol}, in flat memory`, async () => {
      const grown = await passBothWays(protocol, 200);
      // A body that is held came to 285 MB and more; without it, garbage alone to 170 MB on a busy machine.
      assert.ok(grown < 200, `RSS grew by ${grown} MB`);
    });
  }

  it("that a slow upstream does not take is not taken from the caller", async () => {
    let upstreamRequest: IncomingMessage | undefined;
    const gateway = await start({
      serve: (request) => {
        upstreamRequest = request.pause();
      },
    });
    const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\nContent-Length: 1000000000\r\n\r\n`,
    );
    const taken = await untilStill(() => {
      while (socket.writableLength < 1_000_000) socket.write(bigChunk);
      return socket.bytesWritten - socket.writableLength;
    });
    socket.destroy();
    assert.ok(taken < 32 * 1024 * 1024, `${taken} bytes were taken`);
    // That the caller has left is written behind what it sent.
    await once(
      (upstreamRequest as IncomingMessage).resume().on("error", () => {}),
      "aborted",
    );
  });

  it("that a slow caller does not take is not taken from the upstream", async () => {
    let upstreamSocket: Socket | undefined;
    const gateway = await start({
      serve: (request, response) => {
        upstreamSocket = request.socket;
        serveBigBody(200)(request, response);
      },
    });
    const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n\r\n`);
    socket.pause();
    const taken = await untilStill(() => upstreamSocket?.bytesWritten ?? 0);
    assert.ok(taken > 0 && taken < 32 * 1024 * 1024, `${taken} bytes were taken`);
    socket.destroy();
    await new Promise((resolve) => upstreamSocket?.on("close", resolve));
  });
});

/** The value when it has not changed for a while. */
async function untilStill(read: () => number): Promise<number> {
  let last = -1;
  for (let still = 0; still < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = read();
    still = now === last && now > 0 ? still + 1 : 0;
    last = now;
  }
  await soon();
  return last;
}

describe("an answer", () => {
  it("that comes before the request is complete reaches the caller, and the rest of the body is not read for ever", async () => {
    const gateway = await start({ serve: (_request, response) => response.writeHead(413).end("too much") });
    const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
    let text = "";
    socket
      .on("error", () => {})
      .on("data", (data: Buffer) => {
        text += data.toString("latin1");
      });
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\nContent-Length: 1000000000\r\n\r\n`,
    );
    const pump = () => {
      while (!socket.destroyed && socket.write(bigChunk));
    };
    socket.on("drain", pump);
    pump();
    await closed;
    assert.match(text, /^HTTP\/1\.1 413 [\s\S]*too much/);
    assert.ok(socket.bytesWritten < 100_000_000, `${socket.bytesWritten} bytes were taken`);
  });

  it("that breaks off in the middle is cut, and never looks whole", async () => {
    const gateway = await start({
      serve: (_request, response) => {
        response.writeHead(200);
        response.write("half");
        setImmediate(() => response.destroy());
      },
    });
    const { text } = await send(gateway, `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n\r\n`);
    assert.match(text, /half\r\n$/);
    const wire = createHttp2Wire(gateway.http2);
    await assert.rejects(wire.call({ path: "/", headers: ["authorization", gateway.bearer] }));
    wire.close();
  });

  for (const [protocol, createWire] of wires) {
    it(`that streams ends with its session, and takes the upstream's along, ${protocol}`, async () => {
      let closed: Promise<unknown> | undefined;
      const gateway = await start({
        serve: (_request, response) => {
          closed = once(response, "close");
          response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
        },
      });
      const wire = createWire(gateway);
      // The wire never settles for an HTTP/2 stream that was cancelled: the upstream's side tells.
      void wire.call({ path: "/", headers: ["authorization", gateway.bearer] }).catch(() => {});
      while (closed === undefined) await soon();
      // The first event has to come back before it is a stream to the gateway.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await gateway.auth.sessions.endSubject("ada", "disabled");
      await closed;
      wire.close();
    });
  }

  it("to a caller who has left is no longer fetched", async () => {
    let left: Promise<unknown> | undefined;
    const gateway = await start({
      serve: (_request, response) => {
        left = once(response, "close");
      },
    });
    const socket = connect(Number(new URL(gateway.http1).port), "127.0.0.1");
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${gateway.bearer}\r\n\r\n`);
    while (left === undefined) await soon();
    socket.destroy();
    await left;
  });
});
