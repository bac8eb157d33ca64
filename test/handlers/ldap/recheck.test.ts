import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Attribute, Change, Client } from "ldapts";
import { ldap } from "../../../src/handlers/ldap/ldap.js";
import { lacksSlapd, root, searcher, smallDirectory, startSlapd, suffix } from "./slapd.js";

const ada = `uid=ada,${suffix}`;
const admins = `cn=admins,${suffix}`;

describe("a directory, asked again about a person", { skip: lacksSlapd ?? false }, () => {
  test("other groups, a closed account and a deleted entry are seen", async (t) => {
    const slapd = await startSlapd(smallDirectory);
    const client = new Client({ url: slapd.url });
    t.after(async () => {
      await client.unbind();
      await slapd.stop();
    });
    await client.bind(root.dn, root.password);
    const change = (dn: string, operation: "add" | "delete" | "replace", type: string, values: string[]) =>
      client.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) }));
    const directory = ldap({
      url: slapd.url,
      bind: searcher,
      users: { base: suffix },
      groups: { base: suffix, roles: { [admins]: ["admin"] } },
    });
    const who = await directory.verify("ada", "correct horse");
    assert.ok(who !== null && directory.recheck !== undefined);
    const ask = async () => (await directory.recheck?.(who)) ?? null;
    assert.deepEqual(who.roles, ["admin"]);
    assert.deepEqual(await ask(), who);

    await change(admins, "replace", "member", [searcher.dn]);
    assert.deepEqual((await ask())?.roles, []);
    await change(admins, "add", "member", [ada]);
    assert.deepEqual((await ask())?.roles, ["admin"]);
    await change(ada, "replace", "userPassword", ["another one"]);
    assert.deepEqual(await ask(), who, "a directory does not tell that a password has changed");
    await change(ada, "add", "pwdAccountLockedTime", ["000001010000Z"]);
    assert.equal(await ask(), null);
    await change(ada, "delete", "pwdAccountLockedTime", []);
    assert.deepEqual(await ask(), who);
    await client.del(ada);
    assert.equal(await ask(), null);
  });

  test("without a search account a directory is not asked again: it lets no one else read entries", () => {
    const direct = ldap({ url: "ldap://127.0.0.1:1", users: { dn: `uid={user},${suffix}` } });
    assert.equal(direct.recheck, undefined);
  });
});
