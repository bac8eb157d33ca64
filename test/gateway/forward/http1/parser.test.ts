import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ReadOptions, read } from "./parser-world.js";

const ok = "HTTP/1.1 200 OK\r\n";
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;

/** Whole, and byte by byte. */
function readBoth(answer: string, options: ReadOptions = {}): ReturnType<typeof read> {
  const whole = read(answer, options);
  const apart = read(answer, { ...options, pieces: 1 });
  assert.equal(apart.outcome, whole.outcome, "byte by byte");
  return whole;
}

describe("answers that are taken", () => {
  type Row = readonly [
    answer: string,
    body: string,
    rest: { end?: number; kept?: boolean; fields?: string[]; trailers?: string[] } & ReadOptions,
  ];
  const rows: Record<string, Row> = {
    "a length": [`${ok}Content-Length: 2\r\n\r\nok`, "ok", { kept: true }],
    "a length of 0": [`${ok}Content-Length: 0\r\n\r\n`, "", { kept: true }],
    "bytes behind the length are not the answer's": [
      `${ok}Content-Length: 2\r\n\r\nokHTTP`,
      "ok",
      { end: 40, kept: true },
    ],
    "neither length nor chunks": [`${ok}\r\nall of it`, "all of it", { end: -1, kept: false }],
    chunks: [`${chunked}2\r\nok\r\n3;a=b\r\nand\r\n0\r\n\r\n`, "okand", { kept: true }],
    "chunks with leading zeros and capitals": [`${chunked}0000000A\r\n0123456789\r\n000\r\n\r\n`, "0123456789", {}],
    trailers: [`${chunked}2\r\nok\r\n0\r\nA: b\r\nC:\t d \r\n\r\n`, "ok", { trailers: ["A", "b", "C", "d"] }],
    "an extension with a quoted value": [`${chunked}2;a="b;\xff c"\r\nok\r\n0;d\r\n\r\n`.replace("\xff", ""), "ok", {}],
    "values as bytes, and empty ones": [
      `${ok}X: \xe9\xff\r\nY:\r\nContent-Length:0\r\n\r\n`,
      "",
      {
        fields: ["X", "\xe9\xff", "Y", "", "Content-Length", "0"],
      },
    ],
    "a status without a reason": ["HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok", {}],
    "HTTP/1.0": ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", "ok", { kept: false }],
    "Connection: close": [`${ok}Content-Length: 2\r\nConnection: x, Close\r\n\r\nok`, "ok", { kept: false }],
    "an answer to HEAD": [`${ok}Content-Length: 2\r\n\r\n`, "", { method: "HEAD", kept: true }],
    "an answer to HEAD, in chunks": [chunked, "", { method: "HEAD", kept: true }],
    "a 304 with the length of its 200": ["HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", "", { kept: true }],
    "a 304 in chunks": ["HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", "", { kept: false }],
    "a 204": ["HTTP/1.1 204 x\r\n\r\n", "", { kept: true }],
    "a 204 with a body": ["HTTP/1.1 204 x\r\nContent-Length: 2\r\n\r\nok", "", { end: 37, kept: false }],
    "a 205": ["HTTP/1.1 205 x\r\nContent-Length: 0\r\n\r\n", "", { kept: true }],
    "a 205 with a body": ["HTTP/1.1 205 x\r\nContent-Length: 2\r\n\r\nok", "", { end: 37, kept: false }],
    "a 205 that ends with its connection": ["HTTP/1.1 205 x\r\n\r\n", "", { kept: false }],
  };
  for (const [name, [answer, body, { end, kept, fields, trailers, ...options }]] of Object.entries(rows)) {
    it(name, () => {
      const seen = readBoth(answer, options);
      assert.deepEqual([seen.outcome, seen.body, seen.end], ["end", body, end ?? answer.length]);
      assert.deepEqual(seen.fields, fields ?? seen.fields);
      assert.deepEqual(seen.trailers, trailers ?? []);
      assert.equal(seen.isKept, kept ?? true);
    });
  }

  it("interim answers before it, asked for or not, also with Connection: close", () => {
    const interim =
      "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 199 x\r\n\r\n";
    const seen = readBoth(`${interim}${ok}Content-Length: 2\r\n\r\nok`);
    assert.deepEqual([seen.interim, seen.status, seen.body, seen.isKept], [[100, 103, 199], 200, "ok", true]);
  });

  it("a 101 to who asks for a WebSocket, and what is behind it", () => {
    const head = "HTTP/1.1 101 x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    const seen = readBoth(`${head}bytes`, { asksUpgrade: true });
    assert.deepEqual([seen.outcome, seen.end], ["upgrade", head.length]);
  });
});

describe("answers that are refused", () => {
  const head = "upstream_head_invalid";
  const framing = "upstream_framing_invalid";
  const chunk = "upstream_chunk_invalid";
  const trailers = "upstream_trailers_invalid";
  const length = "Content-Length: 2\r\n";
  const rows: readonly (readonly [name: string, answer: string, outcome: string])[] = [
    ["another protocol", "SSH-2.0-x\r\n", "upstream_speaks_no_http"],
    ["HTTP/2", "\0\0\x12\x04\0\0\0\0\0", "upstream_speaks_http2"],
    ["TLS", "\x15\x03\x01\0\x02\x02\x16", "upstream_speaks_tls"],
    ["HTTP/0.9", "<html>hello", "upstream_speaks_no_http"],
    ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", head],
    ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", "upstream_speaks_no_http"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", head],
    ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n", head],
    ["two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n", head],
    ["a control byte in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", head],
    ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", head],
    ["a bare line feed", `${ok}A: b\n${length}\r\nok`, head],
    ["a bare carriage return", `${ok}A: b\rC: d\r\n${length}\r\nok`, head],
    ["a folded line", `${ok}A: b\r\n c\r\n${length}\r\nok`, head],
    ["a blank before the colon", `${ok}Content-Length : 2\r\n\r\nok`, head],
    ["no name", `${ok}: b\r\n${length}\r\nok`, head],
    ["no colon", `${ok}A\r\n${length}\r\nok`, head],
    ["a name with a byte above 0x7f", `${ok}\xe9: b\r\n${length}\r\nok`, head],
    ["NUL in a value", `${ok}A: b\0\r\n${length}\r\nok`, head],
    ["DEL in a value", `${ok}A: b\x7f\r\n${length}\r\nok`, head],
    ["the length twice", `${ok}${length}${length}\r\nok`, framing],
    ["two lengths", `${ok}Content-Length: 2, 2\r\n\r\nok`, framing],
    ["a length with a sign", `${ok}Content-Length: +2\r\n\r\nok`, framing],
    ["a length below 0", `${ok}Content-Length: -2\r\n\r\nok`, framing],
    ["a hexadecimal length", `${ok}Content-Length: 0x2\r\n\r\nok`, framing],
    ["an empty length", `${ok}Content-Length:\r\n\r\nok`, framing],
    ["a length beyond numbers", `${ok}Content-Length: 9999999999999999\r\n\r\n`, framing],
    ["a tab before the length", `${ok}Content-Length:\t2\r\n\r\nok`, framing],
    ["length and chunks", `${ok}${length}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`, framing],
    ["chunks and length", `${ok}Transfer-Encoding: chunked\r\n${length}\r\n2\r\nok\r\n0\r\n\r\n`, framing],
    ["chunks twice", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, framing],
    ["chunks twice in one field", `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, framing],
    ["another coding", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, framing],
    ["a coding that only looks like chunked", `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, framing],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", framing],
    ["an interim answer with a length", `HTTP/1.1 103 x\r\n${length}\r\nok${ok}\r\n`, framing],
    ["an interim answer in chunks", `HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n`, framing],
    [
      "a 101 that nobody asked for",
      "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
      "upstream_upgrade_unasked",
    ],
    ["a chunk without a size", `${chunked}\r\nok\r\n0\r\n\r\n`, chunk],
    ["a size with a sign", `${chunked}+2\r\nok\r\n0\r\n\r\n`, chunk],
    ["a size with a prefix", `${chunked}0x2\r\nok\r\n0\r\n\r\n`, chunk],
    ["a size with a blank", `${chunked}2 \r\nok\r\n0\r\n\r\n`, chunk],
    ["a size of nine digits", `${chunked}000000002\r\nok\r\n0\r\n\r\n`, chunk],
    ["a size line that ends bare", `${chunked}2\nok\r\n0\r\n\r\n`, chunk],
    ["a size line with a bare carriage return", `${chunked}2\rxok\r\n0\r\n\r\n`, chunk],
    ["an extension with a line feed", `${chunked}2;a\nb\r\nok\r\n0\r\n\r\n`, chunk],
    ["an extension without a name", `${chunked}2;\r\nok\r\n0\r\n\r\n`, chunk],
    ["an extension without end", `${chunked}2;a="${"b".repeat(20_000)}`, chunk],
    ["a chunk that is longer than its size", `${chunked}2\r\nokay\r\n0\r\n\r\n`, chunk],
    ["a chunk that ends bare", `${chunked}2\r\nok\n0\r\n\r\n`, chunk],
    ["a length in the trailers", `${chunked}0\r\nContent-Length: 2\r\n\r\n`, trailers],
    ["a coding in the trailers", `${chunked}0\r\nTransfer-Encoding: chunked\r\n\r\n`, trailers],
    ["a trailer without a colon", `${chunked}0\r\nA\r\n\r\n`, trailers],
    ["a folded trailer", `${chunked}0\r\nA: b\r\n c\r\n\r\n`, trailers],
    ["a bare line feed in the trailers", `${chunked}0\r\nA: b\nC: d\r\n\r\n`, trailers],
  ];
  for (const [name, answer, outcome] of rows) {
    it(name, () => assert.equal(readBoth(answer).outcome, outcome));
  }

  it("a 101 to who asks for a WebSocket, and gets something else", () => {
    for (const upgrade of ["h2c", "websocket, h2c", "websocket\r\nUpgrade: h2c"]) {
      const answer = `HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
      assert.equal(readBoth(answer, { asksUpgrade: true }).outcome, "upstream_upgrade_unasked");
    }
    const plain = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n";
    assert.equal(readBoth(plain, { asksUpgrade: true }).outcome, "upstream_upgrade_unasked");
  });

  it("heads above the limit, by name, and not one of just that size", () => {
    const sized = (bytes: number) => {
      const answer = `${ok}Content-Length: 0\r\nA: \r\n\r\n`;
      return answer.replace("A: ", `A: ${"b".repeat(bytes - answer.length)}`);
    };
    for (const maxHeadBytes of [100, 5_000, 65_536]) {
      assert.equal(readBoth(sized(maxHeadBytes), { maxHeadBytes }).outcome, "end");
      assert.equal(readBoth(sized(maxHeadBytes + 1), { maxHeadBytes }).outcome, "upstream_head_too_large");
      const endless = sized(maxHeadBytes + 10).slice(0, -4);
      assert.equal(readBoth(endless, { maxHeadBytes }).outcome, "upstream_head_too_large");
    }
  });

  it("trailers above the limit, and interim answers without end", () => {
    const maxHeadBytes = 1_000;
    const trailer = `${chunked}0\r\nA: ${"b".repeat(1_000)}`;
    assert.equal(readBoth(trailer, { maxHeadBytes }).outcome, "upstream_trailers_too_large");
    const flood = "HTTP/1.1 103 x\r\n\r\n".repeat(1_001);
    assert.equal(readBoth(flood).outcome, "upstream_interim_flood");
  });
});

describe("answers that are not complete", () => {
  for (const answer of [
    ok,
    `${ok}Content-Length: 2\r\n\r\no`,
    `${chunked}2\r\nok\r\n0\r\n`,
    `${chunked}2\r\nok\r\n0\r\n\r`,
  ]) {
    it(JSON.stringify(answer), () => assert.equal(readBoth(answer).outcome, undefined));
  }
});
