import assert from "node:assert/strict";
import { test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { type CallerCount, createCallerCounts } from "../../../src/gateway/admit/caller-counts.js";
import type { Caller } from "../../../src/model/session.js";

const callerOf = (subject: string, actor?: string): Caller => ({
  identity: { subject },
  scheme: "basic",
  ...(actor !== undefined && { actor: { subject: actor } }),
});

test("a caller has one count, whatever its address; an actor has one of its own with each subject", () => {
  const counts = createCallerCounts({ ...systemPlatform, monotonic: () => -1 });
  const ada = counts.of(callerOf("ada"), "192.0.2.1");
  assert.equal(counts.of(callerOf("ada"), "192.0.2.2"), ada);
  const others = [
    counts.of(callerOf("bob"), "192.0.2.1"),
    counts.of(callerOf("ada", "bob"), undefined),
    counts.of(callerOf("bob", "ada"), undefined),
    counts.of(callerOf("b", "obada"), undefined),
    counts.of(callerOf('["bob","ada"]'), undefined),
    counts.of(callerOf("192.0.2.1"), undefined),
    counts.of(undefined, "192.0.2.1"),
    counts.of(callerOf(""), undefined),
    counts.of(undefined, undefined),
  ];
  assert.equal(new Set([ada, ...others]).size, 10);
  assert.equal(counts.of(callerOf("ada", "bob"), "::1"), others[1]);
});

test("an anonymous caller is an address, a /64 of IPv6, or one of those that no proxy names", () => {
  const counts = createCallerCounts(systemPlatform);
  const at = (address: string | undefined): CallerCount => counts.of(undefined, address);
  assert.equal(at("2001:db8::1"), at("2001:DB8:0:0:ffff::2"));
  assert.notEqual(at("2001:db8::1"), at("2001:db8:0:1::1"));
  assert.equal(at("::ffff:192.0.2.1"), at("192.0.2.1"));
  assert.equal(at("64:ff9b::192.0.2.1"), at("192.0.2.1"));
  assert.notEqual(at("64:ff9b::192.0.2.1"), at("64:ff9b::192.0.2.2"));
  assert.equal(at(undefined), at(undefined));
  assert.equal(at("::1"), at("::1"));
  assert.notEqual(at("::1"), at("127.0.0.1"));
});

test("new counts push out those that say nothing, and no other", () => {
  let now = 0;
  const counts = createCallerCounts({ ...systemPlatform, monotonic: () => now });
  const at = (index: number): CallerCount => counts.of(undefined, `host-${index}`);
  const busy = at(-1);
  busy.underWay = 1;
  const drained = at(-2);
  drained.fullAt = 1_000;
  const idle = at(-3);
  now = 500;
  for (let index = 0; index < 200_000; index++) at(index);
  assert.equal(at(-1), busy);
  assert.equal(at(-2), drained);
  assert.notEqual(at(-3), idle);
});

test("an attacker with many addresses gets no count for each when the table is full, and takes none away", () => {
  const counts = createCallerCounts({ ...systemPlatform, monotonic: () => 0 });
  const honest = counts.of(undefined, "honest");
  honest.fullAt = 1;
  const attackers = new Set<CallerCount>();
  for (let index = 0; index < 100_000; index++) {
    const count = counts.of(undefined, `address-${index}`);
    count.fullAt = 1;
    attackers.add(count);
  }
  assert.equal(attackers.size, 65_535 + 1_024);
  assert.equal(counts.of(undefined, "honest"), honest);
  // What comes again shares the same count.
  assert.equal(counts.of(undefined, "address-99999"), counts.of(undefined, "address-99999"));
  assert.equal(attackers.has(counts.of(undefined, "another")), true);
  // Those with credentials are apart.
  assert.equal(attackers.has(counts.of(callerOf("ada"), undefined)), false);
});
