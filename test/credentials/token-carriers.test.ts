import assert from "node:assert/strict";
import { test } from "node:test";
import { createExtract, toSetCookie } from "../../src/credentials/token-carriers.js";

const cookie = { name: "door", requestHeader: "x-cookie-please" };
const extract = createExtract({ authTokenBin: true, cookie });
const bin = (text: string) => Buffer.from(text).toString("base64");
const several = (beside: readonly string[], authorization?: object) => ({ kind: "several", authorization, beside });
const bearer = { kind: "credentials", scheme: "bearer", name: "Bearer", payload: "sps_a" };

test("without further carriers, auth-token-bin and cookies present nothing", () => {
  const plain = createExtract();
  assert.deepEqual(plain(["auth-token-bin", bin("sps_a"), "cookie", "door=sps_a"], false), { kind: "none" });
});

test("a token is found in auth-token-bin, padded or not, and whatever the case of the name", () => {
  for (const value of [bin("sps_a"), bin("sps_a").replace(/=+$/, "")]) {
    for (const name of ["auth-token-bin", "Auth-Token-Bin"]) {
      assert.deepEqual(extract([name, value], false), several(["sps_a"]));
    }
  }
});

test("two auth-token-bin fields are refused, equal ones too; one that is no base64 presents what nobody knows", () => {
  const two = extract(["auth-token-bin", bin("sps_a"), "auth-token-bin", bin("sps_a")], false);
  assert.deepEqual(two, { kind: "refused", reason: "duplicate" });
  for (const value of ["%%%", `${bin("sps_a")},${bin("sps_b")}`]) {
    assert.deepEqual(extract(["auth-token-bin", value], false), several([""]), value);
  }
  assert.deepEqual(extract(["auth-token-bin", ""], false), { kind: "none" });
});

const cookies: readonly (readonly [header: string, values: readonly string[]])[] = [
  ["door=sps_a", ["sps_a"]],
  ["a=b; door=sps_a; c=d", ["sps_a"]],
  ["a=b;door=sps_a", ["sps_a"]],
  ['door="sps_a"', ["sps_a"]],
  ["door=sps_a; door=sps_b", ["sps_a", "sps_b"]],
  ["door=sps_a; door=sps_a", ["sps_a"]],
];
for (const [header, values] of cookies) {
  test(`finds the token in the cookie header ${header}`, () => {
    assert.deepEqual(extract(["Cookie", header], false), several(values));
  });
}

test("other cookies, other spellings of the name and an emptied cookie are no credential", () => {
  for (const header of ["Door=sps_a", "xdoor=sps_a", "door", "door=", 'door=""', "a=door=sps_a", ""]) {
    assert.deepEqual(extract(["cookie", header], false), { kind: "none" }, header);
  }
});

test("HTTP/2 may split cookies over several fields", () => {
  assert.deepEqual(extract(["cookie", "a=b", "cookie", "door=sps_a"], false), several(["sps_a"]));
});

test("the cookie of a page of another site counts as absent", () => {
  const from = (...headers: string[]) =>
    extract([":authority", "door.example", ...headers, "cookie", "door=sps_a"], false);
  for (const site of ["cross-site", "same-site", "nonsense"]) {
    assert.deepEqual(from("sec-fetch-site", site), { kind: "none" }, site);
  }
  for (const origin of ["https://evil.example", "null", "https://door.example.evil.example"]) {
    assert.deepEqual(from("origin", origin), { kind: "none" }, origin);
  }
  for (const headers of [
    [],
    ["sec-fetch-site", "same-origin"],
    ["sec-fetch-site", "none"],
    ["origin", "https://door.example"],
  ]) {
    assert.deepEqual(from(...headers), several(["sps_a"]), headers.join());
  }
  // What a page cannot make a browser send counts from anywhere.
  assert.deepEqual(
    extract(["origin", "https://evil.example", "auth-token-bin", bin("sps_a")], false),
    several(["sps_a"]),
  );
});

test("equal carriers are one; others stand beside Authorization", () => {
  const authorization = ["authorization", "Bearer sps_a"];
  assert.deepEqual(extract([...authorization, "auth-token-bin", bin("sps_a"), "cookie", "door=sps_a"], false), bearer);
  assert.deepEqual(extract([...authorization, "cookie", "door=sps_b"], false), several(["sps_b"], bearer));
});

test("a refused Authorization stays refused beside good carriers", () => {
  for (const value of ["Bearer a, Bearer b", ""]) {
    const presented = extract(["authorization", value, "cookie", "door=sps_a"], false);
    assert.deepEqual(presented, { kind: "refused", reason: "malformed" });
  }
  assert.deepEqual(extract(["cookie", "door=sps_a"], true), { kind: "refused", reason: "truncated" });
});

test("a flood of cookies is refused", () => {
  const flood = Array.from({ length: 50 }, (_, index) => `door=sps_${index}`).join("; ");
  assert.deepEqual(extract(["cookie", flood], false), { kind: "refused", reason: "malformed" });
});

test("a cookie goes to whoever asks for it or has it, with the attributes that keep it from scripts and other sites", () => {
  const expected = "door=sps_b; Path=/; Secure; HttpOnly; SameSite=Strict";
  assert.equal(toSetCookie(cookie, ["X-Cookie-Please", "TRUE"], "sps_b"), expected);
  assert.equal(toSetCookie(cookie, ["cookie", "door=sps_a"], "sps_b"), expected);
  for (const headers of [[], ["x-cookie-please", "false"], ["cookie", "a=b"]]) {
    assert.equal(toSetCookie(cookie, headers, "sps_b"), undefined);
  }
});

test("a cookie name that is none refuses to start", () => {
  for (const name of ["", "a b", "a;b", "a=b"]) {
    assert.throws(() => createExtract({ cookie: { name } }), { code: "invalid_options", message: /cookie name/ }, name);
  }
});
