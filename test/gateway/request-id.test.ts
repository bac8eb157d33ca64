import assert from "node:assert/strict";
import { test } from "node:test";
import { toRequestId } from "../../src/gateway/request-id.js";
import { createWorld } from "../world.js";

const { platform } = createWorld();
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";

test("the id of a request is the trace-id of a valid traceparent", () => {
  assert.equal(toRequestId(`00-${traceId}-${parent}-01`, platform), traceId);
  // A later version may have more fields (W3C Trace Context §4.3).
  assert.equal(toRequestId(`01-${traceId}-${parent}-01-more`, platform), traceId);
});

const bad: readonly (string | string[] | undefined)[] = [
  undefined,
  "",
  "Bearer sps_secret",
  `ff-${traceId}-${parent}-01`,
  `00-${"0".repeat(32)}-${parent}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId}-${parent}-01-more`,
  `00-${traceId.toUpperCase()}-${parent}-01`,
  `00-${traceId}-${parent}`,
  `00-${traceId}-${parent}-01, 00-${traceId}-${parent}-01`,
  `00-${traceId}-${parent}-01\n`,
  [`00-${traceId}-${parent}-01`],
];
for (const header of bad) {
  test(`a random id where traceparent is ${JSON.stringify(header)}`, () => {
    const id = toRequestId(header, platform);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.notEqual(id, traceId);
    assert.notEqual(id, toRequestId(header, platform));
  });
}
