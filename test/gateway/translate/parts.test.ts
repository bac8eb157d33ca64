import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema, FileDescriptorSetSchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { Base64Stream, toBase64Bytes } from "../../../src/gateway/translate/base64-stream.js";
import { readConnectGet } from "../../../src/gateway/translate/connect-get.js";
import { readDescriptors } from "../../../src/gateway/translate/descriptors.js";
import { EnvelopeScanner, toEnvelope } from "../../../src/gateway/translate/envelopes.js";
import { decodeGrpcMessage } from "../../../src/gateway/translate/grpc-message.js";
import { MessageBudget, MessageBuffer } from "../../../src/gateway/translate/message-budget.js";
import { MessageConverter } from "../../../src/gateway/translate/message-converter.js";
import { rpcCodeOf, statusOfHttp } from "../../../src/gateway/translate/rpc-codes.js";
import { readStatusDetails } from "../../../src/gateway/translate/status-details.js";
import { echoDescriptors } from "./echo-descriptors.js";

describe("codes", () => {
  test("each has the name and the HTTP status of Connect", () => {
    for (let status = 1; status <= 16; status++) {
      const expected = { name: codeToString(status as Code), http: codeToHttpStatus(status as Code) };
      assert.deepEqual(rpcCodeOf(status), expected, String(status));
    }
    assert.deepEqual(rpcCodeOf(99), rpcCodeOf(Code.Unknown));
  });

  test("an HTTP status in place of gRPC stands for one", () => {
    const statuses = [400, 401, 403, 404, 429, 502, 503, 504, 500, 302].map(statusOfHttp);
    assert.deepEqual(statuses, [13, 16, 7, 12, 14, 14, 14, 14, 2, 2]);
  });
});

describe("grpc-message", () => {
  for (const [value, text] of [
    ["plain, 100%25", "plain, 100%"],
    ["%E2%82%AC", "€"],
    ["%zz %", "%zz %"],
    ["%ff", "\u{fffd}"],
    ["\xe2\x82\xac", "€"],
    ["%0D%0A", "\r\n"],
  ] as const)
    test(JSON.stringify(value), () => assert.equal(decodeGrpcMessage(value), text));
});

describe("grpc-status-details-bin", () => {
  test("the details of another implementation's status", () => {
    const error = new ConnectError("no", Code.NotFound, undefined, [
      { desc: StringValueSchema, value: { value: "first" } },
      { desc: StringValueSchema, value: { value: "ä".repeat(200) } },
    ]);
    const trailers = new Headers();
    setTrailerStatus(trailers, error);
    const details = readStatusDetails(trailers.get("grpc-status-details-bin") ?? "");
    assert.deepEqual(
      details,
      ["first", "ä".repeat(200)].map((value) => ({
        type: "google.protobuf.StringValue",
        value: Buffer.from(toBinary(StringValueSchema, create(StringValueSchema, { value })))
          .toString("base64")
          .replace(/=+$/, ""),
      })),
    );
  });

  test("what is malformed has none: cut anywhere, no base64, lengths beyond the end", () => {
    const any = toBinary(AnySchema, create(AnySchema, { typeUrl: "a/b.C", value: new Uint8Array(3) }));
    const status = Buffer.concat([Buffer.from([8, 5, 0x1a, any.length]), any]);
    assert.equal(readStatusDetails(status.toString("base64")).length, 1);
    for (let cut = 3; cut < status.length; cut++)
      assert.deepEqual(readStatusDetails(status.subarray(0, cut).toString("base64")), [], String(cut));
    for (const value of ["*", "A", "AA=A", "Gv////8P", "Gv//////////////fw", "GwA", "HAA"])
      assert.deepEqual(readStatusDetails(value), [], value);
  });
});

describe("envelopes", () => {
  const body = Buffer.concat([
    toEnvelope(0),
    toEnvelope(1, Buffer.from("abc")),
    toEnvelope(0, Buffer.alloc(70_000, "x")),
  ]);

  test("pass as they are, however they are cut", () => {
    for (const size of [1, 2, 3, 4, 5, 6, 7, 1_000, body.length]) {
      const scanner = new EnvelopeScanner(70_000);
      const passed: Uint8Array[] = [];
      for (let at = 0; at < body.length; at += size)
        passed.push(Buffer.from(scanner.push(body.subarray(at, at + size))));
      assert.ok(Buffer.concat(passed).equals(body), `cut by ${size}`);
      assert.deepEqual([scanner.isWhole, scanner.isInside, scanner.count, scanner.fault], [true, false, 3, undefined]);
    }
  });

  test("a whole chunk passes as the same object: nothing is copied", () => {
    assert.equal(new EnvelopeScanner(70_000).push(body), body);
  });

  for (let flags = 2; flags < 256; flags++) {
    test(`flags ${flags} end them: what is before passes, nothing after it`, () => {
      const good = toEnvelope(0, Buffer.from("good"));
      for (const size of [1, 100]) {
        const scanner = new EnvelopeScanner(1_000);
        const bytes = Buffer.concat([good, toEnvelope(flags, Buffer.from("bad")), good]);
        const passed: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size)
          passed.push(Buffer.from(scanner.push(bytes.subarray(at, at + size))));
        assert.ok(Buffer.concat(passed).equals(good));
        assert.deepEqual([scanner.fault, scanner.isInside], ["flags", false]);
      }
    });
  }

  test("a length over the limit is refused by its prefix, and a compressed one where none may be", () => {
    const long = new EnvelopeScanner(2);
    assert.equal(long.push(toEnvelope(0, Buffer.from("abc"))).length, 0);
    assert.equal(long.fault, "length");
    const plain = new EnvelopeScanner(2);
    plain.takesCompressed = false;
    assert.equal(plain.push(toEnvelope(1)).length, 0);
    assert.equal(plain.fault, "compressed");
  });

  test("what ends inside a message, or inside a prefix, is not whole", () => {
    for (const cut of [1, 4, 5, 6]) {
      const scanner = new EnvelopeScanner(100);
      scanner.push(toEnvelope(0, Buffer.from("ab")).subarray(0, cut));
      assert.deepEqual([scanner.isWhole, scanner.isInside], [false, cut >= 5], String(cut));
    }
  });
});

describe("base64 in chunks", () => {
  test("is decoded however it is cut, with padding in its middle", () => {
    const text = Buffer.from(["a", "bc", "def", "ghij"].map((part) => Buffer.from(part).toString("base64")).join(""));
    for (let size = 1; size <= text.length; size++) {
      const stream = new Base64Stream();
      const parts: Uint8Array[] = [];
      for (let at = 0; at < text.length; at += size)
        parts.push(stream.push(text.subarray(at, at + size)) ?? Buffer.from("!"));
      assert.deepEqual([Buffer.concat(parts).toString(), stream.isWhole], ["abcdefghij", true], String(size));
    }
  });

  test("what is none is refused, and what is cut is not whole", () => {
    for (const text of ["AAA*", "A A=", "AA==AA=A", "====", "A===", "=AAA", "AA=A", "AA-_"])
      assert.equal(new Base64Stream().push(Buffer.from(text)), undefined, text);
    const stream = new Base64Stream();
    stream.push(Buffer.from("AAAAA"));
    assert.equal(stream.isWhole, false);
    assert.equal(Buffer.from(toBase64Bytes(Buffer.from("ab"))).toString(), "YWI=");
  });
});

describe("descriptors", () => {
  const methods = readDescriptors(echoDescriptors);
  const say = methods?.get("/test.v1.EchoService/Say");
  const binary = toBinary(StringValueSchema, create(StringValueSchema, { value: "é" }));

  test("the methods of every service, and the messages of each in both formats", () => {
    assert.deepEqual(
      [...(methods?.keys() ?? [])].sort(),
      ["Count", "Fail", "Gather", "Say"].map((name) => `/test.v1.EchoService/${name}`),
    );
    assert.deepEqual(say?.toMessage(Buffer.from('"é"')), binary);
    assert.equal(Buffer.from(say?.toJson(binary) ?? []).toString(), '"é"');
  });

  test("what is malformed is undefined: JSON, UTF-8, a message of the upstream, JSON without an end", () => {
    for (const json of ["", "{", "1", '{"value":"a"}', '"\\ud800"', "[".repeat(100_000)])
      assert.equal(say?.toMessage(Buffer.from(json)), undefined, json.slice(0, 20));
    assert.equal(say?.toMessage(Buffer.from('"\xff"', "latin1")), undefined);
    for (const bytes of [[0x0a, 5], [0x0a, 1, 0xff], [0x0b]])
      assert.equal(say?.toJson(Buffer.from(bytes)), undefined, String(bytes));
  });

  test("no descriptors, without a service, or without what they import", () => {
    assert.equal(readDescriptors(Buffer.from("not one")), undefined);
    assert.equal(readDescriptors(Buffer.alloc(0)), undefined);
    const { file } = fromBinary(FileDescriptorSetSchema, echoDescriptors);
    const set = (files: typeof file) =>
      toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: files }));
    assert.equal(readDescriptors(set(file.slice(0, 1))), undefined);
    assert.equal(readDescriptors(set(file.slice(1))), undefined);
  });
});

describe("messages that are converted", () => {
  test("one by one, however they are cut; each is kept until it is whole", () => {
    const body = Buffer.concat(["a", "", "bcd"].map((text) => toEnvelope(0, Buffer.from(text))));
    for (let size = 1; size <= body.length; size++) {
      const budget = new MessageBudget(100);
      const converter = new MessageConverter((bytes) => Buffer.from(`<${Buffer.from(bytes)}>`), budget, 50);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < body.length; at += size) {
        const passed = converter.push(body.subarray(at, at + size));
        assert.ok(typeof passed !== "string");
        parts.push(passed);
      }
      assert.ok(
        Buffer.concat(parts).equals(
          Buffer.concat(["<a>", "<>", "<bcd>"].map((text) => toEnvelope(0, Buffer.from(text)))),
        ),
      );
      assert.equal(budget.left, 100);
    }
  });

  test("one that cannot be converted, that becomes too long, or for which there is no room", () => {
    const push = (convert: (bytes: Uint8Array) => Uint8Array | undefined, budget = 100) =>
      new MessageConverter(convert, new MessageBudget(budget), 10).push(toEnvelope(0, Buffer.from("abc")));
    assert.equal(
      push(() => undefined),
      "format",
    );
    assert.equal(
      push(() => Buffer.alloc(11)),
      "length",
    );
    assert.equal(
      push((bytes) => bytes, 7),
      "budget",
    );
  });
});

describe("messages that are kept", () => {
  test("are counted by the memory that they take, also when they were taken, until they are on their way", () => {
    const budget = new MessageBudget(1_000);
    const buffer = new MessageBuffer(budget, 800);
    assert.equal(buffer.add(Buffer.alloc(100)), undefined);
    assert.equal(budget.left, 900);
    for (let count = 0; count < 50; count++) assert.equal(buffer.add(Buffer.from("x")), undefined);
    assert.equal(budget.left, 800);
    assert.equal(buffer.take().length, 150);
    assert.deepEqual([buffer.length, budget.left], [0, 800]);
    buffer.clear();
    assert.equal(budget.left, 1_000);
  });

  test("one that is too long is refused, and one for which nothing is left; neither takes anything", () => {
    const budget = new MessageBudget(1_000);
    const first = new MessageBuffer(budget, 800);
    assert.equal(first.add(Buffer.alloc(801)), "length");
    assert.equal(first.add(Buffer.alloc(800)), undefined);
    assert.equal(first.add(Buffer.alloc(1)), "length");
    const second = new MessageBuffer(budget, 800);
    assert.equal(second.add(Buffer.alloc(201)), "budget");
    second.clear();
    assert.equal(budget.left, 200);
    first.clear();
    first.clear();
    assert.equal(budget.left, 1_000);
  });
});

describe("the query of a Connect GET", () => {
  const good: readonly (readonly [query: string, message: string])[] = [
    ["connect=v1&encoding=proto&base64=1&message=AAEC", "\x00\x01\x02"],
    ["encoding=proto&base64=1&message=_-8", "\xff\xef"],
    ["encoding=proto&base64=1&message=%2F-8%3D", "\xff\xef"],
    ["encoding=proto&message=%00%ff+%2B", "\x00\xff +"],
    ["encoding=proto&message=", ""],
    ["encoding=proto&message=a&token=secret", "a"],
  ];
  for (const [query, message] of good) {
    test(query, () => {
      const call = readConnectGet(query);
      assert.equal("kind" in call || Buffer.from(call.message).toString("latin1"), message);
    });
  }
  for (const query of [
    "encoding=proto",
    "message=a",
    "encoding=text&message=a",
    "encoding=proto;x&message=a",
    "connect=v2&encoding=proto&message=a",
    "encoding=proto&message=a&message=b",
    "encoding=proto&encoding=proto&message=a",
    "encoding=proto&base64=2&message=AA",
    "encoding=proto&base64=1&message=A",
    "encoding=proto&base64=1&message=A*A=",
    "encoding=proto&message=%0",
    "encoding=proto&message=a&compression=a,b",
    "encoding=proto&%6dessage=a",
  ]) {
    test(`${query} is refused`, () => assert.ok("kind" in readConnectGet(query)));
  }
  test("JSON is told, in the octets of its UTF-8", () => {
    const call = readConnectGet('encoding=json&message={"a":"%C3%A9"}');
    assert.ok(!("kind" in call));
    assert.deepEqual([call.type.codec, Buffer.from(call.message).toString()], ["json", '{"a":"é"}']);
  });
  test("a compression is told", () => {
    const call = readConnectGet("encoding=proto&message=a&compression=GZIP");
    assert.equal("kind" in call || call.encoding, "gzip");
  });
});
