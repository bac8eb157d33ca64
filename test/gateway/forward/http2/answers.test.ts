import assert from "node:assert/strict";
import { test } from "node:test";
import { post, RecordingExchange } from "./recording-exchange.js";
import { echo, forwarderTo, startUpstream } from "./upstreams.js";

test("a request arrives with its pseudo fields, and its fields in lower case, repeated ones apart and as bytes", async (t) => {
  let raw: string[] = [];
  const upstream = await startUpstream(t, (stream, _headers, _flags, rawHeaders) => {
    raw = rawHeaders;
    stream.respond({ ":status": 204 }, { endStream: true });
  });
  const headers = [
    "X-One",
    "a",
    "Accept",
    "x/y",
    "x-one",
    "b",
    "x-bytes",
    "\xe9\xff \t!",
    "te",
    "trailers",
    "cookie",
    "a=1",
  ];
  const exchange = new RecordingExchange({ path: "/a?b=c", headers: [...headers, "connection", "x", "TE", "gzip"] });
  await exchange.via(forwarderTo(t, upstream)).done();
  assert.deepEqual(raw.slice(0, 8), [
    ...[":method", "GET", ":scheme", "http", ":authority", "service.example", ":path", "/a?b=c"],
  ]);
  const values = (name: string) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1] === name);
  assert.deepEqual(values("x-one"), ["a", "b"]);
  assert.deepEqual(values("x-bytes"), ["\xe9\xff \t!"]);
  assert.deepEqual(values("te"), ["trailers"]);
  assert.deepEqual(values("connection"), []);
  assert.deepEqual(values("cookie"), ["a=1"]);
});

test("an answer is told as it came: repeated fields, bytes, body, trailers; Node gives rawHeaders of answers as the third argument", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    stream.respond({ ":status": 200, "x-two": ["a", "b"], "set-cookie": ["c=1", "d=2"], "x-bytes": "\xe9\xff" }, {
      waitForTrailers: true,
      sendDate: false,
    } as object);
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-t": ["1", "2"] }));
    stream.end("body");
  });
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  const fields = ["x-two", "a", "x-two", "b", "set-cookie", "c=1", "set-cookie", "d=2", "x-bytes", "\xe9\xff"];
  assert.equal(exchange.headPart?.status, 200);
  assert.deepEqual(exchange.headPart?.headers.slice(0, fields.length), fields);
  assert.equal(exchange.headPart?.isLast, false);
  assert.equal(exchange.text, "body");
  assert.deepEqual(exchange.last, ["end", ["grpc-status", "0", "x-t", "1", "x-t", "2"]]);
});

test("an answer that ends with its head is told in one call", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    stream.respond({ ":status": 200, "grpc-status": "5", "grpc-message": "no" }, { endStream: true });
  });
  const exchange = await post("question").via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.headPart?.isLast, true);
  assert.deepEqual(exchange.parts.length, 1);
});

for (const [method, status, fields] of [
  ["HEAD", 200, { "content-length": "5" }],
  ["GET", 304, { "content-length": "5" }],
  ["GET", 204, {}],
] as const) {
  test(`${method} answered by ${status} with ${JSON.stringify(fields)} has no body`, async (t) => {
    const upstream = await startUpstream(t, (stream) => {
      stream.respond({ ":status": status, ...fields }, { endStream: true });
    });
    const exchange = await new RecordingExchange({ method }).via(forwarderTo(t, upstream)).done();
    assert.equal(exchange.headPart?.status, status);
    assert.equal(exchange.headPart?.isLast, true);
  });
}

test("103 is passed on, and 100 is not", async (t) => {
  const upstream = await startUpstream(t, (stream) => {
    stream.additionalHeaders({ ":status": 100 });
    for (let count = 0; count < 12; count++) stream.additionalHeaders({ ":status": 103, link: `</${count}>` });
    stream.respond({ ":status": 200 });
    stream.end("x");
  });
  const exchange = await new RecordingExchange().via(forwarderTo(t, upstream)).done();
  const hints = exchange.parts.filter(([kind]) => kind === "hint");
  assert.equal(hints.length, 12);
  assert.deepEqual(hints[0], ["hint", ["link", "</0>"]]);
  assert.equal(exchange.last?.[0], "end");
});

test("a body goes both ways", async (t) => {
  const upstream = await startUpstream(t, echo);
  const exchange = await post("hello").via(forwarderTo(t, upstream)).done();
  assert.equal(exchange.text, "hello");
  assert.deepEqual(exchange.last, ["end", []]);
});

const longest = "x".repeat(30_000);
for (const [what, request] of [
  ["a control byte", { headers: ["x", "a\x01b"] }],
  ["DEL", { headers: ["x", "a\x7fb"] }],
  ["a NUL, which would begin another field", { headers: ["x", "a\0evil\0b\0"] }],
  ["a line break", { headers: ["x", "a\r\nevil: b"] }],
  ["a blank before a value", { headers: ["x", " a"] }],
  ["a blank behind a value", { headers: ["x", "a\t"] }],
  ["no byte", { headers: ["x", "\u0100"] }],
  ["a name that is no token", { headers: ["x y", "a"] }],
  ["a pseudo field", { headers: [":path", "/b"] }],
  ["a second user-agent", { headers: ["user-agent", "a", "User-Agent", "b"] }],
  ["a blank in the target", { path: "/a b" }],
  ["a NUL in the authority", { authority: "a\0b" }],
  ["CONNECT", { method: "CONNECT" }],
  ["a method that is no token", { method: "GE T" }],
] as const) {
  test(`a request with ${what} is bad, and harms no other`, async (t) => {
    const upstream = await startUpstream(t, echo);
    const forwarder = forwarderTo(t, upstream);
    const honest = new RecordingExchange({ method: "POST", framing: { kind: "chunked" } }).via(forwarder);
    await honest.when(() => honest.headPart !== undefined);
    const exchange = await new RecordingExchange(request).via(forwarder).done();
    assert.equal(exchange.failure?.reason, "bad_request");
    assert.equal(exchange.failure?.code, "unfit_for_http2");
    assert.match(exchange.failure?.detail ?? "", /^HTTP\/2 cannot carry the /);
    honest.upstream?.bodyEnd();
    assert.equal((await honest.done()).last?.[0], "end");
  });
}

test("odd names of fields are only names", async (t) => {
  let seen: string[] = [];
  const upstream = await startUpstream(t, (stream, _headers, _flags, raw) => {
    seen = raw;
    stream.respond({ ":status": 200 }, { endStream: true });
  });
  const headers = ["__proto__", "a", "constructor", "b", "12", "c", "tostring", longest, "__proto__", "d"];
  await new RecordingExchange({ headers }).via(forwarderTo(t, upstream)).done();
  const pairs = seen.flatMap((name, index) =>
    index % 2 === 0 && !name.startsWith(":") ? [[name, seen[index + 1]]] : [],
  );
  assert.deepEqual(
    pairs.sort(),
    [
      ["12", "c"],
      ["__proto__", "a"],
      ["__proto__", "d"],
      ["constructor", "b"],
      ["tostring", longest],
    ].sort(),
  );
});
