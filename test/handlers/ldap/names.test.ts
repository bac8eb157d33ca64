import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeValue, fillTemplate, toComparableDn } from "../../../src/handlers/ldap/names.js";

test("every character that means something in a filter or a name is escaped", () => {
  assert.equal(escapeValue("ada"), "ada");
  assert.equal(escapeValue("*)(uid=*"), "\\2a\\29\\28uid\\3d\\2a");
  assert.equal(escapeValue("x,dc=evil+cn=#\\ "), "x\\2cdc\\3devil\\2bcn\\3d\\23\\5c\\20");
  assert.equal(escapeValue("\0\n\x7f"), "\\00\\0a\\7f");
  assert.equal(escapeValue("Zoë 李 😀"), "Zoë\\20李\\20😀");
});

test("a value that looks like a placeholder stays a value", () => {
  assert.equal(
    fillTemplate("(&(uid={user})(member={dn}))", { user: "{dn}", dn: "a" }),
    "(&(uid=\\7bdn\\7d)(member=a))",
  );
  assert.equal(fillTemplate("({constructor}={user})", { user: "a" }), "({constructor}=a)");
});

test("spellings of one distinguished name are one", () => {
  const same = [
    "cn=Smith\\, John,ou=people,dc=example,dc=org",
    "CN=Smith\\2C John, OU=People , DC=example;dc=ORG",
    "cn = smith\\2c\\20john,ou=people,dc=ex\\61mple,dc=org",
  ];
  assert.equal(new Set(same.map(toComparableDn)).size, 1);
  assert.ok(toComparableDn(same[0] ?? ""));
  assert.equal(toComparableDn("uid=a+ou=b,dc=c"), toComparableDn("OU=b+UID=a,dc=c"));
  assert.equal(toComparableDn("cn=Zoë,dc=c"), toComparableDn("cn=Zo\\c3\\ab,dc=c"));
  assert.equal(toComparableDn("cn=a  ,dc=c"), toComparableDn("cn=a,dc=c"));
});

test("runs of spaces count as one, and a type by its OID is the type", () => {
  const same = [
    "cn=Site  Admins,ou=groups,dc=example",
    "CN=site admins,OU=groups,DC=example",
    "commonName=site\\20 \\20admins,organizationalUnitName=groups,domainComponent=example",
    "2.5.4.3=site   admins,OID.2.5.4.11=groups,oid.0.9.2342.19200300.100.1.25=example",
    "2.5.4.3=#0C0B736974652061646D696E73,2.5.4.11=#130667726F757073,dc=#16076578616d706c65",
    "2.5.4.3=#0c810b736974652061646d696e73 ,ou=groups,dc=example",
  ];
  assert.deepEqual([...new Set(same.map(toComparableDn))], [toComparableDn(same[0] ?? "")]);
  const other = [
    "cn=siteadmins,ou=groups,dc=example",
    "2.5.4.4=site admins,ou=groups,dc=example",
    "2.5.4.33=site admins,ou=groups,dc=example",
    // No string, or not of its length: such a value stands for itself.
    "cn=#040b736974652061646d696e73,ou=groups,dc=example",
    "cn=#0c0a736974652061646d696e73,ou=groups,dc=example",
    "cn=#0c80736974652061646d696e73,ou=groups,dc=example",
    "cn=#0c,ou=groups,dc=example",
    "cn=#0cff,ou=groups,dc=example",
  ];
  assert.equal(new Set([...same, ...other].map(toComparableDn)).size, 1 + other.length);
});

test("different distinguished names stay different", () => {
  const names = [
    "cn=admins,ou=groups,dc=example",
    "cn=admins,ou=lab,dc=example",
    "cn=admins\\,ou=groups,dc=example",
    "cn=admins+ou=groups,dc=example",
    "cn=admins,dc=example",
    "cn=admins\\ ,ou=groups,dc=example",
    "ou=groups,cn=admins,dc=example",
    'cn=["cn"\\,"admins"],dc=example'.replaceAll('"', "\\22"),
  ];
  assert.equal(new Set(names.map(toComparableDn)).size, names.length);
});

test("what is no distinguished name has no form", () => {
  for (const text of ["", "admins", "cn=a,", ",cn=a", "cn=a,,dc=b", "cn=a\\", "cn=\\zz", 'cn="a"', "=a", "cn=a\0"]) {
    assert.equal(toComparableDn(text), undefined, JSON.stringify(text));
  }
});

test("a long text that is no name costs no more than its length", () => {
  // Seconds or minutes where it takes the square.
  assert.equal(toComparableDn(`${"cn=a,".repeat(50_000)}`), undefined);
  for (const text of [`cn=${" ".repeat(500_000)}"`, `${" ".repeat(500_000)}"`, `cn=a${" ".repeat(500_000)}b"`]) {
    assert.equal(toComparableDn(text), undefined);
  }
});
