import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHostAndPort } from "../../../src/gateway/config/address.js";
import { parseDuration, toDuration } from "../../../src/gateway/config/duration.js";
import { substitute } from "../../../src/gateway/config/secrets.js";
import { closest } from "../../../src/wire/closest.js";

test("a duration has a unit, and comes back in its largest one", () => {
  const good = [
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["12h", 43_200_000],
    ["7d", 604_800_000],
  ] as const;
  for (const [text, ms] of good) {
    assert.equal(parseDuration(text), ms);
    assert.equal(toDuration(ms), text);
  }
  for (const text of ["", "5", "m", "5 m", "05m", "1.5h", "-1s", "5M", "5min", "5m\n", "99999999999s"]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test("an address has a host and a port", () => {
  assert.deepEqual(parseHostAndPort("127.0.0.1:8080"), { host: "127.0.0.1", port: 8080 });
  assert.deepEqual(parseHostAndPort("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(parseHostAndPort("gate.example:443"), { host: "gate.example", port: 443 });
  for (const text of [
    "8080",
    ":8080",
    "::1:80",
    "[::1]",
    "localhost",
    "300.0.0.1:80",
    "a:65536",
    "a:080",
    "a b:80",
    "[a]:1",
  ]) {
    assert.equal(parseHostAndPort(text), undefined, text);
  }
});

test("a near word is suggested, a far one is not", () => {
  assert.equal(closest("upstrem", ["upstream", "roles"]), "upstream");
  assert.equal(closest("ap", ["app"]), "app");
  assert.equal(closest("relam", ["realm", "routes"]), "realm");
  assert.equal(closest("elephant", ["app", "roles"]), undefined);
});

test("variables are replaced, once; what they hold is not looked into", () => {
  const environment = { A: "1", B: `\${C}`, EMPTY: "" };
  assert.deepEqual(substitute(`x\${A}y\${B}`, environment), { text: `x1y\${C}` });
  assert.deepEqual(substitute(`$\${A}`, environment), { text: `\${A}` });
  for (const name of ["NONE", "EMPTY", "constructor", "A B", ""]) {
    assert.ok("fault" in substitute(`$\{${name}}`, environment), name);
  }
});
