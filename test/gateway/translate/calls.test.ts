// What clients do not show: frames, headers and ends as they are on the wire.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as requestHttp1 } from "node:http";
import { type ClientHttp2Stream, connect, constants, type ServerHttp2Stream } from "node:http2";
import { describe, type TestContext, test } from "node:test";
import { toEnvelope } from "../../../src/gateway/translate/envelopes.js";
import { hangMs } from "../../size.js";
import { turnedClock } from "../listen/listeners-world.js";
import type { Running } from "../running.js";
import { answer, bodyOf, startTranslation } from "./grpc-upstream.js";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** Of the reset; 0: none. */
  readonly code: number;
}

const message = toEnvelope(0, Buffer.from("answer"));

function open(
  t: TestContext,
  gateway: Running,
  type: string,
  headers: object = {},
  path = "/a.B/C",
): ClientHttp2Stream {
  const session = connect(gateway.http2);
  t.after(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": type, ...headers });
  stream.on("error", () => undefined);
  return stream;
}

async function readAll(stream: ClientHttp2Stream): Promise<Answer> {
  const chunks: Buffer[] = [];
  let headers: Record<string, unknown> = {};
  stream.on("response", (each) => {
    headers = each;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Not by `once`, which a reset would reject.
  await new Promise((resolve) => stream.on("close", resolve));
  return { status: Number(headers[":status"]), headers, body: Buffer.concat(chunks), code: stream.rstCode };
}

function call(
  t: TestContext,
  gateway: Running,
  type: string,
  body: Uint8Array = message,
  headers: object = {},
  path = "/a.B/C",
): Promise<Answer> {
  const stream = open(t, gateway, type, headers, path);
  stream.end(body);
  return readAll(stream);
}

const textOf = ({ body }: Answer): string => body.toString("latin1");

describe("a translated call", { timeout: hangMs }, () => {
  test("gRPC-Web in text: both bodies are base64, and the trailers are its last frame", async (t) => {
    const gateway = await startTranslation(t, async (stream) => answer(stream, await bodyOf(stream)));
    const sent = Buffer.from(message.toString("base64"));
    const got = await call(t, gateway, "application/grpc-web-text", sent);
    assert.equal(got.headers["content-type"], "application/grpc-web-text");
    const decoded = textOf(got).match(/[^=]+={0,2}/g) ?? [];
    const bytes = Buffer.concat(decoded.map((part) => Buffer.from(part, "base64")));
    assert.ok(bytes.equals(Buffer.concat([message, toEnvelope(0x80, Buffer.from("grpc-status: 0\r\n"))])));
  });

  test("what the upstream gets: a call of gRPC, and nothing of the credentials or of the query", async (t) => {
    const seen: (readonly string[])[] = [];
    const bodies: Buffer[] = [];
    const gateway = await startTranslation(t, async (stream, _headers, rawHeaders) => {
      seen.push(rawHeaders);
      bodies.push(await bodyOf(stream));
      answer(stream, message);
    });
    const forged = {
      "trailer-x-sallyport-subject": "root",
      "x-sallyport-subject": "root",
      "grpc-metadata-x-sallyport-subject": "root",
    };
    const headers = { authorization: gateway.bearer, cookie: "other=1", ...forged };
    const query = "?connect=v1&encoding=proto&base64=1&message=AAEC&access_token=hidden&authorization=hidden";
    for (const [type, path, method] of [
      ["application/proto", "/a.B/C?token=hidden", "POST"],
      ["application/connect+proto", "/a.B/C", "POST"],
      ["application/grpc-web", "/a.B/C?x-sallyport-subject=hidden", "POST"],
      [undefined, `/a.B/Get${query}`, "GET"],
    ] as const) {
      const stream = open(t, gateway, type ?? "", { ":method": method, ...headers }, path);
      if (type === undefined) stream.end();
      else stream.end(type === "application/proto" ? "xyz" : message);
      assert.equal((await readAll(stream)).status, 200);
    }
    assert.equal(seen.length, 4);
    for (const raw of seen) {
      const text = JSON.stringify(raw);
      assert.ok(!text.includes(gateway.bearer.slice(7)) && !text.includes("hidden") && !text.includes("root"), text);
      const subjects = raw.filter((_, index) => raw[index - 1] === "x-sallyport-subject");
      assert.deepEqual(subjects, ["ada"]);
      const fields = Object.fromEntries(
        raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : [])),
      );
      assert.equal(fields[":method"], "POST");
      assert.match(String(fields[":path"]), /^\/a\.B\/(?:C|Get)$/);
      assert.deepEqual([fields["content-type"], fields.te], ["application/grpc+proto", "trailers"]);
    }
    assert.ok(bodies[0]?.equals(toEnvelope(0, Buffer.from("xyz"))));
    assert.ok(bodies[3]?.equals(toEnvelope(0, Buffer.from([0, 1, 2]))));
  });

  test("an empty message of a request without a body is a message", async (t) => {
    const gateway = await startTranslation(t, async (stream) => answer(stream, await bodyOf(stream)));
    const stream = open(t, gateway, "application/proto", {});
    stream.end();
    const got = await readAll(stream);
    assert.deepEqual([got.status, got.headers["content-length"], got.body.length], [200, "0", 0]);
  });

  const compressed = toEnvelope(1, Buffer.from("zip"));
  test("a compressed answer is said to be, if the caller accepts its encoding; otherwise it is INTERNAL", async (t) => {
    const encoding = { "grpc-encoding": "br" };
    const gateway = await startTranslation(t, (stream) => answer(stream, compressed, undefined, encoding));
    const good = await call(t, gateway, "application/proto", message, { "accept-encoding": "gzip, br" });
    assert.deepEqual([good.status, good.headers["content-encoding"], textOf(good)], [200, "br", "zip"]);
    const bad = await call(t, gateway, "application/proto", message, { "accept-encoding": "gzip" });
    assert.deepEqual([bad.status, JSON.parse(textOf(bad)).code], [502, "internal"]);
    const stream = await call(t, gateway, "application/connect+proto", message, { "accept-encoding": "br" });
    assert.match(textOf(stream), /"code":"internal"/);
    const web = await call(t, gateway, "application/grpc-web", message, { "grpc-accept-encoding": "br" });
    assert.ok(web.body.subarray(0, compressed.length).equals(compressed));
  });

  test("an answer that is not compressed says no encoding, and a compressed one without its encoding is INTERNAL", async (t) => {
    let body = message;
    let headers: Record<string, string> = { "grpc-encoding": "gzip" };
    const gateway = await startTranslation(t, (stream) => answer(stream, body, undefined, headers));
    const plain = await call(t, gateway, "application/proto", message, { "accept-encoding": "gzip" });
    assert.deepEqual([plain.headers["content-encoding"], textOf(plain)], [undefined, "answer"]);
    body = compressed;
    headers = {};
    const bad = await call(t, gateway, "application/proto", message, { "accept-encoding": "gzip" });
    assert.equal(JSON.parse(textOf(bad)).code, "internal");
  });

  const faults: readonly (readonly [
    what: string,
    body: Buffer,
    trailers: Record<string, string | string[]>,
    code: string,
  ])[] = [
    ["no message", Buffer.alloc(0), { "grpc-status": "0" }, "internal"],
    ["two messages", Buffer.concat([message, message]), { "grpc-status": "0" }, "internal"],
    ["half a message", message.subarray(0, 8), { "grpc-status": "0" }, "internal"],
    [
      "trailers of gRPC-Web in the body",
      toEnvelope(0x80, Buffer.from("grpc-status: 0\r\n")),
      { "grpc-status": "0" },
      "internal",
    ],
    [
      "the end of a stream of Connect in the body",
      toEnvelope(2, Buffer.from("{}")),
      { "grpc-status": "0" },
      "internal",
    ],
    ["no status", message, { x: "y" }, "internal"],
    ["two statuses", message, { "grpc-status": ["0", "5"] }, "internal"],
    ["a status that is no number", message, { "grpc-status": "ok" }, "internal"],
    ["a status that gRPC does not have", message, { "grpc-status": "99" }, "unknown"],
    ["a message over the limit", toEnvelope(0, Buffer.alloc(100_001)), { "grpc-status": "0" }, "resource_exhausted"],
    ["trailers called trailer-…", message, { "grpc-status": "0", "trailer-x": "y" }, "internal"],
  ];
  for (const [what, body, trailers, code] of faults) {
    test(`an upstream that answers a unary call with ${what}: ${code}`, async (t) => {
      const gateway = await startTranslation(t, (stream) => answer(stream, body, trailers));
      const got = await call(t, gateway, "application/proto");
      assert.equal(JSON.parse(textOf(got)).code, code);
      assert.equal(got.headers.x, undefined);
      assert.deepEqual(gateway.faults, []);
    });
  }

  test("metadata called trailer-… in the header of a unary answer is no trailer: INTERNAL", async (t) => {
    const gateway = await startTranslation(t, (stream) =>
      answer(stream, message, undefined, { "trailer-x": "forged" }),
    );
    const got = await call(t, gateway, "application/proto");
    assert.deepEqual(
      [got.status, JSON.parse(textOf(got)).code, got.headers["trailer-x"]],
      [502, "internal", undefined],
    );
  });

  for (const [type, flags, end] of [
    ["application/grpc-web", 0x80, /^grpc-status: 13\r\n/],
    ["application/connect+proto", 2, /^\{"error":\{"code":"internal"/],
  ] as const) {
    test(`${type}: a frame that is no message ends the answer as INTERNAL behind the last good one`, async (t) => {
      const gateway = await startTranslation(t, (stream) =>
        answer(stream, Buffer.concat([message, toEnvelope(0x82, Buffer.from("grpc-status: 0\r\n")), message])),
      );
      const got = await call(t, gateway, type);
      assert.ok(got.body.subarray(0, message.length).equals(message));
      assert.equal(got.body[message.length], flags);
      assert.match(got.body.subarray(message.length + 5).toString("latin1"), end);
      assert.deepEqual(
        gateway.outcomes.map((outcome) => "reason" in outcome && outcome.reason),
        ["upstream_malformed"],
      );
    });

    test(`${type}: an answer that breaks off inside a message has no end: the stream is reset`, async (t) => {
      const gateway = await startTranslation(t, (stream) => answer(stream, message.subarray(0, 9)));
      const got = await call(t, gateway, type);
      assert.ok(got.body.equals(message.subarray(0, 9)));
      assert.equal(got.code, constants.NGHTTP2_INTERNAL_ERROR);
    });
  }

  test("an upstream that resets its stream between two messages: the answer ends in its own protocol", async (t) => {
    const gateway = await startTranslation(t, (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.write(message, () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    });
    const got = await call(t, gateway, "application/connect+proto");
    assert.match(textOf(got), /"code":"unavailable"/);
    assert.equal(got.code, constants.NGHTTP2_NO_ERROR);
  });

  test("an HTTP status in place of gRPC is an error of its code, and an answer of another type is INTERNAL", async (t) => {
    let status = 503;
    const gateway = await startTranslation(t, (stream) => {
      stream.respond({ ":status": status, "content-type": "text/html" });
      stream.end("<html>");
    });
    const busy = await call(t, gateway, "application/proto");
    assert.deepEqual([busy.status, JSON.parse(textOf(busy)).code], [503, "unavailable"]);
    assert.match(textOf(await call(t, gateway, "application/grpc-web")), /grpc-status: 14\r\n/);
    status = 200;
    assert.equal(JSON.parse(textOf(await call(t, gateway, "application/proto"))).code, "internal");
  });

  for (const [type, isGood] of [
    ["application/grpc+proto", true],
    ["application/grpc; charset=x", true],
    ["application/grpc+json", false],
    ["application/grpc-web", false],
  ] as const) {
    test(`an answer of ${type} is ${isGood ? "passed on" : "INTERNAL: its messages are in another format"}`, async (t) => {
      const gateway = await startTranslation(t, (stream) =>
        answer(stream, message, undefined, { "content-type": type }),
      );
      assert.equal((await call(t, gateway, "application/proto")).status, isGood ? 200 : 502);
    });
  }

  const callers: readonly (readonly [what: string, type: string, body: Buffer, saw: RegExp])[] = [
    [
      "a frame that is no message",
      "application/grpc-web",
      toEnvelope(0x80, Buffer.from("x: y\r\n")),
      /grpc-status: 3\r\n/,
    ],
    ["the end of a stream", "application/connect+proto", toEnvelope(2, Buffer.from("{}")), /"code":"invalid_argument"/],
    ["half a message", "application/connect+proto", message.subarray(0, 7), /"code":"invalid_argument"/],
    ["half a prefix", "application/grpc-web", message.subarray(0, 3), /grpc-status: 3\r\n/],
    ["a message over the limit", "application/grpc-web", toEnvelope(0, Buffer.alloc(100_001)), /grpc-status: 8\r\n/],
    ["a unary message over the limit", "application/proto", Buffer.alloc(100_001), /"code":"resource_exhausted"/],
    ["what is no base64", "application/grpc-web-text", Buffer.from("****"), /^gAAA/],
    ["half of base64", "application/grpc-web-text", Buffer.from("AAAAAAA"), /^gAAA/],
  ];
  for (const [what, type, body, saw] of callers) {
    test(`a caller that sends ${what} as ${type} is refused in its protocol, and the upstream's call is reset`, async (t) => {
      const codes: number[] = [];
      const gateway = await startTranslation(t, (stream) => {
        stream.on("end", () => answer(stream, message)).resume();
        stream.on("close", () => codes.push(stream.rstCode));
      });
      assert.match(textOf(await call(t, gateway, type, body)), saw);
      const [outcome] = gateway.outcomes;
      assert.equal(outcome?.kind, "failed");
      while (codes.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(codes, [constants.NGHTTP2_CANCEL]);
    });
  }

  test("a bad frame in the middle of a conversation ends both sides", async (t) => {
    const gateway = await startTranslation(t, (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("data", (chunk: Buffer) => stream.write(chunk));
    });
    const stream = open(t, gateway, "application/connect+proto");
    const whole = readAll(stream);
    stream.write(message);
    await once(stream, "data");
    stream.write(toEnvelope(2, Buffer.from("{}")));
    const got = await whole;
    assert.ok(got.body.subarray(0, message.length).equals(message));
    assert.match(textOf(got), /"code":"invalid_argument"/);
  });

  test("a caller that leaves: the upstream's call is reset with the same code", async (t) => {
    const codes: number[] = [];
    const gateway = await startTranslation(t, (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.write(message);
      stream.resume().on("close", () => codes.push(stream.rstCode));
    });
    for (const code of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_ENHANCE_YOUR_CALM]) {
      const stream = open(t, gateway, "application/connect+proto");
      stream.write(message);
      await once(stream, "data");
      stream.close(code);
      while (codes.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(codes.shift(), code);
    }
  });

  test("time that is over in the middle of a stream is said in its protocol", async (t) => {
    const clock = turnedClock();
    const play = (stream: ServerHttp2Stream): void => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.write(message);
      stream.resume();
    };
    const gateway = await startTranslation(t, play, { platform: clock.platform });
    for (const [type, header, saw] of [
      ["application/connect+proto", "connect-timeout-ms", /"code":"deadline_exceeded"/],
      ["application/grpc-web", "grpc-timeout", /grpc-status: 4\r\n/],
    ] as const) {
      const stream = open(t, gateway, type, { [header]: header === "grpc-timeout" ? "5S" : "5000" });
      const whole = readAll(stream);
      stream.end(message);
      await once(stream, "data");
      clock.turn(5_001);
      const got = await whole;
      assert.match(textOf(got), saw);
      assert.equal(got.code, constants.NGHTTP2_NO_ERROR);
    }
  });

  test("a session that ends in the middle of a stream: the stream ends as UNAUTHENTICATED, in its protocol", async (t) => {
    const play = (stream: ServerHttp2Stream): void => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.write(message);
      stream.resume();
    };
    const gateway = await startTranslation(t, play, { anonymous: false });
    const stream = open(t, gateway, "application/connect+proto", { authorization: gateway.bearer });
    const whole = readAll(stream);
    stream.end(message);
    await once(stream, "data");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await gateway.auth.sessions.endSubject("ada", "disabled");
    assert.match(textOf(await whole), /"code":"unauthenticated"/);
  });

  test("a log line has the status of the call, whatever its protocol", async (t) => {
    const gateway = await startTranslation(t, (stream) => answer(stream, Buffer.alloc(0), { "grpc-status": "5" }));
    for (const type of ["application/proto", "application/connect+proto", "application/grpc-web"])
      await call(t, gateway, type);
    assert.deepEqual(
      gateway.answered.map(({ status, grpcStatus }) => [status, grpcStatus]),
      [
        [404, "5"],
        [200, "5"],
        [200, "5"],
      ],
    );
  });

  test("over HTTP/1.1: a unary call, its trailers, and an error with its status", async (t) => {
    let trailers: Record<string, string> = { "grpc-status": "0", "x-t": "v" };
    const gateway = await startTranslation(t, async (stream) => answer(stream, await bodyOf(stream), trailers));
    const ask = async (): Promise<readonly [number | undefined, unknown, string]> => {
      const request = requestHttp1(`${gateway.http1}/a.B/C`, {
        method: "POST",
        headers: { "content-type": "application/proto" },
      });
      request.end("body");
      const [response] = await once(request, "response");
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return [response.statusCode, response.headers["trailer-x-t"], Buffer.concat(chunks).toString()];
    };
    assert.deepEqual(await ask(), [200, "v", "body"]);
    trailers = { "grpc-status": "7", "grpc-message": "no" };
    assert.deepEqual(await ask(), [403, undefined, '{"code":"permission_denied","message":"no"}']);
  });
});
