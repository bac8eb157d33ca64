import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { type ProxyHeader, parseProxyHeader } from "../../../src/gateway/listen/proxy-protocol.js";
import { sized } from "../../size.js";
import { binaryHeader, ipv4Body, ipv6Body, lineHeader } from "./proxy-header.js";

const parse = (head: string | Uint8Array) =>
  parseProxyHeader(typeof head === "string" ? Buffer.from(head, "latin1") : head);

const mapped = [...Array<number>(10).fill(0), 0xff, 0xff, 203, 0, 113, 7];
const documentation = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 7];

const good: readonly (readonly [what: string, header: string | Uint8Array, address: string | undefined])[] = [
  ["line, IPv4", lineHeader("203.0.113.7"), "203.0.113.7"],
  ["line, IPv6", lineHeader("2001:0DB8:0::7"), "2001:db8::7"],
  ["line, IPv4 mapped into IPv6", lineHeader("::ffff:203.0.113.7"), "203.0.113.7"],
  ["line, unknown", "PROXY UNKNOWN\r\n", undefined],
  ["line, unknown with more", "PROXY UNKNOWN ffff:f::1 ffff:f::2 65535 65535\r\n", undefined],
  ["binary, IPv4", binaryHeader(1, 0x11, ipv4Body([203, 0, 113, 7])), "203.0.113.7"],
  ["binary, IPv6", binaryHeader(1, 0x21, ipv6Body(documentation)), "2001:db8::7"],
  ["binary, IPv4 mapped into IPv6", binaryHeader(1, 0x21, ipv6Body(mapped)), "203.0.113.7"],
  [
    "binary, extensions",
    binaryHeader(1, 0x11, ipv4Body([203, 0, 113, 7], Buffer.of(4, 0, 0, 0x20, 0, 1, 9))),
    "203.0.113.7",
  ],
  ["binary, local", binaryHeader(0, 0x00, Buffer.alloc(0)), undefined],
  ["binary, local with addresses", binaryHeader(0, 0x11, ipv4Body([203, 0, 113, 7])), undefined],
  ["binary, unspecified family", binaryHeader(1, 0x00, Buffer.alloc(0)), undefined],
  ["binary, UNIX socket", binaryHeader(1, 0x31, Buffer.alloc(216)), undefined],
];
for (const [what, header, address] of good) {
  test(`${what}: taken when its last byte is there, and not a byte more`, () => {
    const bytes = Buffer.from(header as string, "latin1");
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(parse(bytes.subarray(0, length)), "more", `${length} bytes`);
    }
    assert.deepEqual(parse(bytes), { bytes: bytes.length, address });
    assert.deepEqual(parse(Buffer.concat([bytes, Buffer.from("GET / HTTP/1.1")])), { bytes: bytes.length, address });
  });
}

const bad: readonly (readonly [what: string, header: string | Uint8Array])[] = [
  ["a request", "GET / HTTP/1.1\r\n"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\n"],
  ["a TLS handshake", Buffer.of(0x16, 3, 1, 2, 0)],
  ["lower case", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"],
  ["an IPv6 address as TCP4", "PROXY TCP4 ::1 ::1 1 2\r\n"],
  ["an IPv4 address as TCP6", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"],
  ["a name", "PROXY TCP4 a.example 1.2.3.4 1 2\r\n"],
  ["octal parts", "PROXY TCP4 010.0.0.1 1.2.3.4 1 2\r\n"],
  ["a port too high", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n"],
  ["a port with a zero", "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"],
  ["two spaces", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"],
  ["a space at the end", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"],
  ["a line without its CR", `PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n${" ".repeat(100)}`],
  ["UDP", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"],
  ["an unknown word that begins like UNKNOWN", "PROXY UNKNOWNS\r\n"],
  ["a line that does not end", `PROXY UNKNOWN ${"x".repeat(100)}`],
  ["a line of 108 bytes", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`],
  ["version 1 in binary", Buffer.concat([binaryHeader(1, 0x11, Buffer.alloc(0)).subarray(0, 12), Buffer.of(0x11)])],
  ["an unknown command", binaryHeader(2, 0x11, ipv4Body([1, 2, 3, 4]))],
  ["UDP in binary", binaryHeader(1, 0x12, ipv4Body([1, 2, 3, 4]))],
  ["an unknown family", binaryHeader(1, 0x41, ipv4Body([1, 2, 3, 4]))],
  ["addresses that are cut short", binaryHeader(1, 0x21, ipv4Body([1, 2, 3, 4]))],
  ["an extension that is cut short", binaryHeader(1, 0x11, ipv4Body([1, 2, 3, 4], Buffer.of(4, 0, 9, 1)))],
  ["half an extension's head", binaryHeader(1, 0x11, ipv4Body([1, 2, 3, 4], Buffer.of(4, 0)))],
  ["a header too long to be waited for", binaryHeader(1, 0x11, ipv4Body([1, 2, 3, 4]), 60_000)],
];
for (const [what, header] of bad) test(`${what} is no header`, () => assert.equal(parse(header), "invalid"));

test("a line of 107 bytes is the longest", () => {
  assert.deepEqual(parse(`PROXY UNKNOWN ${"x".repeat(91)}\r\n`), { bytes: 107, address: undefined });
});

test("whatever bytes come, in whatever pieces: one answer, bounded, and an address that is one", () => {
  const seed = randomInt(2 ** 31);
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const seeds = [...good, ...bad].map(([, header]) => Buffer.from(header as string, "latin1"));
  for (let round = 0; round < sized(20_000, 400_000); round += 1) {
    const bytes = Buffer.concat([seeds[next(seeds.length)] ?? Buffer.alloc(0), Buffer.alloc(next(8), next(256))]);
    for (let changes = next(4); changes > 0; changes -= 1) bytes[next(bytes.length)] = next(256);
    const whole = parse(bytes);
    const context = `seed ${seed}, round ${round}: ${bytes.toString("hex")}`;
    // What a prefix has decided stays decided.
    const early = parse(bytes.subarray(0, next(bytes.length + 1)));
    if (early !== "more") assert.deepEqual(early, whole, context);
    if (whole === "more") assert.ok(bytes.length < 4_096, context);
    if (typeof whole === "string") continue;
    const { bytes: taken, address } = whole satisfies ProxyHeader;
    assert.ok(taken >= 15 && taken <= bytes.length, context);
    assert.match(address ?? "0.0.0.0", /^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+)$/, context);
  }
});
