import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { ambiguities } from "../../../src/gateway/route/ambiguity.js";
import { createResolve, type RequestHead } from "../../../src/gateway/route/resolve.js";
import { createRouteTable } from "../../../src/gateway/route/routes.js";
import { runGateway } from "../running-gateway.js";

const host = ["Host", "a.example"];

const head = (url: string, more: readonly string[] = [], rest: Partial<RequestHead> = {}): RequestHead => ({
  method: "GET",
  url,
  httpVersion: "1.1",
  rawHeaders: [...host, ...more],
  ...rest,
});

const hosts = (...rawHeaders: string[]): RequestHead => head("/", [], { rawHeaders });

/** For each ambiguity, requests that have it. */
const rows: Readonly<Record<keyof typeof ambiguities, readonly RequestHead[]>> = {
  method: [head("/", [], { method: "get" }), head("/", [], { method: "" })],
  tunnel: [head("/", [], { method: "CONNECT" }), head("/", [], { method: "TRACE" })],
  noHost: [hosts()],
  twoHosts: [hosts("Host", "a", "host", "a"), hosts(":authority", "a", ":authority", "b")],
  host: [hosts("Host", ""), hosts("Host", "user@a"), hosts("Host", "127.1"), hosts("Host", "a:99999")],
  hostsDiffer: [hosts(":authority", "a", "host", "b")],
  targetForm: [head("http://a.example/"), head("*"), head("")],
  strayPercent: [head("/100%"), head("/%zz")],
  semicolon: [head("/admin;x")],
  backslash: [head("/a\\b")],
  fragment: [head("/a#b"), head("/a?b#c")],
  pathCharacter: [head("/a b"), head("/é")],
  encodedSlash: [head("/a%2fb"), head("/a%2Fb")],
  encodedBackslash: [head("/a%5Cb")],
  encodedSemicolon: [head("/a%3bb")],
  encodedMark: [head("/a%3Fb")],
  encodedFragment: [head("/a%23b")],
  encodedControl: [head("/a%00"), head("/a%7f"), head("/a%C2%85")],
  encodedTwice: [head("/a%252e"), head("/%2561")],
  notUtf8: [head("/%ff"), head("/%c0%ae")],
  emptySegment: [head("//a"), head("/a//b")],
  dotSegment: [head("/a/../b"), head("/./a"), head("/%2e%2e/a"), head("/a/..")],
  query: [head("/?a b"), head("/?é")],
  twoLengths: [head("/", ["Content-Length", "1", "content-length", "1"])],
  twoCodings: [head("/", ["Transfer-Encoding", "chunked", "transfer-encoding", "chunked"])],
  length: [head("/", ["Content-Length", "+1"]), head("/", ["Content-Length", "1".repeat(16)])],
  lengthAndCoding: [head("/", ["Content-Length", "1", "Transfer-Encoding", "chunked"])],
  coding: [head("/", ["Transfer-Encoding", "xchunked"]), head("/", ["Transfer-Encoding", "gzip, chunked"])],
  codingVersion: [head("/", ["Transfer-Encoding", "chunked"], { httpVersion: "1.0" })],
  maxForwards: [
    head("/", ["Max-Forwards", "-1"], { method: "OPTIONS" }),
    head("/", ["Max-Forwards", "1", "max-forwards", "1"], { method: "OPTIONS" }),
  ],
  upgradeBody: [head("/", ["Content-Length", "1"])],
};

const resolve = createResolve(createRouteTable([], new Map()), { find: () => undefined });

for (const name of Object.keys(ambiguities) as (keyof typeof ambiguities)[]) {
  test(`a request that has no single meaning is told why: ${ambiguities[name].detail}`, () => {
    for (const request of rows[name]) {
      const resolved = resolve(request, name === "upgradeBody");
      assert.ok(resolved.kind === "refused", JSON.stringify(request));
      assert.equal(resolved.denial.reason, "bad_request");
      assert.equal(resolved.detail, ambiguities[name].detail, JSON.stringify(request));
    }
  });
}

test("each ambiguity has words of its own, and what is clear has none", () => {
  const details = Object.values(ambiguities).map(({ detail }) => detail);
  assert.equal(new Set(details).size, details.length);
  const clear = resolve(head("/a%20b?c=%2F", ["Content-Length", "1"]), false);
  assert.deepEqual([clear.kind, clear.kind === "refused" && clear.denial.reason], ["refused", "no_route"]);
});

test("the log says what is ambiguous, and the caller's answer does not", async (t) => {
  const gateway = await runGateway(t);
  const answer = await fetch(`${gateway.origin}/a%2Fsecret`);
  assert.equal(answer.status, 400);
  const body = await answer.text();
  assert.match(body, /The request has no single meaning\./);
  assert.ok(!body.includes("2F"));
  const line = gateway.logged.find(({ reason }) => reason === "bad_request");
  assert.equal(line?.detail, "the path holds %2F, an encoded /");
});

/** Writes bytes as they are. Returns the head of the answer. */
async function send(origin: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer.split("\r\n", 1)[0] ?? "";
}

test("bytes that Node's parser refuses have a line, too, which quotes nothing of them", async (t) => {
  const gateway = await runGateway(t);
  // Codes and words are those of the parser of this version of Node.
  const rows: readonly (readonly [text: string, status: number, code: RegExp])[] = [
    [
      "POST /s3cret HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      /^HPE_.*(TRANSFER_ENCODING|CONTENT_LENGTH)$/,
    ],
    [
      "POST /s3cret HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
      400,
      /^HPE_.*CONTENT_LENGTH$/,
    ],
    ["GET /s3cret HTTP/1.1\r\nHost : a\r\n\r\n", 400, /^HPE_INVALID_HEADER_TOKEN$/],
    ["\x16\x03\x01s3cret\r\n\r\n", 400, /^HPE_INVALID_METHOD$/],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"s3cret".repeat(4_000)}\r\n\r\n`, 431, /^HPE_HEADER_OVERFLOW$/],
  ];
  for (const [text, status, code] of rows) {
    gateway.logged.length = 0;
    assert.equal(await send(gateway.origin, text), `HTTP/1.1 ${status} ${STATUS_CODES[status]}`);
    const [line] = gateway.logged.filter(({ kind }) => kind === "malformed");
    assert.deepEqual([line?.peer, line?.msg], ["127.0.0.1", "refused"]);
    assert.match(String(line?.code), code);
    assert.match(String(line?.detail), /^no HTTP\/1\.1: \S/);
    assert.equal(line?.reason, status === 431 ? "headers_too_large" : "bad_request");
    assert.ok(!JSON.stringify(gateway.logged).includes("s3cret"));
  }
});
