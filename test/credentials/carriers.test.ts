import assert from "node:assert/strict";
import { test } from "node:test";
import { extractCredentials } from "../../src/credentials/carriers.js";

const bearer = { kind: "credentials", scheme: "bearer", name: "Bearer", payload: "good" };

test("finds the credentials whatever the case of the name, and among pseudo headers", () => {
  for (const name of ["authorization", "Authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"]) {
    const headers = [":method", "GET", ":path", "/", "accept", "*/*", name, "Bearer good", "x-last", "1"];
    assert.deepEqual(extractCredentials(headers, false), bearer);
  }
});

test("nothing presented is `none`", () => {
  assert.deepEqual(extractCredentials([], false), { kind: "none" });
  assert.deepEqual(extractCredentials(["Host", "a"], false), { kind: "none" });
});

test("two Authorization fields are refused, different or equal, in any case and order", () => {
  for (const [first, second] of [
    ["Bearer good", "Bearer evil"],
    ["Bearer good", "Bearer good"],
    ["Bearer good", ""],
    ["", "Bearer good"],
    ["", ""],
  ] as const) {
    const headers = ["Authorization", first, "X", "y", "authorization", second];
    assert.deepEqual(extractCredentials(headers, false), { kind: "refused", reason: "duplicate" });
  }
});

test("an empty or malformed value is refused, never anonymous", () => {
  for (const value of ["", "  ", "Bearer good, Bearer evil", "Bearer caf\xe9", "Bearer a\tb"]) {
    assert.deepEqual(extractCredentials(["Authorization", value], false), { kind: "refused", reason: "malformed" });
  }
});

test("a value that is too long is refused as that, unread, its blanks included", () => {
  const tooLong = { kind: "refused", reason: "too_long" } as const;
  const extract = (value: string, max?: number) => extractCredentials(["Authorization", value], false, max);
  assert.equal(extract(`Bearer ${"a".repeat(16_384 - 7)}`).kind, "credentials");
  assert.deepEqual(extract(`Bearer ${"a".repeat(16_384 - 6)}`), tooLong);
  assert.deepEqual(extract(`Bearer abc${" ".repeat(16_384)}`), tooLong);
  assert.equal(extract("Bearer abc", 10).kind, "credentials");
  assert.deepEqual(extract("Bearer abcd", 10), tooLong);
  assert.deepEqual(extract("\0".repeat(11), 10), tooLong);
});

test("a truncated header block is refused, with or without a credential in what is left", () => {
  for (const headers of [
    ["Host", "a"],
    ["Authorization", "Bearer good"],
  ]) {
    assert.deepEqual(extractCredentials(headers, true), { kind: "refused", reason: "truncated" });
  }
});

test("an alias of Authorization is never a credential", () => {
  for (const name of [
    "Grpc-Metadata-Authorization",
    "Grpcgateway-Authorization",
    "Proxy-Authorization",
    "X-Authorization",
    "Authorization_",
    "authorizatiom",
    "auth0rization",
  ]) {
    assert.deepEqual(extractCredentials([name, "Bearer good"], false), { kind: "none" }, name);
  }
  assert.deepEqual(
    extractCredentials(["Proxy-Authorization", "Basic x", "Authorization", "Bearer good"], false),
    bearer,
  );
});

test("a value that looks like a name is not one", () => {
  assert.deepEqual(extractCredentials(["X-Which", "authorization", "Bearer good", "x"], false), { kind: "none" });
});
