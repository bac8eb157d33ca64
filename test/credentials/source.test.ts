import assert from "node:assert/strict";
import { test } from "node:test";
import { toTrustedChain } from "../../src/adapters/node/forwarded-for.js";
import { sourceOf, toSource } from "../../src/credentials/source.js";

const sources: readonly (readonly [address: string, source: string | undefined])[] = [
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["64:ff9b::192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:1:2::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["127.0.0.1", undefined],
  ["127.9.9.9", undefined],
  ["::1", undefined],
  ["::ffff:127.0.0.1", undefined],
  ["64:ff9b::127.0.0.1", undefined],
  ["", undefined],
  ["unknown", undefined],
  ["010.0.0.1", undefined],
  ["192.0.2.1:443", undefined],
  ["[2001:db8::1]", undefined],
];

test("a source is an IPv4 address or the /64 of an IPv6 one; this machine and what is no address are none", () => {
  for (const [address, source] of sources) assert.equal(toSource(address), source, address);
});

test("an address counts once, however it is spelled", () => {
  for (const [address, source] of sources) {
    assert.equal(toSource(address.toUpperCase().replace("ETH0", "eth1")), source, address);
  }
});

test("behind a proxy that we trust, the source is whom that names; whatever others name is nobody's word", () => {
  const trust = (address: string): boolean => address.startsWith("10.");
  const peer = {
    address: "10.0.0.1",
    trusted: true,
    clientOf: (rawHeaders: readonly string[]) => toTrustedChain(rawHeaders, trust)[0],
  };
  const forwarded = (value: string) => ["X-Forwarded-For", value];
  assert.equal(sourceOf(peer, forwarded("192.0.2.1")), "192.0.2.1");
  assert.equal(sourceOf(peer, forwarded("198.51.100.9, 192.0.2.1")), "192.0.2.1", "a client that names itself another");
  assert.equal(sourceOf(peer, forwarded("198.51.100.9, 192.0.2.1, 10.0.0.7")), "192.0.2.1", "two proxies of ours");
  assert.equal(sourceOf(peer, [...forwarded("198.51.100.9"), ...forwarded("192.0.2.1")]), "192.0.2.1");
  assert.equal(sourceOf(peer, forwarded("10.0.0.8")), "10.0.0.8", "a client inside");
  assert.equal(sourceOf(peer, forwarded("192.0.2.1, unknown")), undefined);
  assert.equal(sourceOf(peer, []), undefined);
  assert.equal(sourceOf({ address: "192.0.2.7", trusted: false }, forwarded("198.51.100.9")), "192.0.2.7");
  assert.equal(sourceOf({ address: "10.0.0.1", trusted: true }, forwarded("198.51.100.9")), undefined);
});
