import assert from "node:assert/strict";
import { test } from "node:test";
import { lacksSlapd, searcher, smallDirectory, startSlapd, suffix } from "../handlers/ldap/slapd.js";
import { runExample } from "./run-example.js";

test("people of a directory log in, with the roles of their groups", { skip: lacksSlapd ?? false }, async (t) => {
  const slapd = await startSlapd(smallDirectory);
  t.after(() => slapd.stop());
  const example = await runExample("ldap", {
    LDAP_URL: slapd.secureUrl,
    LDAP_CA: slapd.certificates.ca,
    LDAP_BASE: suffix,
    LDAP_BIND: searcher.dn,
    LDAP_PASSWORD: searcher.password,
    LDAP_ADMINS: `cn=admins,${suffix}`,
  });
  t.after(() => example.stop());
  const ask = (login: string) => fetch(example.origin, { headers: { authorization: `Basic ${btoa(login)}` } });
  const ada = { subject: "ada", roles: ["admin"], dn: `uid=ada,${suffix}`, attributes: {} };
  assert.deepEqual(await (await ask("Ada:correct horse")).json(), ada);
  assert.equal((await ask("ada:wrong")).status, 401);
});
