import assert from "node:assert/strict";
import { constants, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { resetStream } from "../../../../src/adapters/node/reset-stream.js";
import { open, post } from "./recording-exchange.js";
import { forwarderTo, startUpstream } from "./upstreams.js";

const headers = ["content-type", "application/grpc", "te", "trailers", "grpc-timeout", "1S"];

const message = (text: string): Buffer => {
  const bytes = Buffer.alloc(5 + text.length);
  bytes.writeUInt32BE(text.length, 1);
  bytes.write(text, 5);
  return bytes;
};

function respond(stream: ServerHttp2Stream, status = "0"): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status, "grpc-message": "" }));
}

test("unary: the answer's message and its trailers", async (t) => {
  const upstream = await startUpstream(t, (stream, { "grpc-timeout": timeout, te }) => {
    assert.deepEqual([timeout, te], ["1S", "trailers"]);
    stream
      .on("data", () => undefined)
      .on("end", () => {
        respond(stream);
        stream.end(message("answer"));
      });
  });
  const exchange = await post(message("question").toString("latin1"), { headers }).via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.text, message("answer").toString("latin1"));
  assert.deepEqual(exchange.last, ["end", ["grpc-status", "0", "grpc-message", ""]]);
});

test("a server that streams: early metadata comes before the first message, each message when it is sent", async (t) => {
  let stream: ServerHttp2Stream | undefined;
  const upstream = await startUpstream(t, (each) => {
    stream = each;
    each.resume();
    respond(each);
  });
  const exchange = post("question", { headers }).via(forwarderTo(t, upstream));
  await exchange.when(() => exchange.headPart !== undefined);
  assert.equal(exchange.received, 0);
  for (let count = 1; count <= 100; count++) {
    stream?.write(message("one"));
    await exchange.when(() => exchange.received === 8 * count);
  }
  stream?.end();
  assert.equal((await exchange.done()).last?.[0], "end");
});

test("a client that streams: each message arrives when it is sent", async (t) => {
  let bytes = 0;
  let onBytes = (): void => undefined;
  const upstream = await startUpstream(t, (stream) => {
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      onBytes();
    });
    stream.on("end", () => {
      respond(stream);
      stream.end(message(String(bytes)));
    });
  });
  const exchange = open({ headers }).via(forwarderTo(t, upstream));
  await exchange.when(() => exchange.isAsked);
  for (let count = 1; count <= 100; count++) {
    const arrived = new Promise<void>((resolve) => {
      onBytes = () => bytes === 8 * count && resolve();
    });
    exchange.upstream?.bodyData(message("one"));
    await arrived;
  }
  exchange.upstream?.bodyEnd();
  assert.equal((await exchange.done()).text, message("800").toString("latin1"));
});

test("both stream: the head of the request leaves before a byte of its body, and messages alternate", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    respond(stream);
    stream.on("data", (chunk: Buffer) => stream.write(chunk)).on("end", () => stream.end());
  });
  const exchange = open({ headers }).via(forwarderTo(t, upstream));
  await exchange.when(() => exchange.headPart !== undefined);
  for (let count = 1; count <= 100; count++) {
    exchange.upstream?.bodyData(message("one"));
    await exchange.when(() => exchange.received === 8 * count);
  }
  exchange.upstream?.bodyEnd();
  assert.deepEqual((await exchange.done()).last, ["end", ["grpc-status", "0", "grpc-message", ""]]);
});

test("an error with trailers alone stays one block of fields", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    const fields = { ":status": 200, "content-type": "application/grpc", "grpc-status": "5", "grpc-message": "none" };
    stream.respond(fields, { endStream: true, sendDate: false } as object);
  });
  const exchange = await post("question", { headers }).via(forwarderTo(t, upstream)).done();
  assert.deepEqual(exchange.headPart?.headers.slice(0, 6), [
    ...["content-type", "application/grpc", "grpc-status", "5", "grpc-message", "none"],
  ]);
  assert.equal(exchange.headPart?.isLast, true);
});

test("a server that ends a stream of both with its status, while the client still sends, is passed whole", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    respond(stream, "8");
    stream.once("data", () => stream.end(message("last")));
  });
  const exchange = open({ headers });
  exchange.onBody = (side) => side.bodyData(message("first"));
  await exchange.via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.text, message("last").toString("latin1"));
  assert.deepEqual(exchange.last, ["end", ["grpc-status", "8", "grpc-message", ""]]);
});

test("a cancel goes both ways with its code", async (t) => {
  const codes: number[] = [];
  const upstream = await startUpstream(t, (stream, { ":path": path }) => {
    respond(stream);
    stream.on("close", () => codes.push(stream.rstCode));
    // Not `close`: where trailers are to come, Node 22 and later end their process by it.
    if (path === "/server") resetStream(stream, constants.NGHTTP2_CANCEL);
  });
  const forwarder = forwarderTo(t, upstream);
  const byServer = await open({ headers, path: "/server" }).via(forwarder).done();
  assert.equal(byServer.last?.[0], "reset");
  assert.equal(byServer.last?.[1], constants.NGHTTP2_CANCEL);
  const byClient = open({ headers }).via(forwarder);
  await byClient.when(() => byClient.headPart !== undefined);
  byClient.leave(constants.NGHTTP2_CANCEL);
  await byClient.done();
  await post("", { path: "/server" }).via(forwarder).done();
  assert.deepEqual(codes.slice(0, 2), [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
});
