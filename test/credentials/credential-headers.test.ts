import assert from "node:assert/strict";
import { test } from "node:test";
import { createExtract } from "../../src/credentials/token-carriers.js";

const headers = new Map([
  ["x-api-key", "ApiKey"],
  ["x-robot", "Robot"],
]);
const extract = createExtract({ cookie: { name: "door" } }, 32, headers);

const found = { kind: "credentials", scheme: "apikey", name: "ApiKey", payload: "spk_1", header: "x-api-key" };
const refused = (reason: string) => ({ kind: "refused", reason });

const rows: readonly (readonly [what: string, rawHeaders: readonly string[], result: object])[] = [
  ["a key", ["x-api-key", "spk_1"], found],
  ["its name in any case", ["X-API-Key", "spk_1"], found],
  ["blanks around it", ["x-api-key", " \tspk_1 "], found],
  ["another spelling", ["X_API_Key", "spk_1", "x.api.key", "spk_1"], { kind: "none" }],
  ["two, equal ones too", ["x-api-key", "spk_1", "X-API-Key", "spk_1"], refused("duplicate")],
  ["two of two handlers", ["x-api-key", "spk_1", "x-robot", "spk_1"], refused("duplicate")],
  ["one beside Authorization", ["x-api-key", "spk_1", "authorization", "ApiKey spk_1"], refused("duplicate")],
  ["one beside a malformed Authorization", ["x-api-key", "spk_1", "authorization", ""], refused("malformed")],
  ["an empty one", ["x-api-key", ""], refused("malformed")],
  ["a scheme inside", ["x-api-key", "Basic YTpi"], refused("malformed")],
  ["two joined by a comma", ["x-api-key", "spk_1,spk_2"], refused("malformed")],
  ["bytes above 0x7f, also around it", ["x-api-key", "\xa0spk_1"], refused("malformed")],
  ["a control character", ["x-api-key", "spk_1\x00"], refused("malformed")],
  ["a long one", ["x-api-key", "k".repeat(33)], refused("too_long")],
  [
    "one beside a cookie",
    ["x-api-key", "spk_1", "cookie", "door=sps_a"],
    { kind: "several", authorization: found, beside: ["sps_a"] },
  ],
];
for (const [what, rawHeaders, result] of rows) {
  test(`a header of a handler: ${what}`, () => {
    assert.deepEqual(extract(rawHeaders, false), result);
  });
}

test("a truncated header block is refused, whatever is in it", () => {
  assert.deepEqual(extract(["x-api-key", "spk_1"], true), refused("truncated"));
});
