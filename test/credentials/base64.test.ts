import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64, isBase64url } from "../../src/credentials/base64.js";

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("latin1");

test("decodes the vectors of RFC 4648 §10", () => {
  const vectors = {
    "": "",
    "Zg==": "f",
    "Zm8=": "fo",
    Zm9v: "foo",
    "Zm9vYg==": "foob",
    "Zm9vYmE=": "fooba",
    "++//": "\xfb\xef\xff",
  };
  for (const [encoded, decoded] of Object.entries(vectors)) assert.equal(text(decodeBase64(encoded)), decoded);
});

const refused = {
  "missing padding": "Zg",
  "half the padding": "Zg=",
  "too much padding": "Zm9v=",
  "padding inside": "Zg==Zg==",
  "only padding": "====",
  "data after padding": "Zg==x",
  "URL alphabet": "--__",
  "a space inside": "Zm 9v",
  "a line break inside": "Zm9v\nZm9v",
  "a line break at the end": "Zm9v\n",
  "a space at the start": " Zm9v",
  junk: "Zm9v!",
  "tail bits set": "Zh==",
  "tail bits set, one pad": "Zm9=",
  "one character": "Z",
  "beyond ASCII": "Zm9\u0176",
};
for (const [why, encoded] of Object.entries(refused)) {
  test(`refuses ${why}`, () => assert.equal(decodeBase64(encoded), undefined));
}

test("optional padding takes both spellings, and still nothing else", () => {
  const padding = "optional" as const;
  assert.equal(text(decodeBase64("Zg", { padding })), "f");
  assert.equal(text(decodeBase64("Zg==", { padding })), "f");
  for (const encoded of ["Zg=", "Zh", "Z", "Zm9v=", "-_-_", "Zg==="])
    assert.equal(decodeBase64(encoded, { padding }), undefined);
});

test("base64url: alphabet, length and tail bits", () => {
  for (const good of ["", "Zg", "Zm8", "Zm9v", "-_-_"]) assert.equal(isBase64url(good), true, good);
  for (const bad of ["Zg==", "Z", "Zh", "Zm9", "++//", "Zm 9v", "Zm9v ", "Zm9v\n", "Zm9v."])
    assert.equal(isBase64url(bad), false, bad);
});
