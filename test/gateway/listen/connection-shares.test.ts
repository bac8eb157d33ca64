import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createConnectionShares } from "../../../src/gateway/listen/connection-shares.js";

function from(remoteAddress: string): Socket {
  return Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;
}

test("one client holds all connections but an eighth, and gets back what it closes", () => {
  const shares = createConnectionShares(16, () => false);
  const held = Array.from({ length: 14 }, () => from("203.0.113.1"));
  assert.ok(held.every((socket) => shares.admit(socket)));
  assert.equal(shares.admit(from("203.0.113.1")), false);
  assert.equal(shares.admit(from("203.0.113.2")), true);
  held[0]?.emit("close");
  assert.equal(shares.admit(from("203.0.113.1")), true);
});

test("a client is an IPv4 address, mapped into IPv6 or not, or the /64 of an IPv6 one", () => {
  const shares = createConnectionShares(4, () => false);
  const admitted = ["203.0.113.1", "::ffff:203.0.113.1", "203.0.113.1", "::ffff:203.0.113.1"].map((address) =>
    shares.admit(from(address)),
  );
  assert.deepEqual(admitted, [true, true, true, false]);
  const others = createConnectionShares(4, () => false);
  assert.deepEqual(
    [1, 2, 3, 4].map((last) => others.admit(from(`2001:db8::${last}`))),
    [true, true, true, false],
  );
  assert.equal(others.admit(from("2001:db8:0:1::1")), true);
});

test("a trusted proxy may hold all, and nothing is admitted beyond the limit", () => {
  const shares = createConnectionShares(8, (address) => address === "10.0.0.1");
  for (let count = 0; count < 8; count += 1) assert.equal(shares.admit(from("10.0.0.1")), true);
  assert.equal(shares.admit(from("10.0.0.1")), false);
  assert.equal(shares.admit(from("203.0.113.1")), false);
});
