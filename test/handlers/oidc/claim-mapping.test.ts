import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClaimMapping, createClaimMapping, toScopes } from "../../../src/handlers/oidc/claim-mapping.js";

const issuer = "https://idp.example";
const map = (mapping: ClaimMapping, claims: Record<string, unknown>) =>
  createClaimMapping("oidc", issuer, mapping)({ sub: "ada", ...claims });
const rolesOf = (mapping: ClaimMapping, claims: Record<string, unknown>) => map(mapping, claims)?.roles;

test("without a mapping it is sub, without roles", () => {
  assert.deepEqual(map({}, { groups: ["ops"] }), { subject: "ada", issuer, roles: [] });
});

test("a name to show is taken along, and one that no header can carry is not", () => {
  assert.equal(map({}, { name: "Ada Lovelace", preferred_username: "ada" })?.name, "Ada Lovelace");
  assert.equal(map({}, { name: "Ada\r\nX: y", preferred_username: "ada" })?.name, "ada");
  assert.equal(map({}, { name: 7, preferred_username: "\ud800" })?.name, undefined);
});

const found: readonly [why: string, rolesClaim: ClaimMapping["rolesClaim"], claims: object, roles: string[]][] = [
  ["a list", "groups", { groups: ["a", "b", "a"] }, ["a", "b"]],
  ["a list inside others (Keycloak)", "realm_access.roles", { realm_access: { roles: ["a"] } }, ["a"]],
  [
    "a path with dots in a name",
    ["resource_access", "api.example", "roles"],
    { resource_access: { "api.example": { roles: ["a"] } } },
    ["a"],
  ],
  ["a name with dots (Auth0)", "https://example.com/roles", { "https://example.com/roles": ["a"] }, ["a"]],
  ["the words of scope", "scope", { scope: "read write" }, ["read", "write"]],
  ["the words of scp (Entra)", "scp", { scp: "read write" }, ["read", "write"]],
  ["a list of scopes (Okta)", "scp", { scp: ["read"] }, ["read"]],
  ["the words of scope, named by a list", ["scope"], { scope: "read write" }, ["read", "write"]],
  ["one name in any other string, blanks included", "groups", { groups: "Domain Admins" }, ["Domain Admins"]],
  ["one name in a string that is no list", "groups", { groups: "a,b" }, ["a,b"]],
  ["nothing of an empty string", "groups", { groups: "" }, []],
  ["strings alone", "groups", { groups: ["a", 7, null, ["admin"], { admin: true }, "", "x\ny", "\ud800"] }, ["a"]],
  ["nothing of an object", "groups", { groups: { admin: true } }, []],
  ["nothing where there is none", "groups", {}, []],
  ["nothing of a number", "groups", { groups: 7 }, []],
  ["nothing behind what is no object", "groups.inner", { groups: "x" }, []],
  ["nothing that every object has", "constructor.name", {}, []],
  ["nothing that every list has", "groups.length", { groups: ["a"] }, []],
];
for (const [why, rolesClaim, claims, roles] of found) {
  test(`roles: ${why}`, () => {
    assert.deepEqual(rolesOf({ rolesClaim }, { ...claims }), roles);
  });
}

test("groups give the roles that the table says, once each, and others none", () => {
  const mapping = { rolesClaim: "groups", groupRoles: { ops: ["admin", "user"], staff: ["user"] } };
  assert.deepEqual(rolesOf(mapping, { groups: ["ops", "staff", "admin", "guests"] }), ["admin", "user"]);
  assert.deepEqual(rolesOf(mapping, { groups: ["constructor", "__proto__", "toString"] }), []);
  assert.deepEqual(rolesOf(mapping, {}), []);
});

test("another claim may be the subject, and must be there", () => {
  assert.equal(map({ subjectClaim: "preferred_username" }, { preferred_username: "lovelace" })?.subject, "lovelace");
  assert.equal(map({ subjectClaim: "preferred_username" }, {}), undefined);
  for (const sub of [7, "", "a\nb", "x".repeat(257), "\ud800", ["ada"]]) assert.equal(map({}, { sub }), undefined);
});

test("what every object has is no subject", () => {
  for (const subjectClaim of ["constructor.name", "sub.length", ["constructor", "name"]]) {
    assert.equal(map({ subjectClaim }, {}), undefined);
  }
});

test("names in one string are told apart by the separator that the operator gives", () => {
  const mapping = { rolesClaim: "groups", rolesSeparator: "," };
  assert.deepEqual(rolesOf(mapping, { groups: "ops,staff" }), ["ops", "staff"]);
  assert.deepEqual(rolesOf(mapping, { groups: ["ops,staff", "user"] }), ["ops,staff", "user"]);
  assert.deepEqual(rolesOf({ rolesClaim: "scope", rolesSeparator: "," }, { scope: "a b,c" }), ["a b", "c"]);
});

test("an address is a subject only when the provider has verified it, however its claim is written", () => {
  const address = { email: "root@example.com" };
  const written: readonly [ClaimMapping["subjectClaim"], (verified: object) => Record<string, unknown>][] = [
    ["email", (verified) => ({ ...address, ...verified })],
    [["email"], (verified) => ({ ...address, ...verified })],
    ["user.email", (verified) => ({ user: { ...address, ...verified } })],
    [["user", "email"], (verified) => ({ user: { ...address, ...verified } })],
    ["user.email", (verified) => ({ "user.email": address.email, ...verified })],
  ];
  for (const [subjectClaim, claims] of written) {
    for (const email_verified of [undefined, false, "false", "TRUE", 1, {}]) {
      assert.equal(map({ subjectClaim }, claims({ email_verified })), undefined, JSON.stringify(subjectClaim));
    }
    assert.equal(map({ subjectClaim }, claims({})), undefined);
    for (const email_verified of [true, "true"]) {
      assert.equal(map({ subjectClaim }, claims({ email_verified }))?.subject, address.email);
    }
  }
  // What is verified is the address beside it.
  assert.equal(map({ subjectClaim: "user.email" }, { user: address, email_verified: true }), undefined);
});

const broken: readonly [why: string, mapping: unknown, message: RegExp][] = [
  ["an empty path", { rolesClaim: "" }, /a claim is a name/],
  ["an empty list", { rolesClaim: [] }, /a claim is a name/],
  ["an empty name in a list", { rolesClaim: ["a", ""] }, /a claim is a name/],
  ["an empty subject claim", { subjectClaim: "" }, /a claim is a name/],
  ["a path that is neither", { subjectClaim: 7 }, /a claim is a name/],
  ["a separator without a claim", { rolesSeparator: "," }, /rolesSeparator is the text between/],
  ["an empty separator", { rolesClaim: "groups", rolesSeparator: "" }, /rolesSeparator is the text between/],
  ["a table without a claim", { groupRoles: { a: ["b"] } }, /groupRoles needs rolesClaim/],
];
for (const [why, mapping, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => createClaimMapping("oidc", issuer, mapping as ClaimMapping), {
      code: "invalid_options",
      message,
    });
  });
}

test("scopes come from scope, or else scp: words or a list, and nothing that is no scope", () => {
  assert.deepEqual(toScopes({}), {});
  assert.deepEqual(toScopes({ scope: "openid orders:read openid" }), { scopes: ["openid", "orders:read"] });
  assert.deepEqual(toScopes({ scp: ["a", "b"] }), { scopes: ["a", "b"] });
  assert.deepEqual(toScopes({ scp: "a b" }), { scopes: ["a", "b"] });
  assert.deepEqual(toScopes({ scope: "a", scp: ["admin"] }), { scopes: ["a"] });
  assert.deepEqual(toScopes({ scope: ['a"', "a b", "", 7, null] }), { scopes: [] });
  assert.deepEqual(toScopes({ scope: { admin: true } }), { scopes: [] });
});
