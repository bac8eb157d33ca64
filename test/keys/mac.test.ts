import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { test } from "node:test";
import { createMac } from "../../src/keys/mac.js";

test("a signing key leaves no trace in the memory that Buffer.allocUnsafe hands to the application", () => {
  // Outside that memory themselves: Buffer.from and Buffer.concat take from it.
  const secret = randomFillSync(Buffer.alloc(32));
  const traces = [0, 0x36, 0x5c].map((pad) => {
    const trace = Buffer.alloc(32);
    for (const [index, byte] of secret.entries()) trace[index] = byte ^ pad; // as HMAC pads it (RFC 2104)
    return trace;
  });
  const mac = createMac("label", 28);
  for (let round = 0; round < 200; round++) {
    mac({ id: 1, secret, signsFrom: 0 }, Buffer.alloc(28));
    const shared = new Uint8Array(Buffer.allocUnsafe(1).buffer);
    for (const trace of traces) assert.equal(Buffer.from(shared.buffer).indexOf(trace), -1);
  }
});
