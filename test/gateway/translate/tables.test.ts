// Every field, in both directions and each protocol of a caller: what the other side gets.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toAnswerHeader } from "../../../src/gateway/translate/answer-header.js";
import { readCallEnd, toEndStream, toErrorJson, toWebTrailers } from "../../../src/gateway/translate/call-end.js";
import { toCallHeader } from "../../../src/gateway/translate/call-header.js";
import type { CallerProtocol } from "../../../src/gateway/translate/caller-protocol.js";

const protocols: readonly CallerProtocol[] = ["grpc-web", "grpc-web-text", "connect-unary", "connect-stream"];

/** The fields that come out beside those that every call has. */
function sent(protocol: CallerProtocol, name: string, value: string): string {
  const fields = toCallHeader({ protocol, codec: "proto" }, [name, value]);
  if ("kind" in fields) return `${fields.kind}: ${fields.message}`;
  const always = ["content-type: application/grpc+proto", "te: trailers"];
  return pairs(fields.headers)
    .filter((line) => !always.includes(line))
    .join("; ");
}

function pairs(fields: readonly string[]): string[] {
  return fields.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${fields[index + 1]}`] : []));
}

type Row = readonly [name: string, value: string, web: string, unary: string, stream: string];

const onePerBody = "media-type: Content-Encoding is for unary calls of Connect; compress each message.";
const tooLong = "bad: Connect-Timeout-Ms must be a number of at most ten digits.";

const requests: readonly Row[] = [
  // The protocol's own.
  ["content-type", "application/x", "", "", ""],
  ["te", "trailers", "", "", ""],
  ["accept", "*/*", "", "", ""],
  ["x-grpc-web", "1", "", "", ""],
  ["connect-protocol-version", "1", "", "", ""],
  [
    "Connect-Protocol-Version",
    "2",
    "",
    "bad: Connect-Protocol-Version must be 1.",
    "bad: Connect-Protocol-Version must be 1.",
  ],
  ["connect-anything", "1", "", "", ""],
  // Time.
  ["grpc-timeout", "5S", "grpc-timeout: 5S", "", ""],
  ["connect-timeout-ms", "1500", "", "grpc-timeout: 1500m", "grpc-timeout: 1500m"],
  ["connect-timeout-ms", "0", "", "grpc-timeout: 0m", "grpc-timeout: 0m"],
  ["connect-timeout-ms", "99999999", "", "grpc-timeout: 99999999m", "grpc-timeout: 99999999m"],
  ["connect-timeout-ms", "9999999999", "", "grpc-timeout: 10000000S", "grpc-timeout: 10000000S"],
  ["connect-timeout-ms", "12345678901", "", tooLong, tooLong],
  ["connect-timeout-ms", "-1", "", tooLong, tooLong],
  // Encodings.
  ["grpc-encoding", "gzip", "grpc-encoding: gzip", "", ""],
  ["grpc-encoding", "identity", "", "", ""],
  ["grpc-accept-encoding", "gzip, br", "grpc-accept-encoding: gzip,br", "", ""],
  ["content-encoding", "GZIP", onePerBody, "grpc-encoding: gzip", onePerBody],
  ["content-encoding", "identity", "", "", ""],
  [
    "content-encoding",
    "gzip, br",
    onePerBody,
    "bad: The messages can have one encoding only: content-encoding.",
    onePerBody,
  ],
  ["accept-encoding", "gzip;q=1.0, br;q=0, *, identity, x y", "", "grpc-accept-encoding: gzip", ""],
  ["connect-content-encoding", "br", "", "", "grpc-encoding: br"],
  ["connect-accept-encoding", "br,gzip", "", "", "grpc-accept-encoding: br,gzip"],
  // Nothing of gRPC's own is a caller's of Connect to say, and no trailer is a header.
  ["grpc-status", "0", "grpc-status: 0", "", ""],
  ["grpc-trace-bin", "AA", "grpc-trace-bin: AA", "", ""],
  ["trailer-x-sallyport-subject", "root", "", "", ""],
  ["Trailer-Authorization", "Bearer x", "", "", ""],
  // The rest is metadata.
  ["X-Custom", "a", "x-custom: a", "x-custom: a", "x-custom: a"],
  ["data-bin", "AAE", "data-bin: AAE", "data-bin: AAE", "data-bin: AAE"],
  ["user-agent", "u", "user-agent: u", "user-agent: u", "user-agent: u"],
  ["x-sallyport-subject", "ada", "x-sallyport-subject: ada", "x-sallyport-subject: ada", "x-sallyport-subject: ada"],
];

const unary = { protocol: "connect-unary", codec: "proto" } as const;

describe("the header of a call", () => {
  for (const [name, value, web, unary, stream] of requests) {
    test(`${name}: ${value}`, () => {
      assert.deepEqual(
        protocols.map((protocol) => sent(protocol, name, value)),
        [web, web, unary, stream],
      );
    });
  }

  test("a field that may come once only is refused when it comes twice", () => {
    const twice = (name: string, value: string) => ({
      ...toCallHeader(unary, [name, value, name, value]),
    });
    assert.deepEqual(twice("connect-timeout-ms", "5"), { kind: "bad", message: tooLong.slice(5) });
    assert.equal("kind" in twice("content-encoding", "gzip"), true);
    assert.equal("kind" in twice("connect-protocol-version", "1"), true);
  });

  test("the encodings that the caller accepts and the one that it uses are told", () => {
    const headers = ["accept-encoding", "gzip", "accept-encoding", "br", "content-encoding", "gzip"];
    const fields = toCallHeader(unary, headers);
    assert.deepEqual("kind" in fields || [fields.accepted, fields.encoding], [["gzip", "br"], "gzip"]);
  });
});

/** The fields of an answer to a caller that accepts gzip. */
function answered(protocol: CallerProtocol, name: string, value: string): string {
  const fields = toAnswerHeader(protocol, "type/of-request", [name, value], ["gzip"]);
  if (fields === undefined) return "refused";
  assert.deepEqual(fields.headers.slice(0, 2), ["content-type", "type/of-request"]);
  return [...pairs(fields.headers.slice(2)), ...(fields.encoding === undefined ? [] : [`(${fields.encoding})`])].join(
    "; ",
  );
}

const answers: readonly Row[] = [
  ["content-type", "application/grpc", "", "", ""],
  ["content-length", "5", "", "", ""],
  ["content-encoding", "gzip", "", "", ""],
  ["content-disposition", "attachment", "", "", ""],
  ["grpc-encoding", "gzip", "grpc-encoding: gzip; (gzip)", "(gzip)", "connect-content-encoding: gzip; (gzip)"],
  ["grpc-encoding", "br", "", "", ""],
  ["grpc-encoding", "identity", "", "", ""],
  [
    "Grpc-Accept-Encoding",
    "gzip,br",
    "grpc-accept-encoding: gzip,br",
    "accept-encoding: gzip,br",
    "connect-accept-encoding: gzip,br",
  ],
  ["accept-encoding", "x", "", "", ""],
  ["connect-content-encoding", "x", "", "", ""],
  ["connect-accept-encoding", "x", "", "", ""],
  ["grpc-status", "0", "", "", ""],
  ["grpc-message", "x", "", "", ""],
  ["grpc-status-details-bin", "x", "", "", ""],
  ["trailer-x", "a", "trailer-x: a", "refused", "trailer-x: a"],
  ["X-Custom", "a", "x-custom: a", "x-custom: a", "x-custom: a"],
  ["data-bin", "AAE", "data-bin: AAE", "data-bin: AAE", "data-bin: AAE"],
];

describe("the header of an answer", () => {
  for (const [name, value, web, unary, stream] of answers) {
    test(`${name}: ${value}`, () => {
      assert.deepEqual(
        protocols.map((protocol) => answered(protocol, name, value)),
        [web, web, unary, stream],
      );
    });
  }
});

describe("the end of a call", () => {
  const trailers = [
    ...["grpc-status", "5", "grpc-message", "no %E2%82%AC, 100%25", "x-custom", "a", "x-custom", "b"],
    ...["__proto__", "c", "content-length", "9", "grpc-status-details-bin", "CAUaGAoWdHlwZS5leGFtcGxlL2Euby5CEgABAg"],
  ];

  test("its status, message, details and metadata, without what is of gRPC and of the body", () => {
    const end = readCallEnd(trailers);
    assert.deepEqual(end?.metadata, ["x-custom", "a", "x-custom", "b", "__proto__", "c"]);
    assert.deepEqual([end?.status, end?.message], [5, "no €, 100%"]);
  });

  test("as the trailers of gRPC-Web", () => {
    const end = readCallEnd(trailers);
    assert.ok(end);
    assert.equal(
      Buffer.from(toWebTrailers(end)).toString("latin1"),
      [
        "grpc-status: 5",
        "grpc-message: no %E2%82%AC, 100%25",
        "grpc-status-details-bin: CAUaGAoWdHlwZS5leGFtcGxlL2Euby5CEgABAg",
        "x-custom: a",
        "x-custom: b",
        "__proto__: c",
        "",
      ].join("\r\n"),
    );
  });

  test("as the last message of a stream of Connect", () => {
    const end = readCallEnd(trailers.slice(0, 10));
    assert.ok(end);
    assert.equal(
      Buffer.from(toEndStream(end)).toString(),
      '{"error":{"code":"not_found","message":"no €, 100%"},"metadata":{"x-custom":["a","b"],"__proto__":["c"]}}',
    );
    const good = readCallEnd(["grpc-status", "0"]);
    assert.ok(good);
    assert.equal(Buffer.from(toEndStream(good)).toString(), '{"metadata":{}}');
  });

  test("as an error of Connect, whose empty message is left out", () => {
    const end = readCallEnd(["grpc-status", "13"]);
    assert.ok(end);
    assert.deepEqual(toErrorJson(end), { code: "internal" });
  });

  const statuses: readonly (readonly [fields: string[], status: number | undefined])[] = [
    [[], undefined],
    [["grpc-status", "0", "grpc-status", "0"], undefined],
    [["grpc-status", ""], undefined],
    [["grpc-status", "00"], undefined],
    [["grpc-status", "0x1"], undefined],
    [["grpc-status", "-1"], undefined],
    [["grpc-status", "16"], 16],
    [["grpc-status", "17"], 2],
    [["grpc-status", "4294967296"], 2],
  ];
  for (const [fields, status] of statuses) {
    test(`${JSON.stringify(fields)} says ${status}`, () => assert.equal(readCallEnd(fields)?.status, status));
  }
});
