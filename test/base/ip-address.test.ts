import assert from "node:assert/strict";
import { test } from "node:test";
import { isInBlock, isLoopback, parseAddressBlock, parseIpAddress } from "../../src/base/ip-address.js";

const parse = (text: string) => parseAddressBlock(text, "name your proxies");

function isIn(address: string, text: string): boolean {
  const block = parse(text);
  const parsed = parseIpAddress(address);
  assert.ok(parsed !== undefined && !("fault" in block), `${address} ${text}`);
  return isInBlock(parsed, block);
}

const contained: readonly (readonly [block: string, inside: readonly string[], outside: readonly string[]])[] = [
  [
    "10.0.0.0/8",
    ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
    ["11.0.0.0", "9.255.255.255", "::a01:203", "fd00::1"],
  ],
  ["10.1.2.3/8", ["10.9.9.9"], ["11.0.0.0"]],
  ["203.0.113.9", ["203.0.113.9", "::ffff:cb00:7109"], ["203.0.113.8"]],
  ["203.0.113.9/32", ["203.0.113.9"], ["203.0.113.8"]],
  ["fc00::/7", ["fc00::", "fdff::1"], ["fe00::", "::1"]],
  ["2001:db8::1", ["2001:db8::1", "2001:0DB8:0::1"], ["2001:db8::2"]],
  ["::ffff:192.0.2.0/120", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.3.1", "::c000:207"]],
  ["::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.0.0.0"]],
  ["::ffff:192.0.2.1", ["192.0.2.1"], ["192.0.2.2"]],
];
for (const [block, inside, outside] of contained) {
  test(`what is in ${block}`, () => {
    for (const address of inside) assert.equal(isIn(address, block), true, address);
    for (const address of outside) assert.equal(isIn(address, block), false, address);
  });
}

test("a block that is larger than any private network is refused, in halves and mapped into IPv6, too", () => {
  const blocks = ["0.0.0.0/0", "1.2.3.4/0", "128.0.0.0/1", "10.0.0.0/7", "::/0", "fd00::/0", "8000::/1", "fc00::/6"];
  const mapped = ["::ffff:0:0/96", "::ffff:1.2.3.4/96", "::ffff:0:0/97", "::ffff:8000:0/97", "::ffff:10.0.0.0/103"];
  for (const text of [...blocks, ...mapped, "::ffff:0:0/95", "::ffff:0:0/0"]) {
    assert.deepEqual(parse(text), {
      fault: "this block is larger than any private network, so clients on the internet are in it; name your proxies",
    });
  }
});

test("what is no block is refused, and IPv4 in any spelling but the usual one", () => {
  const blocks = ["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-8", "10.0.0.0/8/8", "fd00::/129"];
  const spellings = [
    "proxy.example",
    "ten",
    "10",
    "10.0/16",
    "010.0.0.0/8",
    "0xa.0.0.0/8",
    " 10.0.0.0/8",
    "[fd00::]/8",
  ];
  for (const text of [...blocks, ...spellings]) {
    assert.deepEqual(parse(text), { fault: "this must be an address block, such as 10.0.0.0/8 or fd00::/8" }, text);
  }
});

test("only localhost, ::1 and 127.0.0.0/8 are this machine for certain", () => {
  for (const host of ["localhost", "::1", "127.0.0.1", "127.255.0.9"]) assert.equal(isLoopback(host), true, host);
  for (const host of [
    "",
    "127",
    "127.1",
    "127.0.0.01",
    "127.0.0.256",
    "127.0.0.1.example",
    "::2",
    "10.0.0.1",
    "0.0.0.0",
  ]) {
    assert.equal(isLoopback(host), false, host);
  }
});
