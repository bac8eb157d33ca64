import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf, indexOfField, isNamed, several, soleOf, valuesOf } from "../../src/model/raw-headers.js";

const headers = ["Accept", "a", "ACCEPT", "b", "X", "accept", "accept-x", "c"];

test("a field is found by its name, without regard to case, and never by a value", () => {
  assert.equal(indexOfField(headers, "accept"), 0);
  assert.equal(indexOfField(headers, "accept", 2), 2);
  assert.equal(indexOfField(headers, "accept", 4), -1);
  assert.equal(indexOfField(headers, "b"), -1);
  assert.equal(firstOf(headers, "accept"), "a");
  assert.equal(firstOf(headers, "x"), "accept");
  assert.equal(firstOf(headers, "b"), undefined);
  assert.deepEqual(valuesOf(headers, "accept"), ["a", "b"]);
  assert.deepEqual(valuesOf(headers, "b"), []);
});

test("of a field that came twice there is no sole value, equal values too", () => {
  assert.equal(soleOf(headers, "x"), "accept");
  assert.equal(soleOf(headers, "b"), undefined);
  assert.equal(soleOf(headers, "accept"), several);
  assert.equal(soleOf(["Host", "a", "host", "a"], "host"), several);
  assert.equal(soleOf(["host", ""], "host"), "");
});

test("a name is compared whole", () => {
  assert.ok(isNamed("Host", "host") && isNamed("host", "host"));
  assert.ok(!isNamed("hosts", "host") && !isNamed("hos", "host") && !isNamed("h0st", "host"));
});
