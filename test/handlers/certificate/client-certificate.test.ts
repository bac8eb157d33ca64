import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { inspect } from "node:util";
import { systemPlatform } from "../../../src/base/platform.js";
import { createAuth } from "../../../src/engine/auth.js";
import { clientCertificate } from "../../../src/handlers/certificate/client-certificate.js";
import { parseSubjectAltName, readCertificate } from "../../../src/handlers/certificate/read-certificate.js";
import type { CertificateRule } from "../../../src/handlers/certificate/rules.js";
import type { HandlerContext, RecheckContext, Verdict } from "../../../src/handlers/handler.js";
import type { Peer } from "../../../src/model/request.js";
import { memory } from "../../../src/stores/memory/memory.js";
import { describeHandler } from "../../../src/testing/handler-suite.js";
import { makeClientCertificates, sanOf } from "./make-client-certificates.js";

const found = makeClientCertificates();
const skip = found === undefined ? "needs openssl: apt-get install openssl" : false;
after(() => found?.remove());

const peerOf = (certificate: Uint8Array | undefined, trusted = false): Peer => ({
  address: "192.0.2.1",
  trusted,
  certificate,
});

function decide(rules: readonly CertificateRule[], certificate: Uint8Array | undefined, payload = ""): Verdict {
  const handler = clientCertificate({ rules });
  return handler.fromHeader?.(payload, { peer: peerOf(certificate) } as HandlerContext) as Verdict;
}

const subjectOf = (rules: readonly CertificateRule[], certificate: Uint8Array): string | undefined => {
  const verdict = decide(rules, certificate);
  return verdict.kind === "accepted" ? verdict.identity.subject : undefined;
};

const anyKey = true;
const spiffe: CertificateRule = {
  san: "uri",
  pattern: /spiffe:\/\/example\.org\/ns\/(?<ns>[a-z]+)\/sa\/([a-z]+)/,
  subject: "$<ns>/$2",
  roles: ["service"],
  anyKey,
};

describe("client certificate", { skip }, () => {
  const made = found as NonNullable<typeof found>;
  const ours = skip ? { name: "", pem: "" } : made.authority("/CN=our ca");
  const make = (wish: Parameters<typeof made.make>[0]) => made.make({ ca: ours, ...wish });

  test("a name and its rule make a subject, with roles, until the certificate expires", () => {
    const { der, keySha256 } = make({ san: "URI:spiffe://example.org/ns/pay/sa/api" });
    const verdict = decide([spiffe], der);
    assert.ok(verdict.kind === "accepted");
    const names = {
      subject: { CN: ["x"] },
      dns: [],
      uri: ["spiffe://example.org/ns/pay/sa/api"],
      email: [],
    };
    assert.deepEqual(verdict.identity, { subject: "pay/api", roles: ["service"], keySha256, names });
    const days = ((verdict.expiresAt ?? 0) - systemPlatform.now()) / 86_400_000;
    assert.ok(days > 1.9 && days < 2.1, `${days}`);
  });

  test("names that would fill an upstream's header block are not kept, and its rule decides again", () => {
    const many = Array.from({ length: 60 }, (_, index) => `DNS:host-${index}.a-long-name-of-a-region.example.org`);
    const { der, keySha256 } = make({ san: ["URI:spiffe://example.org/ns/pay/sa/api", ...many].join() });
    const handler = clientCertificate({ rules: [spiffe] });
    const verdict = handler.fromHeader?.("", { peer: peerOf(der) } as HandlerContext) as Verdict;
    assert.ok(verdict.kind === "accepted");
    const identity = { subject: "pay/api", roles: ["service"], keySha256 };
    assert.deepEqual(verdict.identity, identity);
    const roles = ["other"];
    const later = clientCertificate({ rules: [{ ...spiffe, roles }] });
    const again = (one: typeof later) => one.recheck?.(identity, { via: verdict.via } as RecheckContext);
    assert.deepEqual(again(later), { ...identity, roles });
    assert.equal(again(clientCertificate({ rules: [{ ...spiffe, pattern: /urn:.*/ }] })), undefined);
  });

  test("each kind of name has its rule: DNS without regard to case, e-mail, URI, and fields of the subject", () => {
    const { der } = make({
      subject: "/O=Example, Inc/CN=ada/UID=u1",
      san: "DNS:API.example.org,email:ada@example.org,URI:urn:ada",
    });
    const table: readonly [rule: Omit<CertificateRule, "anyKey">, subject: string | undefined][] = [
      [{ san: "dns", value: "api.EXAMPLE.org", subject: "api" }, "api"],
      [{ san: "dns", pattern: /api\..*/ }, "api.example.org"],
      [{ san: "email", value: "ada@example.org" }, "ada@example.org"],
      [{ san: "email", value: "Ada@example.org" }, undefined],
      [{ san: "uri", value: "urn:ada", subject: "ada" }, "ada"],
      [{ san: "uri", value: "ada@example.org" }, undefined],
      [{ field: "CN", value: "ada" }, "ada"],
      [{ field: "UID", pattern: /u(\d)/, subject: "user-$1" }, "user-1"],
      [{ field: "O", value: "Example, Inc" }, "Example, Inc"],
      [{ field: "OU", pattern: /.*/ }, undefined],
      [{ field: "__proto__", pattern: /.*/ }, undefined],
    ];
    for (const [rule, subject] of table) assert.equal(subjectOf([{ ...rule, anyKey }], der), subject, inspect(rule));
  });

  test("asked again, the rules of now decide by the names that were kept, and by the authority and the key", () => {
    const theirs = made.authority("/CN=another ca");
    const { der, keySha256 } = make({ san: "DNS:api.example.org,email:ada@example.org" });
    const other = "0".repeat(64);
    const dns: CertificateRule = { san: "dns", value: "api.example.org", subject: "api", roles: ["user"], anyKey };
    const below: CertificateRule = { san: "email", pattern: /.*/, roles: ["low"], anyKey };
    const pinned: CertificateRule = { ...dns, anyKey: undefined, keys: [keySha256] };
    const signed: CertificateRule = { ...dns, issuer: ours.pem };
    const pattern: CertificateRule = { san: "email", pattern: /(\w+)@example\.org/, subject: "$1", anyKey };
    const cases: readonly (readonly [
      name: string,
      was: CertificateRule,
      now: readonly CertificateRule[],
      roles: unknown,
    ])[] = [
      ["nothing was edited", dns, [dns], ["user"]],
      ["a rule above it that gives another subject", dns, [below, dns], "gone"],
      ["a rule above it that gives other roles", dns, [{ ...below, subject: "api" }, dns], ["low"]],
      ["a rule above it for other names", dns, [{ ...below, pattern: /bob@.*/ }, dns], ["user"]],
      ["a rule above it for another key", dns, [{ ...pinned, keys: [other] }, dns], "gone"],
      ["a rule above it of another authority", signed, [{ ...below, issuer: theirs.pem }, signed], ["user"]],
      ["a rule above it of this authority", signed, [{ ...below, issuer: ours.pem }, signed], "gone"],
      ["a rule above it of an authority that may be this", dns, [{ ...below, issuer: theirs.pem }, dns], "gone"],
      ["a rule above it of some authority for other names", dns, [{ ...spiffe, issuer: theirs.pem }, dns], ["user"]],
      ["a rule below it", dns, [dns, below], ["user"]],
      ["another spelling", dns, [{ ...dns, value: "API.example.org" }], ["user"]],
      ["other roles", dns, [{ ...dns, roles: ["admin"] }], ["admin"]],
      ["no roles", dns, [{ ...dns, roles: undefined }], []],
      ["the rule is gone, and another one gives another subject", dns, [below], "gone"],
      ["the rule is gone, and another one gives this subject", dns, [{ ...below, subject: "api" }], ["low"]],
      ["the rule is gone, and no other fits", dns, [spiffe], "gone"],
      ["another name", dns, [{ ...dns, value: "api.example.com" }], "gone"],
      ["another kind of name", dns, [{ ...dns, san: "uri" }], "gone"],
      ["another subject", dns, [{ ...dns, subject: "root" }], "gone"],
      ["its key is named now", dns, [pinned], ["user"]],
      ["another key is named now", dns, [{ ...pinned, keys: [other] }], "gone"],
      ["one key more", pinned, [{ ...pinned, keys: [other, keySha256] }], ["user"]],
      ["this key was removed, another one stays", pinned, [{ ...pinned, keys: [other] }], "gone"],
      ["any key", pinned, [dns], ["user"]],
      ["one authority more", signed, [{ ...signed, issuer: theirs.pem + ours.pem }], ["user"]],
      ["this authority was removed", signed, [{ ...signed, issuer: theirs.pem }], "gone"],
      ["any authority", signed, [dns], ["user"]],
      ["an authority is asked for now, and it is not known which one signed", dns, [signed], "gone"],
      ["an edited pattern that fits", pattern, [{ ...pattern, pattern: /(\w+)@example\.(?:org|com)/ }], []],
      ["an edited pattern that does not fit", pattern, [{ ...pattern, pattern: /(\w+)@example\.com/ }], "gone"],
      ["the same pattern", pattern, [{ ...pattern, roles: ["user"] }], ["user"]],
    ];
    for (const [name, was, now, roles] of cases) {
      const verdict = decide([was], der);
      assert.ok(verdict.kind === "accepted", name);
      assert.match(verdict.via ?? "", /^[\w.-]{1,64}$/);
      const identity = JSON.parse(JSON.stringify(verdict.identity));
      const handler = clientCertificate({ rules: now });
      const answer = handler.recheck?.(identity, { via: verdict.via } as RecheckContext);
      assert.deepEqual(answer || "gone", roles === "gone" ? roles : { ...identity, roles }, name);
    }
    assert.notEqual(clientCertificate({ rules: [dns] }).epoch?.(), clientCertificate({ rules: [dns] }).epoch?.());
    const { via } = decide([dns], der) as Extract<Verdict, { kind: "accepted" }>;
    for (const [now, roles] of [
      [[{ ...dns, roles: ["admin"] }], ["admin"]],
      [[below], "gone"],
    ] as const) {
      const unnamed = { subject: "api", roles: ["user"], keySha256 };
      const answer = clientCertificate({ rules: now }).recheck?.(unnamed, { via } as RecheckContext);
      assert.deepEqual(answer || "gone", roles === "gone" ? roles : { ...unnamed, roles }, "a session without names");
    }
    const older = { subject: "api", roles: ["user"], keySha256 };
    assert.equal(clientCertificate({ rules: [dns] }).recheck?.(older, {} as RecheckContext), older, "without via");
    assert.equal(clientCertificate({ rules: () => older }).recheck, undefined, "a function is not asked again");
  });

  test("a field has any of its names, or its OID, and runs of spaces in it count as one", () => {
    const { der } = make({ subject: "/O=Example  Inc/CN=ada  l/UID=u1", san: "URI:urn:ada" });
    const table: readonly [rule: Omit<CertificateRule, "anyKey">, subject: string | undefined][] = [
      [{ field: "CN", value: "ada l" }, "ada l"],
      [{ field: "cn", value: "ada l" }, "ada l"],
      [{ field: "commonName", value: "ada l" }, "ada l"],
      [{ field: "2.5.4.3", value: "ada l" }, "ada l"],
      [{ field: "OID.2.5.4.3", value: "ada l" }, "ada l"],
      [{ field: "CN", value: "ada   l", subject: "ada" }, "ada"],
      [{ field: "CN", value: "adal" }, undefined],
      [{ field: "CN", value: "ADA l" }, undefined],
      [{ field: "0.9.2342.19200300.100.1.1", value: "u1" }, "u1"],
      [{ field: "organizationName", pattern: /Example Inc/ }, "Example Inc"],
      [{ field: "2.5.4.33", pattern: /.*/ }, undefined],
    ];
    for (const [rule, subject] of table) assert.equal(subjectOf([{ ...rule, anyKey }], der), subject, inspect(rule));
    const spaced = make({ san: "URI:urn:a" });
    assert.equal(subjectOf([{ san: "uri", value: "urn:  a", anyKey }], spaced.der), undefined, "of the subject only");
  });

  test("a pattern fits the whole name or not at all", () => {
    for (const san of [
      "URI:spiffe://example.org/ns/pay/sa/api/evil",
      "URI:https://evil.example/?spiffe://example.org/ns/pay/sa/api",
      "URI:spiffe://exampleXorg/ns/pay/sa/api",
    ]) {
      assert.equal(subjectOf([spiffe], make({ san }).der), undefined, san);
    }
    const { der } = make({ san: "URI:b" });
    assert.equal(subjectOf([{ san: "uri", pattern: /a|b/gm, anyKey }], der), "b");
    assert.equal(subjectOf([{ san: "uri", pattern: /a|b/gm, anyKey }], make({ san: "URI:xb" }).der), undefined);
  });

  test("the first rule that fits decides, and a certificate that fits none is refused", () => {
    const { der } = make({ san: "email:ada@example.org,URI:urn:ada" });
    const email: CertificateRule = { san: "email", pattern: /.*@example\.org/, roles: ["user"], anyKey };
    const uri: CertificateRule = { san: "uri", value: "urn:ada", subject: "admin", anyKey };
    assert.deepEqual([subjectOf([email, uri], der), subjectOf([uri, email], der)], ["ada@example.org", "admin"]);
    assert.deepEqual(decide([spiffe], der), { kind: "rejected" });
  });

  test("two subjects by one rule are nobody", () => {
    const { der } = make({ san: "email:ada@example.org,email:bob@example.org" });
    assert.equal(subjectOf([{ san: "email", pattern: /.*/, anyKey }], der), undefined);
    assert.equal(subjectOf([{ san: "email", pattern: /.*/, subject: "staff", anyKey }], der), "staff");
    const twice = make({ subject: "/CN=ada/CN=root" }).der;
    assert.equal(subjectOf([{ field: "CN", pattern: /.*/, anyKey }], twice), undefined);
  });

  // CVE-2026-39388: a renewal with another certificate that the authority signed.
  test("a renewed certificate with the same key is good; one with another key is refused, and no later rule lets it in", () => {
    const first = make({ san: "URI:urn:ada" });
    const renewed = make({ san: "URI:urn:ada", key: first.key });
    const stolen = make({ san: "URI:urn:ada" });
    const pinned: CertificateRule = { san: "uri", value: "urn:ada", subject: "ada", keys: [first.keySha256] };
    assert.notDeepEqual(first.der, renewed.der);
    assert.deepEqual(
      [first, renewed, stolen].map(({ der }) => subjectOf([pinned], der)),
      ["ada", "ada", undefined],
    );
    const weaker: CertificateRule = { san: "uri", pattern: /.*/, anyKey };
    assert.equal(subjectOf([pinned, weaker], stolen.der), undefined);
    const { keySha256 } = stolen;
    assert.equal(subjectOf([{ ...pinned, keys: [first.keySha256, keySha256] }], stolen.der), "ada");
    assert.equal(subjectOf([{ ...pinned, keys: undefined, anyKey }], stolen.der), "ada");
  });

  test("a rule with issuer takes what that authority signed itself, and not what another with its name did", () => {
    const theirs = made.authority("/CN=their ca");
    // Signed by another authority that TLS believes, under the name of ours.
    const impostor = made.authority("/CN=our ca", theirs);
    const rule: CertificateRule = { san: "uri", value: "urn:ada", anyKey, issuer: `${theirs.pem}\n${ours.pem}` };
    const san = "URI:urn:ada";
    const signed = [ours, theirs, impostor].map((ca) => make({ san, ca, saysIssuerKey: false }).der);
    assert.deepEqual(
      signed.map((der) => subjectOf([rule], der)),
      ["urn:ada", "urn:ada", undefined],
    );
    const oursOnly = { ...rule, issuer: ours.pem };
    assert.deepEqual(
      signed.map((der) => subjectOf([oursOnly], der)),
      ["urn:ada", undefined, undefined],
    );
    const byIssuer = [oursOnly, { ...rule, issuer: theirs.pem, subject: "partner" }];
    assert.deepEqual(
      signed.map((der) => subjectOf(byIssuer, der)),
      ["urn:ada", "partner", undefined],
    );
  });

  // CVE-2021-44531, -44532, -44533: a name that is read as two, or as another kind.
  test("a name with a NUL, a line break, a space or bytes beyond ASCII makes the whole certificate unreadable", () => {
    const rules: readonly CertificateRule[] = [{ san: "dns", value: "good.example", anyKey }];
    assert.equal(subjectOf(rules, make({ san: sanOf(["dns", "good.example"]) }).der), "good.example");
    const values = [
      "x, DNS:good.example",
      "good.example\0x",
      'x", DNS:"good.example',
      "x\nDNS:good.example",
      " x",
      "é",
    ];
    for (const kind of ["uri", "dns", "email"] as const) {
      for (const value of [...values, new Uint8Array([0xff, 0xfe])]) {
        const { der } = make({ san: sanOf(["dns", "good.example"], [kind, value]) });
        assert.equal(readCertificate(der), undefined, inspect([kind, value]));
        assert.deepEqual(decide(rules, der), { kind: "rejected" });
      }
    }
  });

  test("a comma, a quote and a backslash are part of the name that they are in, and start no other", () => {
    const values = ["x,DNS:good.example", 'x",DNS:"good.example', "x'y", "x\\y", '"x"', "URI:x"];
    const { der } = make({ san: sanOf(...values.map((value) => ["uri", value] as const)) });
    const { uri, dns, email } = readCertificate(der) ?? assert.fail();
    assert.deepEqual([uri, dns, email], [values, [], []]);
  });

  test("names of other kinds are read over, whatever is in them", () => {
    const san = "URI:urn:ada,IP:192.0.2.1,IP:2001:db8::1,RID:1.2.3,otherName:1.2.3.4;UTF8:DNS:x";
    assert.deepEqual(readCertificate(make({ san }).der)?.uri, ["urn:ada"]);
    assert.equal(subjectOf([{ san: "dns", pattern: /.*/, anyKey }], make({ san }).der), undefined);
  });

  test("the certificate of a trusted proxy is not the caller's, and none is none", () => {
    const { der } = make({ san: "URI:urn:ada" });
    const handler = clientCertificate({ rules: [{ san: "uri", value: "urn:ada", anyKey }] });
    const ask = (peer: Peer, payload = "") => handler.fromHeader?.(payload, { peer } as HandlerContext);
    assert.deepEqual(ask(peerOf(der, true)), { kind: "declined" });
    assert.deepEqual(ask(peerOf(undefined)), { kind: "declined" });
    assert.deepEqual(ask(peerOf(der), "anything"), { kind: "rejected" });
    for (const bytes of [new Uint8Array(), new Uint8Array(100), der.subarray(0, -1)]) {
      assert.deepEqual(ask(peerOf(bytes)), { kind: "rejected" });
    }
  });

  test("on a connection that outlives the certificate it is refused from the expiry on", () => {
    const { der } = make({ san: "URI:urn:ada" });
    const { expiresAt = 0 } = readCertificate(der) ?? {};
    let now = expiresAt - 1;
    const platform = { ...systemPlatform, now: () => now };
    const handler = clientCertificate({ rules: [{ san: "uri", value: "urn:ada", anyKey }], platform });
    const peer = peerOf(der);
    const ask = () => (handler.fromHeader?.("", { peer } as HandlerContext) as Verdict | undefined)?.kind;
    assert.equal(ask(), "accepted");
    now += 1;
    assert.equal(ask(), "rejected");
  });

  test("a function sees what the certificate says, and may say nobody", async () => {
    const { der, keySha256 } = make({ subject: "/CN=ada", san: "email:ada@example.org" });
    const handler = clientCertificate({
      rules: async (certificate) =>
        certificate.keySha256 === keySha256 && { subject: certificate.email[0] ?? "", tenant: "acme" },
    });
    const ask = (bytes: Uint8Array) => handler.fromHeader?.("", { peer: peerOf(bytes) } as HandlerContext);
    const verdict = (await ask(der)) as Verdict;
    assert.deepEqual(verdict.kind === "accepted" && verdict.identity, { subject: "ada@example.org", tenant: "acme" });
    assert.deepEqual(await ask(make({ san: "email:ada@example.org" }).der), { kind: "rejected" });
  });

  test("through the engine: no Authorization field, no session, and an unknown certificate is not anonymous", async () => {
    const known = make({ san: "URI:spiffe://example.org/ns/pay/sa/api" }).der;
    const unknown = make({ san: "URI:spiffe://example.org/x" }).der;
    const auth = createAuth({ handlers: [clientCertificate({ rules: [spiffe] })], store: memory(), onEvent: () => {} });
    const ask = async (peer: Peer, anonymous = false, ...rawHeaders: string[]) => {
      const decision = await auth.authenticate({ method: "GET", path: "/", rawHeaders, peer }, { anonymous });
      return decision.kind === "allowed" ? decision.caller.identity.subject : decision.kind;
    };
    assert.equal(await ask(peerOf(known)), "pay/api");
    assert.equal(await ask(peerOf(unknown)), "denied");
    assert.equal(await ask(peerOf(unknown), true), "denied");
    assert.equal(await ask(peerOf(undefined), true), "anonymous");
    assert.equal(await ask(peerOf(known, true), true), "anonymous", "a proxy's own certificate");
    assert.equal(await ask(peerOf(known, true)), "denied");
    for (const value of ["ClientCertificate x", "Basic eDp5", "Bearer x"]) {
      assert.equal(await ask(peerOf(known), true, "Authorization", value), "denied", value);
    }
    assert.deepEqual(await auth.sessions.list(), []);
  });

  const suite = skip ? new Uint8Array() : make({ san: "URI:spiffe://example.org/ns/pay/sa/api" }).der;
  describeHandler("client certificate", {
    create: () => clientCertificate({ rules: [spiffe] }),
    peer: peerOf(suite),
    good: [{ payload: "", subject: "pay/api" }],
    bad: ["x", "pay/api", "spiffe://example.org/ns/pay/sa/api"],
    stalled: "answers at once",
  });
});

test("only what Node writes is read: anything else is refused whole", () => {
  const read = (text: string) => {
    const names = parseSubjectAltName(text);
    return names && Object.fromEntries(names);
  };
  assert.deepEqual(read(""), {});
  assert.deepEqual(read('DNS:a, URI:"b\\u002c c", IP Address:1.2.3.4, DNS:d'), undefined, "a space in a URI");
  assert.deepEqual(read('DNS:a, URI:"b\\u002cc", DNS:d'), { DNS: ["a", "d"], URI: ["b,c"] });
  for (const text of [
    "DNS",
    "DNS:a,",
    "DNS:a, ",
    "DNS:a,DNS:b",
    'DNS:"a',
    'DNS:a"b"',
    'DNS:"a"b',
    "DNS:a'",
    'DNS:"\\x"',
    " , ",
  ]) {
    assert.equal(read(text), undefined, text);
  }
});

const rule: CertificateRule = { san: "uri", value: "urn:ada", anyKey };
const broken: readonly [why: string, rules: unknown, message: RegExp][] = [
  ["no rule", [], /needs a rule/],
  ["no rules", undefined, /needs a rule/],
  ["a rule for no name", [{ ...rule, san: undefined }], /rule 1: give either san or field/],
  ["a rule for two names", [{ ...rule, field: "CN" }], /rule 1: give either san or field/],
  ["an unknown kind of name", [{ ...rule, san: "ip" }], /rule 1: san must be "dns", "uri" or "email"/],
  ["no condition", [{ ...rule, value: undefined }], /rule 1: give either value or pattern/],
  ["a pattern that is a text", [{ ...rule, value: undefined, pattern: ".*" }], /pattern must be a regular expression/],
  ["a role with a comma", [rule, { ...rule, roles: ["a,b"] }], /rule 2: roles are of letters/],
  ["neither keys nor anyKey", [{ ...rule, anyKey: undefined }], /rule 1: give either keys.*or anyKey: true.*sha256sum/],
  ["both", [{ ...rule, keys: ["a".repeat(64)] }], /rule 1: give either keys/],
  ["a key that is no hash", [{ ...rule, anyKey: false, keys: ["A".repeat(64)] }], /64 lower-case hexadecimal digits/],
  ["no key", [{ ...rule, anyKey: false, keys: [] }], /keys must be a list of SHA-256/],
  [
    "one list of keys for many subjects",
    [{ san: "uri", pattern: /(.*)/, subject: "$1", keys: ["a".repeat(64)] }],
    /keys pin one subject/,
  ],
  ["an issuer that is none", [{ ...rule, issuer: "CN=our ca" }], /issuer must be PEM/],
  [
    "an issuer that is damaged",
    [{ ...rule, issuer: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }],
    /issuer holds a certificate that cannot be read/,
  ],
];
for (const [why, rules, message] of broken) {
  test(`refuses ${why}`, () => {
    assert.throws(() => clientCertificate({ rules: rules as CertificateRule[] }), { code: "invalid_options", message });
  });
}
