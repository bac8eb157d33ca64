import assert from "node:assert/strict";
import { test } from "node:test";
import { toCorrelationId } from "../../src/credentials/correlation-id.js";

const trace = "0af7651916cd43dd8448eb211c80319c";
const uuid = "6F9619FF-8B86-D011-B42D-00C04FC964FF";

test("a request is called by its trace, else by its request id", () => {
  assert.equal(toCorrelationId(["Traceparent", `00-${trace}-b7ad6b7169203331-01`, "X-Request-Id", uuid]), trace);
  assert.equal(toCorrelationId(["traceparent", `cc-${trace}-b7ad6b7169203331-01-more`]), trace);
  assert.equal(toCorrelationId(["x-request-id", uuid]), uuid.toLowerCase());
  assert.equal(toCorrelationId(["x-request-id", trace]), trace);
});

test("what has no plain form is no id: it could be a password, or a second line", () => {
  for (const value of [
    "",
    "hunter2",
    `${trace}\n`,
    `${trace} x`,
    `${trace}0`,
    "sps_abc",
    `Bearer ${trace}`,
    `${uuid}\r\nx: y`,
  ]) {
    assert.equal(toCorrelationId(["x-request-id", value]), undefined, value);
  }
  for (const value of [trace, `00-${trace}-b7ad6b7169203331-01-more`, `ff-${trace}-b7ad6b7169203331-01`]) {
    assert.equal(toCorrelationId(["traceparent", value]), undefined, value);
  }
  assert.equal(toCorrelationId([]), undefined);
});
