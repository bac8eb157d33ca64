import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUserPass, toUserPass } from "../../src/credentials/user-pass.js";

const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");

test("the first colon splits, so p:q is a password", () => {
  assert.deepEqual(parseUserPass(base64("ada:p:q")), { user: "ada", password: "p:q" });
  assert.deepEqual(parseUserPass(base64("ada:")), { user: "ada", password: "" });
  assert.deepEqual(parseUserPass(base64("ada::")), { user: "ada", password: ":" });
});

test("takes UTF-8, byte for byte: no normalisation, no dropped BOM", () => {
  assert.deepEqual(parseUserPass(base64("ädä:pässwörd€🔑")), { user: "ädä", password: "pässwörd€🔑" });
  assert.deepEqual(parseUserPass(base64("\ufeffada:pw")), { user: "\ufeffada", password: "pw" });
});

const refused: readonly [why: string, payload: string][] = [
  ["nothing", ""],
  ["no colon", base64("ada")],
  ["an empty user", base64(":pw")],
  ["a control byte in the user", base64("a\nda:pw")],
  ["a control byte in the password", base64("ada:p\0w")],
  ["DEL in the password", base64("ada:p\x7fw")],
  ["a C1 control in the user", base64("a\u0085da:pw")],
  ["Latin-1 instead of UTF-8", base64(Buffer.from("ädä:pw", "latin1"))],
  ["overlong UTF-8", base64(Buffer.from([0x61, 0xc0, 0xba, 0x3a, 0x62]))],
  ["a surrogate in UTF-8", base64(Buffer.from([0x61, 0xed, 0xa0, 0x80, 0x3a, 0x62]))],
  ["plain text", "ada:pw"],
  ["missing padding", base64("ada:pw1").replace(/=/g, "")],
  ["tail bits set", "YWRhOnB4dx=="],
  ["the URL alphabet", base64(Buffer.from("a:\u{fffff}??>>", "utf8")).replace(/\+/g, "-").replace(/\//g, "_")],
  ["white space inside", "YWRh OnB3"],
];
for (const [why, payload] of refused) {
  test(`refuses ${why}`, () => assert.equal(parseUserPass(payload), undefined));
}

test("what is written reads as the same user and password", () => {
  for (const [user, password] of [
    ["ada", "p:q"],
    ["ädä", ""],
    ["\ufeffada", ":€🔑"],
  ] as const) {
    assert.deepEqual(parseUserPass(toUserPass(user, password)), { user, password });
  }
});

test("a colon in the user does not move into the password", () => {
  assert.deepEqual(parseUserPass(toUserPass("ada:x:y", "z")), { user: "ada\u{fffd}x\u{fffd}y", password: "z" });
});
