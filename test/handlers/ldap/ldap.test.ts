import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { AuthError } from "../../../src/base/errors.js";
import { systemPlatform } from "../../../src/base/platform.js";
import { ldap } from "../../../src/handlers/ldap/ldap.js";
import type { LdapOptions } from "../../../src/handlers/ldap/options.js";
import { basic } from "../../../src/handlers/password/basic.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { lacksSlapd, type Slapd, searcher, startSlapd, suffix } from "./slapd.js";

const people = `ou=people,${suffix}`;
const groups = `ou=groups,${suffix}`;
const password = "correct horse";

const person = (rdn: string, uid: string, more: readonly string[] = [], base: string = people) =>
  [`dn: ${rdn},${base}`, "objectClass: inetOrgPerson", "objectClass: extensibleObject", `uid: ${uid}`, "sn: x"]
    .concat(more.some((line) => line.startsWith("cn: ")) ? [] : [`cn: ${uid}`])
    .concat(more)
    .join("\n");
const secret = `userPassword: ${password}`;

const entries = [
  `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example`,
  `dn: ${searcher.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: gate\nuserPassword: ${searcher.password}`,
  ...["people", "groups", "lab"].map(
    (name) => `dn: ou=${name},${suffix}\nobjectClass: organizationalUnit\nou: ${name}`,
  ),
  person("uid=ada", "ada", [
    ...[secret, "mail: ada@example.org", "sAMAccountName: ADA", "userPrincipalName: ada@corp.example"],
    ...[
      "userAccountControl: 512",
      `memberOf: CN=Admins,OU=Groups,DC=example,DC=org`,
      "memberOf: cn=staff,ou=lab,dc=example,dc=org",
    ],
  ]),
  person("uid=bob", "bob", ["userPassword: battery staple", "mail: shared@example.org"]),
  person("uid=eve", "eve", [secret, "mail: shared@example.org"]),
  person("cn=Smith\\2C John (Jr)*", "jsmith", [secret, "cn: Smith, John (Jr)*"]),
  person("uid=disabled", "disabled", [secret, "userAccountControl: 514"]),
  person("uid=locked", "locked", [secret, "pwdAccountLockedTime: 000001010000Z"]),
  person("uid=nopassword", "nopassword"),
  person("uid=two", "two", [secret, "uid: deux", "mail: two@example.org", "mail: deux@example.org"]),
  person("uid=zoë", "zoë", [secret, "cn: Zoë"]),
  `dn: cn=admins,${groups}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=ada,${people}\nmember: cn=Smith\\2C John (Jr)*,${people}`,
  `dn: cn=unique,${groups}\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=ada,${people}`,
  `dn: cn=wheel,${groups}\nobjectClass: posixGroup\ncn: wheel\ngidNumber: 7\nmemberUid: ada\nmemberUid: deux`,
  `dn: cn=admins,ou=lab,${suffix}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=bob,${people}`,
].join("\n\n");

/** As `fillTemplate` and the rest would do without escaping: each would match somebody else. */
const injections = [
  "*",
  "ad*",
  "ada)(uid=*",
  "*)(|(uid=ada",
  "a\\64a",
  "ada,ou=people",
  "ada+cn=ada",
  "\\61da",
  "ada)(cn=ada",
];

describe("a real directory", { skip: lacksSlapd ?? false }, () => {
  let slapd: Slapd;
  let silent: Server;
  const held: Socket[] = [];
  before(async () => {
    slapd = await startSlapd(entries);
    silent = createServer((socket) => held.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await slapd.stop();
    for (const socket of held) socket.destroy();
    silent.close();
  });
  const silentUrl = () => `ldap://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const searching = (more: Partial<LdapOptions> = {}) =>
    ldap({ url: slapd.url, bind: searcher, users: { base: people }, ...more });
  const direct = (more: Partial<LdapOptions> = {}) =>
    ldap({ url: slapd.url, users: { dn: `uid={user},${people}` }, ...more });
  /** Somebody between us and the directory. */
  async function onTheWay(meet: (client: Socket, directory: Socket) => void) {
    const server = createServer((client) => {
      const directory = connect(Number(new URL(slapd.url).port), "127.0.0.1");
      for (const socket of [client, directory]) socket.on("error", () => {});
      meet(client, directory);
      client.pipe(directory).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  }
  const isUnavailable = (message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof AuthError);
    assert.equal(error.code, "unavailable");
    assert.match(error.message, message);
    assert.ok(!inspect(error).includes(password) && !inspect(error).includes(searcher.password));
    return true;
  };

  test("a right password is the person as the directory has it, not as it was typed", async () => {
    const ada = { subject: "ada", roles: [], dn: `uid=ada,${people}`, attributes: {} };
    for (const directory of [searching(), direct(), searching({ bind: undefined })]) {
      for (const typed of ["ada", "ADA", " ada "]) assert.deepEqual(await directory.verify(typed, password), ada);
    }
    const { subject } = (await searching({ subject: "sAMAccountName" }).verify("ada", password)) ?? {};
    assert.equal(subject, "ADA");
  });

  test("a wrong password, an unknown name, an entry without a password and a closed account are nobody", async () => {
    for (const directory of [searching(), direct()]) {
      for (const [name, typed] of [
        ["ada", "Correct horse"],
        ["ada", "battery staple"],
        ["nobody", password],
        ["nopassword", password],
        ["disabled", password],
        ["locked", password],
        ["x".repeat(1_025), password],
        ["ada", "x".repeat(1_025)],
      ] as const) {
        assert.equal(await directory.verify(name, typed), null, name);
      }
    }
  });

  test("an empty password is refused before anything is sent, although the directory would say yes", async () => {
    const silentOnes = [searching({ url: silentUrl() }), direct({ url: silentUrl() })];
    for (const directory of silentOnes) {
      assert.equal(await directory.verify("ada", ""), null);
      assert.equal(await directory.verify("ada", undefined as unknown as string), null);
      assert.equal(await directory.verify("", password), null);
    }
    assert.equal(held.length, 0);
    assert.throws(() => searching({ bind: { dn: searcher.dn, password: "" } }), /bind needs dn and password/);
  });

  test("what was typed can be nothing but a value, in a filter and in a name", async () => {
    const wide = { base: people, filter: "(|(uid={user})(cn={user}))" };
    for (const directory of [searching(), searching({ users: wide }), direct()]) {
      for (const typed of injections) assert.equal(await directory.verify(typed, password), null, typed);
    }
    await slapd.operations(0);
    await searching().verify("*)(uid=ada", password);
    const [, search] = await slapd.operations(1);
    assert.equal(search, `SRCH base="${people}" scope=2 deref=0 filter="(uid=\\2A\\29\\28uid=ada)"`);
  });

  test("names with commas, brackets, stars and letters beyond ASCII are found and bound", async () => {
    const byName = searching({
      users: { base: people, filter: "(cn={user})" },
      groups: { base: groups, roles: adminsAre("admin") },
    });
    const john = await byName.verify("Smith, John (Jr)*", password);
    assert.deepEqual([john?.subject, john?.roles], ["jsmith", ["admin"]]);
    assert.equal((await byName.verify("Zoë", password))?.subject, "zoë");
    assert.equal(
      (await ldap({ url: slapd.url, users: { dn: `cn={user},${people}` } }).verify("Smith, John (Jr)*", password))
        ?.subject,
      "jsmith",
    );
    assert.equal((await direct().verify("zoë", password))?.subject, "zoë");
  });

  test("an unknown name, a wrong password and a closed account cost the same operations", async () => {
    await slapd.operations(0);
    for (const directory of [searching(), direct()]) {
      const costs: string[] = [];
      for (const [name, typed] of [
        ["ada", "wrong"],
        ["nobody", "wrong"],
        ["disabled", password],
        ["locked", password],
      ] as const) {
        await directory.verify(name, typed);
        costs.push((await slapd.operations(1)).map((line) => line.split(" ")[0]).join());
      }
      assert.deepEqual(costs, Array(4).fill(costs[0]));
      assert.match(costs[0] ?? "", /BIND,SRCH$/);
    }
  });

  test("where nobody has the name, the decoy's password is checked", async () => {
    await slapd.operations(0);
    const decoyDn = `uid=nopassword,${people}`;
    assert.equal(await searching({ decoyDn }).verify("nobody", "wrong"), null);
    assert.ok((await slapd.operations(1)).includes(`BIND dn="${decoyDn}"`));
    // Even the decoy's own password lets nobody in.
    assert.equal(await searching({ decoyDn: `uid=eve,${people}` }).verify("nobody", password), null);
  });

  test("two entries for one name are nobody's: the order of an answer must not decide", async () => {
    const byMail = searching({ users: { base: people, filter: "(mail={user})" } });
    await assert.rejects(
      byMail.verify("shared@example.org", password),
      isUnavailable(/two entries match users.filter/),
    );
    assert.equal((await byMail.verify("ada@example.org", password))?.subject, "ada");
  });

  test("a subject of two values, or none, is nobody's", async () => {
    await assert.rejects(searching().verify("two", password), isUnavailable(/not exactly one value of uid/));
    await assert.rejects(searching({ subject: "mail" }).verify("zoë", password), isUnavailable(/value of mail/));
  });

  const adminsAre = (role: string) => ({
    [`cn=admins, ${groups}`]: [role],
    [`cn=unique,${groups}`]: ["unique"],
    [`CN=Wheel,${groups}`]: ["root", role],
  });

  test("groups give roles by their whole name, from memberOf or by a search", async () => {
    const rolesOf = async (given: LdapOptions["groups"], name = "ada", typed = password) =>
      (await searching({ groups: given }).verify(name, typed))?.roles;
    const roles = adminsAre("admin");
    assert.deepEqual(await rolesOf({ roles }), ["admin"]);
    assert.deepEqual(await rolesOf({ base: groups, roles }), ["admin"]);
    assert.deepEqual(await rolesOf({ base: groups, member: "uniqueMember", roles }), ["unique"]);
    assert.deepEqual(await rolesOf({ base: groups, member: "memberUid", roles }), ["root", "admin"]);
    assert.deepEqual(
      await rolesOf({ base: suffix, roles }, "bob", "battery staple"),
      [],
      "another group of the name admins",
    );
    assert.deepEqual(await rolesOf({ base: groups, member: "memberUid", roles }, "zoë"), []);
    assert.deepEqual(
      (await direct({ groups: { base: groups, roles } }).verify("ada", password))?.roles,
      [],
      "her own account may not read groups",
    );
  });

  test("groups in groups are asked for by the rule of Active Directory", async () => {
    const sent: Buffer[] = [];
    const { url, close } = await onTheWay((client) => client.on("data", (chunk: Buffer) => sent.push(chunk)));
    // OpenLDAP does not know the rule, and so finds none.
    const nested = searching({ url, groups: { base: groups, nested: true, roles: adminsAre("admin") } });
    assert.deepEqual((await nested.verify("ada", password))?.roles, []);
    close();
    // [1] the rule, [2] the attribute, [3] the value (RFC 4511 §4.5.1.7.7)
    const rule = "1.2.840.113556.1.4.1941";
    const filter = `\x81\x17${rule}\x82\x06member\x83\x23uid=ada,${people}`;
    assert.ok(Buffer.concat(sent).toString("latin1").includes(filter));
  });

  test("a name of Active Directory is found by either of its two forms", async () => {
    const users = { base: people, filter: "(|(sAMAccountName={user})(userPrincipalName={user}))" };
    for (const typed of ["ada", "ada@corp.example", "Ada@CORP.example"]) {
      assert.equal((await searching({ users, subject: "sAMAccountName" }).verify(typed, password))?.subject, "ADA");
    }
  });

  test("attributes that were asked for come along, and no others", async () => {
    const { attributes } = (await searching({ attributes: ["mail", "description"] }).verify("ada", password)) ?? {};
    assert.deepEqual(attributes, { mail: ["ada@example.org"], description: [] });
  });

  test("a directory that cannot answer is unavailable, with what an operator needs", async () => {
    const closed = "ldap://127.0.0.1:1";
    await assert.rejects(
      searching({ url: closed }).verify("ada", password),
      isUnavailable(/cannot be reached \(ECONNREFUSED\)/),
    );
    const wrongSearcher = { ...searcher, password: "changed meanwhile" };
    await assert.rejects(
      searching({ bind: wrongSearcher }).verify("ada", password),
      isUnavailable(/bind of bind.dn failed \(result 49\)/),
    );
    const noBase = { base: `ou=none,${suffix}` };
    await assert.rejects(
      searching({ users: noBase }).verify("ada", password),
      isUnavailable(/search for a person failed \(result 32\)/),
    );
    const malformed = { base: people, filter: "(uid={user}))" };
    await assert.rejects(
      searching({ users: malformed }).verify("ada", password),
      isUnavailable(/search for a person failed/),
    );
    const late = searching({ url: silentUrl(), timeoutMs: 100 });
    await assert.rejects(late.verify("ada", password), isUnavailable(/bind of bind.dn failed \(no answer\)/));
  });

  test("who was refused stays refused when the directory hangs up at once", async () => {
    const refusal = Buffer.from("61070a0131", "hex"); // BindResponse: invalidCredentials
    const { url, close } = await onTheWay((client, server) => {
      server.on("data", (chunk: Buffer) => {
        if (chunk.includes(refusal)) setImmediate(() => client.destroy());
      });
    });
    assert.equal(await searching({ url }).verify("ada", "wrong"), null);
    close();
  });

  test("the next of several servers is tried when one cannot be reached", async () => {
    const directory = searching({ url: ["ldap://127.0.0.1:1", slapd.url] });
    assert.equal((await directory.verify("ada", password))?.subject, "ada");
    assert.equal(await directory.verify("ada", "wrong"), null);
  });

  test("log-ins have few connections at a time, and those that wait too long or are too many are unavailable", async () => {
    const before = held.length;
    let now = 0;
    const platform = { ...systemPlatform, monotonic: () => now };
    const stalled = searching({ url: silentUrl(), timeoutMs: 100, maxConnections: 2, maxWaiting: 2, platform });
    const attempts = Array.from({ length: 6 }, () => stalled.verify("ada", password));
    const outcomes = Promise.allSettled(attempts);
    while (held.length < before + 2) await once(silent, "connection");
    now = 101;
    const statuses = (await outcomes).map(({ status }) => status);
    assert.deepEqual(statuses, Array(6).fill("rejected"));
    assert.equal(held.length - before, 2, "whoever waited until the deadline did not ask any more");
    await slapd.operations(0);
    const many = searching({ maxConnections: 3 });
    const found = await Promise.all(Array.from({ length: 20 }, () => many.verify("ada", password)));
    assert.deepEqual(
      found.map((one) => one?.subject),
      Array(20).fill("ada"),
    );
  });

  const basicOf = (user: string, typed: string) => Buffer.from(`${user}:${typed}`).toString("base64");
  const decoded = (payload: string) => Buffer.from(payload, "base64").toString();
  describeHandler("basic(ldap)", {
    create: () => basic(searching()),
    good: [
      { payload: basicOf("ada", password), subject: "ada" },
      { payload: basicOf("bob", "battery staple"), subject: "bob" },
    ],
    bad: [
      basicOf("ada", ""),
      basicOf("ada", "wrong"),
      basicOf("nobody", password),
      basicOf("disabled", password),
      ...injections.map((name) => basicOf(name, password)),
    ],
    secrets: [searcher.password, password],
    // To a directory, case and spaces around do not count in a name.
    mayAccept: (payload, subject) => {
      const [name = "", typed] = decoded(payload).split(":");
      return name.trim().toLowerCase() === subject && [password, "battery staple"].includes(typed ?? "");
    },
    rounds: 100,
    stalled: { create: () => basic(searching({ url: silentUrl() })), payload: basicOf("ada", password) },
  });
});
