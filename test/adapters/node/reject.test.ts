import assert from "node:assert/strict";
import { test } from "node:test";
import { toDenialResponse } from "../../../src/adapters/node/reject.js";
import type { Denial } from "../../../src/model/decision.js";

const denial: Denial = {
  kind: "denied",
  code: "deadline_exceeded",
  reason: "upstream_timeout",
  message: "The service did not answer in time.",
  challenges: [],
};

test("the JSON for a unary call of Connect has the keys of its errors alone; plain HTTP's has the reason too", () => {
  const json = ["content-type", "application/json"];
  for (const [rawHeaders, keys] of [
    [
      [...json, "connect-protocol-version", "1"],
      ["code", "message"],
    ],
    [json, ["code", "message", "reason"]],
  ] as const) {
    const { status, headers, body } = toDenialResponse(denial, { method: "POST", rawHeaders });
    assert.equal(status, 504);
    assert.deepEqual(Object.keys(JSON.parse(Buffer.from(body).toString())), keys);
    assert.equal(new Map(headers).get("sallyport-reason"), "upstream_timeout");
  }
});
