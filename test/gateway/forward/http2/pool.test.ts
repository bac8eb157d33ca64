import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { sized } from "../../../size.js";
import { open, post, RecordingExchange } from "./recording-exchange.js";
import { connectTo, echo, forwarderTo, startUpstream } from "./upstreams.js";

test(`${sized(1_000, 5_000)} streams go through one pool, each with its own answer`, async (t) => {
  const upstream = await startUpstream(t, echo, { settings: { maxConcurrentStreams: 100 } });
  const forwarder = forwarderTo(t, upstream, { maxConnections: 3 });
  const exchanges = Array.from({ length: sized(1_000, 5_000) }, (_, index) => post(`body ${index}`).via(forwarder));
  for (const [index, exchange] of exchanges.entries()) {
    await exchange.done();
    assert.equal(exchange.text, `body ${index}`, JSON.stringify(exchange.failure));
  }
  assert.equal(upstream.sessions.length, 3);
});

test("1,000 streams at a time on one connection, of a server that allows them", async (t) => {
  const upstream = await startUpstream(t, echo);
  const forwarder = forwarderTo(t, upstream, { maxConnections: 1 });
  const first = open().via(forwarder);
  await first.when(() => first.headPart !== undefined);
  assert.equal(forwarder.places, 1_000);
  const exchanges = [first, ...Array.from({ length: 999 }, () => open().via(forwarder))];
  for (const exchange of exchanges) await exchange.when(() => exchange.headPart !== undefined);
  for (const exchange of exchanges) exchange.upstream?.bodyEnd();
  for (const exchange of exchanges) assert.equal((await exchange.done()).last?.[0], "end");
  assert.equal(upstream.sessions.length, 1);
});

test("a connection is filled up to what its peer allows before the next one is opened, and places tells the sum", async (t) => {
  const upstream = await startUpstream(t, echo, { settings: { maxConcurrentStreams: 3 } });
  const forwarder = forwarderTo(t, upstream, { maxConnections: 2 });
  assert.equal(forwarder.places, 200);
  const exchanges: RecordingExchange[] = [];
  for (const sessions of [1, 1, 1, 2, 2, 2]) {
    const exchange = open().via(forwarder);
    exchanges.push(exchange);
    await exchange.when(() => exchange.headPart !== undefined);
    assert.equal(upstream.sessions.length, sessions);
  }
  assert.equal(forwarder.places, 6);
  const order: number[] = [];
  const waiting = [6, 7, 8].map((index) => {
    const exchange = open().via(forwarder);
    void exchange.when(() => exchange.isAsked).then(() => order.push(index));
    return exchange;
  });
  assert.deepEqual(
    waiting.map(({ isAsked }) => isAsked),
    [false, false, false],
  );
  for (const [index, exchange] of exchanges.slice(0, 3).entries()) {
    exchange.upstream?.bodyEnd();
    await exchange.done();
    await waiting[index]?.when(() => waiting[index]?.isAsked === true);
  }
  assert.deepEqual(order, [6, 7, 8]);
});

test("a caller that leaves while it waits frees its place, and nothing is sent for it", async (t) => {
  const paths: unknown[] = [];
  const upstream = await startUpstream(
    t,
    (stream, headers, flags, raw) => {
      paths.push(headers[":path"]);
      echo(stream, headers, flags, raw);
    },
    { settings: { maxConcurrentStreams: 1 } },
  );
  const forwarder = forwarderTo(t, upstream, { maxConnections: 1 });
  const first = open().via(forwarder);
  await first.when(() => first.headPart !== undefined);
  const second = open({ path: "/second" }).via(forwarder);
  const third = post("x", { path: "/third" }).via(forwarder);
  second.leave(constants.NGHTTP2_CANCEL);
  assert.equal(second.isFreed, true);
  first.upstream?.bodyEnd();
  assert.equal((await third.done()).text, "x");
  assert.deepEqual(paths, ["/", "/third"]);
});

test("a GOAWAY in the middle loses none: those under way go on, the next ones go elsewhere", async (t) => {
  let served = 0;
  const upstream = await startUpstream(t, (stream, headers, flags, raw) => {
    served += 1;
    if (served % 10 === 0) stream.session?.close();
    echo(stream, headers, flags, raw);
  });
  const forwarder = forwarderTo(t, upstream);
  const count = sized(1_000, 5_000);
  let done = 0;
  const work = async () => {
    for (; done < count; ) {
      done += 1;
      const exchange = await post("unary").via(forwarder).done();
      assert.equal(exchange.text, "unary", JSON.stringify(exchange.parts));
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
  assert.ok(upstream.sessions.length > 10, String(upstream.sessions.length));
});

test("a stream under way outlives the GOAWAY of its connection", async (t) => {
  const upstream = await startUpstream(t, echo);
  const forwarder = forwarderTo(t, upstream);
  const exchange = open().via(forwarder);
  await exchange.when(() => exchange.headPart !== undefined);
  upstream.sessions[0]?.close();
  assert.equal((await post("next").via(forwarder).done()).text, "next");
  // The next one went to the old connection if that had not heard of the GOAWAY yet; the one behind it did not.
  assert.equal((await post("next").via(forwarder).done()).text, "next");
  exchange.upstream?.bodyData(Buffer.from("late"));
  exchange.upstream?.bodyEnd();
  assert.equal((await exchange.done()).text, "late");
  assert.ok(upstream.sessions.length > 1);
});

for (const [refusals, body, outcome] of [
  [1, "small", "end"],
  [2, "small", "end"],
  [3, "small", "reset"],
  [1, "x".repeat(100_000), "reset"],
  [1, undefined, "end"],
] as const) {
  const what = body === undefined ? "no body" : `a body of ${body.length}`;
  test(`a request with ${what} that is refused ${refusals} times ends with ${outcome}`, async (t) => {
    let tries = 0;
    const upstream = await startUpstream(t, (stream: ServerHttp2Stream, headers, flags, raw) => {
      tries += 1;
      if (tries > refusals) echo(stream, headers, flags, raw);
      else if (body !== undefined && body.length > 65_536) {
        let bytes = 0;
        stream.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes === body.length) stream.close(constants.NGHTTP2_REFUSED_STREAM);
        });
      } else stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const exchange = body === undefined ? new RecordingExchange() : post(body);
    await exchange.via(forwarderTo(t, upstream)).done();
    assert.equal(exchange.last?.[0], outcome);
    assert.equal(exchange.text, outcome === "end" ? (body ?? "") : "");
    assert.equal(tries, outcome === "end" ? refusals + 1 : Math.min(refusals, 3));
  });
}

test("a refused stream whose body is open goes on with the body where it was", async (t) => {
  let tries = 0;
  const upstream = await startUpstream(t, (stream, headers, flags, raw) => {
    tries += 1;
    if (tries > 1) echo(stream, headers, flags, raw);
    else stream.once("data", () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
  });
  const exchange = open();
  exchange.onBody = (side) => {
    exchange.onBody = () => undefined;
    side.bodyData(Buffer.from("begin,"));
  };
  exchange.via(forwarderTo(t, upstream));
  await exchange.when(() => exchange.text === "begin,");
  exchange.upstream?.bodyData(Buffer.from("end"));
  exchange.upstream?.bodyEnd();
  assert.equal((await exchange.done()).text, "begin,end");
});

test("close waits for those under way and for those that wait, and takes no other", async (t) => {
  const upstream = await startUpstream(t, echo, { settings: { maxConcurrentStreams: 1 } });
  const forwarder = forwarderTo(t, upstream, { maxConnections: 1 });
  const first = open().via(forwarder);
  await first.when(() => first.headPart !== undefined);
  const second = post("second").via(forwarder);
  let isClosed = false;
  const closing = forwarder.close().then(() => {
    isClosed = true;
  });
  const refused = await new RecordingExchange().via(forwarder).done();
  assert.equal(refused.failure?.reason, "upstream_unavailable");
  assert.equal(refused.failure?.code, "closed");
  assert.equal(isClosed, false);
  first.upstream?.bodyEnd();
  assert.equal((await first.done()).last?.[0], "end");
  assert.equal((await second.done()).text, "second");
  await closing;
});

test("destroy ends all of them", async (t) => {
  const upstream = await startUpstream(t, echo, { settings: { maxConcurrentStreams: 1 } });
  const forwarder = forwarderTo(t, upstream, { maxConnections: 1 });
  const first = open().via(forwarder);
  await first.when(() => first.headPart !== undefined);
  const second = post("second").via(forwarder);
  await forwarder.destroy();
  assert.equal((await first.done()).last?.[0], "fail");
  assert.equal((await second.done()).failure?.code, "closed");
});

test("close and destroy of a pool that was never used end at once", async (t) => {
  const upstream = await startUpstream(t, echo);
  await forwarderTo(t, upstream).close();
  await forwarderTo(t, upstream).destroy();
  assert.equal(upstream.sockets.length, 0);
});

test("a port without a server is told, to all that wait", async (t) => {
  const upstream = await startUpstream(t, echo);
  const forwarder = forwarderTo(t, { port: 1, address: "127.0.0.1:1" });
  const exchanges = [1, 2, 3].map(() => post("x").via(forwarder));
  for (const exchange of exchanges) {
    assert.deepEqual((await exchange.done()).failure, {
      reason: "upstream_unavailable",
      code: "ECONNREFUSED",
      detail: "127.0.0.1:1 refused the connection",
      lost: "before_request",
    });
  }
  // It recovers at once.
  const late = forwarderTo(t, upstream, {
    connect: (onOpen) => connectTo(tries++ === 0 ? 1 : upstream.port)(onOpen),
  });
  let tries = 0;
  assert.equal((await post("x").via(late).done()).failure?.code, "ECONNREFUSED");
  assert.equal((await post("x").via(late).done()).text, "x");
});

test("a connection that the upstream closed while it was idle is replaced", async (t) => {
  const upstream = await startUpstream(t, echo);
  const forwarder = forwarderTo(t, upstream);
  assert.equal((await post("a").via(forwarder).done()).text, "a");
  const [session] = upstream.sessions;
  assert.ok(session);
  session.close();
  await once(session, "close");
  assert.equal((await post("b").via(forwarder).done()).text, "b");
  assert.equal(upstream.sessions.length, 2);
});
