import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parseExternalKey } from "../../src/handlers/external/key.js";
import { externalKeyBytes, toCodeMessage, toExternalCode } from "../../src/wire/external-code.js";

// Fixed: a client of another version shows the code of this version, too.
test("the code of a key, as every version of client and server makes it", () => {
  const key = Uint8Array.from({ length: externalKeyBytes }, (_, index) => index);
  const digest = createHash("sha256").update(toCodeMessage(key)).digest();
  assert.equal(toExternalCode(digest), "JSDR-H6NZ");
  assert.equal(parseExternalKey(Buffer.from(key).toString("base64"))?.code, "JSDR-H6NZ");
});

test("a code has no letter that is taken for a digit", () => {
  const codes = Array.from({ length: 32 }, (_, value) => toExternalCode(new Uint8Array(8).fill(value)));
  assert.equal(new Set(codes).size, 32);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z])\1{3}-\1{4}$/);
});
