import assert from "node:assert/strict";
import { test } from "node:test";
import { isAcceptableHeader, readUnverified } from "../../../src/handlers/oidc/jwt-shape.js";

// These hold before a key is looked up and before jose sees the token, so they are tested without either.

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = part({ alg: "ES256" });
const claims = part({ iss: "me" });

test("reads header and issuer", () => {
  assert.deepEqual(readUnverified(`${header}.${claims}.AAAA`), { header: { alg: "ES256" }, issuer: "me" });
});

const unreadable: readonly [why: string, token: string][] = [
  ["an empty signature", `${header}.${claims}.`],
  ["an empty header", `.${claims}.AAAA`],
  ["two parts", `${header}.${claims}`],
  ["four parts", `${header}.${claims}.AAAA.AAAA`],
  ["five parts, as of an encrypted token", `${header}.AAAA.AAAA.AAAA.AAAA`],
  ["a space in a part", `${header}.${claims}.AA AA`],
  ["tail bits set", `${header}.${claims}.AAB`],
  ["padding", `${header}.${claims}.AA==`],
  ["the alphabet of plain base64", `${header}.${claims}.++//`],
  ["a header that is no JSON", `AAAA.${claims}.AAAA`],
  ["a header that is a list", `${part([])}.${claims}.AAAA`],
  ["a header that is null", `${part(null)}.${claims}.AAAA`],
  ["claims that are text", `${header}.${part("x")}.AAAA`],
  ["a header that is not UTF-8", `${Buffer.from('{"a":"\xe9"}', "latin1").toString("base64url")}.${claims}.AAAA`],
];
for (const [why, token] of unreadable) {
  test(`does not read ${why}`, () => assert.equal(readUnverified(token), undefined));
}

const accepts = (fields: Record<string, unknown>, type?: string) =>
  isAcceptableHeader({ header: { alg: "ES256", ...fields }, issuer: "me" }, { algorithms: ["ES256", "EdDSA"], type });

test("the algorithm is one of those pinned, letter by letter", () => {
  assert.equal(accepts({}), true);
  for (const alg of ["none", "HS256", "RS256", "es256", "", 7, null, undefined, ["ES256"]]) {
    assert.equal(accepts({ alg }), false, String(alg));
  }
});

test("an extension that must be understood is not", () => {
  for (const fields of [{ crit: ["b64"], b64: true }, { crit: ["x"] }, { crit: [] }, { crit: null }, { b64: false }]) {
    assert.equal(accepts(fields), false, JSON.stringify(fields));
  }
});

test("a key id is a short visible name, as issuers write them", () => {
  for (const kid of [
    "1",
    "a-b_c.d~",
    "NjVBRjY5MDlC+/==",
    "https://idp.example/keys#1",
    "arn:aws:kms:eu:1:key/x",
    "urn:x|y{z}",
    "k".repeat(256),
  ]) {
    assert.equal(accepts({ kid }), true, kid);
  }
  for (const kid of [
    "",
    "../../dev/null",
    "a..b",
    "x' OR 1",
    'x"',
    "a b",
    "a\\b",
    "<x>",
    "a;b",
    "é",
    "a\0",
    "k\n",
    "k".repeat(257),
    7,
    null,
    {},
  ]) {
    assert.equal(accepts({ kid }), false, JSON.stringify(kid));
  }
});

test("another kind of token is refused by its type (RFC 8725 §3.11)", () => {
  for (const typ of ["JWT", "jwt", "at+jwt", "application/at+jwt"]) assert.equal(accepts({ typ }), true, typ);
  for (const typ of ["logout+jwt", "secevent+jwt", "dpop+jwt", "sallyport-identity+jwt", "", 7, null]) {
    assert.equal(accepts({ typ }), false, String(typ));
  }
  assert.equal(accepts({ typ: "dpop+jwt" }, "dpop+jwt"), true);
  assert.equal(accepts({}, "at+jwt"), false);
});
