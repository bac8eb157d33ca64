import assert from "node:assert/strict";
import { test } from "node:test";
import { correlationIdOf } from "../../src/credentials/correlation-id.js";
import { createWorld } from "../world.js";

const { platform } = createWorld();
const trace = "0af7651916cd43dd8448eb211c80319c";
const parent = "00f067aa0ba902b7";
const uuid = "6F9619FF-8B86-D011-B42D-00C04FC964FF";

test("a request is called by its trace, else by its request id", () => {
  const idOf = (...rawHeaders: string[]) => correlationIdOf(rawHeaders, platform);
  assert.equal(idOf("Traceparent", `00-${trace}-${parent}-01`, "X-Request-Id", uuid), trace);
  // A later version may have more fields (W3C Trace Context §4.3).
  assert.equal(idOf("traceparent", `01-${trace}-${parent}-01-more`), trace);
  assert.equal(idOf("x-request-id", uuid), uuid.toLowerCase());
  assert.equal(idOf("x-request-id", trace), trace);
});

const bad: readonly (readonly string[])[] = [
  [],
  ["traceparent", ""],
  ["traceparent", "Bearer sps_secret"],
  ["traceparent", `ff-${trace}-${parent}-01`],
  ["traceparent", `00-${"0".repeat(32)}-${parent}-01`],
  ["traceparent", `00-${trace}-${"0".repeat(16)}-01`],
  ["traceparent", `00-${trace}-${parent}-01-more`],
  ["traceparent", `00-${trace.toUpperCase()}-${parent}-01`],
  ["traceparent", `00-${trace}-${parent}`],
  ["traceparent", `00-${trace}-${parent}-01\n`],
  ["traceparent", `00-${trace}-${parent}-01`, "traceparent", `00-${trace}-${parent}-01`],
  ...["", "hunter2", `${trace}\n`, `${trace} x`, `${trace}0`, `Bearer ${trace}`].map((value) => [
    "x-request-id",
    value,
  ]),
  ["x-request-id", uuid, "X-Request-Id", uuid],
];

test("what has no plain form is no id: it could be a password, or a second line; then it is random, and stays", () => {
  for (const rawHeaders of bad) {
    const id = correlationIdOf(rawHeaders, platform);
    assert.match(id, /^[0-9a-f]{32}$/, JSON.stringify(rawHeaders));
    assert.notEqual(id, trace);
    assert.equal(correlationIdOf(rawHeaders, platform), id);
    assert.notEqual(correlationIdOf([...rawHeaders], platform), id);
  }
});
