import assert from "node:assert/strict";
import { test } from "node:test";
import {
  basicChallenge,
  bearerChallenge,
  formatChallenges,
  isScript,
  quoteString,
  requireChallenge,
} from "../../src/credentials/challenge.js";

test("quotes and backslashes in a quoted-string are escaped", () => {
  assert.equal(quoteString('a "b" \\c'), '"a \\"b\\" \\\\c"');
});

test("a quoted-string takes no control character and nothing beyond ASCII", () => {
  for (const text of ["a\r\nSet-Cookie: x=y", "a\nb", "a\0", "a\tb", "caf\xe9", "\x7f"]) {
    assert.throws(() => quoteString(text), { code: "invalid_options", message: /visible ASCII/ });
  }
});

test("Bearer: realm, then error and description (RFC 6750 §3)", () => {
  assert.equal(bearerChallenge("example"), 'Bearer realm="example"');
  assert.equal(bearerChallenge("example", "invalid_token"), 'Bearer realm="example", error="invalid_token"');
  assert.equal(
    bearerChallenge("example", "invalid_request", 'two "fields"'),
    'Bearer realm="example", error="invalid_request", error_description="two \'fields\'"',
  );
});

test("Basic asks for UTF-8 (RFC 7617 §2.1)", () => {
  assert.equal(basicChallenge("example"), 'Basic realm="example", charset="UTF-8"');
});

test("our Bearer comes first, and each challenge is a field of its own", () => {
  assert.deepEqual(formatChallenges({ realm: "r", challenges: [basicChallenge("r"), "PSK"], error: "invalid_token" }), [
    'Bearer realm="r", error="invalid_token"',
    'Basic realm="r", charset="UTF-8"',
    "PSK",
  ]);
});

test("a challenge that is not a scheme with a token68 or parameters is refused", () => {
  for (const challenge of [
    "",
    " Basic",
    "Basic\r\nX: y",
    'Basic realm="\xe9"',
    'realm="x"',
    "Basic\trealm",
    "Basic ",
    'Basic realm="a "b""',
    'Basic realm="x',
    "Basic realm=a b",
    'Basic realm="x",',
    'Basic realm="x\r\nSet-Cookie: a=b"',
    'Basic realm="x", Digest',
    7 as never,
  ]) {
    assert.throws(() => requireChallenge(challenge, "Basic"), {
      code: "invalid_options",
      message: /challenge of the handler for Basic/,
    });
  }
  for (const challenge of ["PSK", "Negotiate YWJj==", 'Digest realm="x, \\"y\\"", nonce=y', basicChallenge('a "b"')]) {
    assert.equal(requireChallenge(challenge, "X"), challenge);
  }
});

test("a script is told by Sec-Fetch-Dest: empty", () => {
  assert.equal(isScript(["sec-fetch-dest", "empty"]), true);
  assert.equal(isScript(["Sec-Fetch-Dest", "document"]), false);
  assert.equal(isScript([]), false);
});
