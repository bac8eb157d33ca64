import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { hash } from "@node-rs/bcrypt";
import { addApiKey, createApiKey } from "sallyport";
import { toFaultText } from "../../../src/gateway/config/document.js";
import { createHandler } from "../../../src/gateway/config/handlers.js";
import { loadConfig, parseConfig } from "../../../src/gateway/config/parse-config.js";
import type { HandlerContext, Verdict } from "../../../src/handlers/handler.js";
import { toKeyMessage } from "../../../src/wire/key-messages.js";
import { lacksSlapd, searcher, smallDirectory, startSlapd, suffix } from "../../handlers/ldap/slapd.js";
import { startIdentityProvider } from "../../handlers/oidc/identity-provider.js";
import { pairs, spkiOf } from "../../wire/keys.js";
import { type GatewayFiles, gatewayFiles, sketch } from "../gateway-files.js";

// One entry of `handlers` each: from the words of the file to a verdict.

const withHandler = (entry: string) => sketch.replace(/ {2}Basic: .*\n(?: {2}Bearer: .*\n)?/, `  ${entry}\n`);

function handlerOf(files: GatewayFiles, entry: string) {
  files.write("gate.yaml", withHandler(entry));
  const [config] = loadConfig(files.config).handlers;
  return config === undefined ? assert.fail("no handler") : createHandler(config, () => {});
}

function faultOf(files: GatewayFiles, entry: string): string {
  const parsed = parseConfig(withHandler(entry), { file: files.config });
  const faults = parsed.kind === "faults" ? parsed.faults : [];
  return faults.map((fault) => toFaultText(fault).replaceAll(`${files.directory}/`, "")).join("\n");
}

const ask = (handler: ReturnType<typeof handlerOf>, payload: string): Verdict | Promise<Verdict> =>
  handler.fromHeader?.(payload, {
    peer: { address: "", trusted: false },
    proofs: { derive: () => undefined },
  } as unknown as HandlerContext) ?? assert.fail();

test("htpasswd: the users of the file, with the roles of the entry", async (t) => {
  const files = await gatewayFiles(t);
  files.write("htpasswd", `ada:${await hash("correct horse", 10)}\n`);
  const handler = handlerOf(files, "Basic: { htpasswd: { file: ./htpasswd, roles: [user] } }");
  assert.deepEqual(await ask(handler, btoa("ada:correct horse")), {
    kind: "accepted",
    identity: { subject: "ada", roles: ["user"] },
  });
  assert.deepEqual(await ask(handler, btoa("ada:wrong")), { kind: "rejected" });
});

test("htpasswd: a weak hash is found with its line, and another scheme is refused", async (t) => {
  const files = await gatewayFiles(t);
  files.write("htpasswd", "ada:{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=\n");
  assert.match(
    faultOf(files, "Basic: { htpasswd: { file: ./htpasswd } }"),
    /^gate.yaml:6:\d+: handlers.Basic.htpasswd: htpasswd, line 1: the hash is one plain SHA.*htpasswd -B -C 12 FILE NAME$/,
  );
  assert.match(
    faultOf(files, "Digest: { htpasswd: { file: ./htpasswd } }"),
    /^gate.yaml:6:3: htpasswd answers for the scheme Basic; write handlers.Basic/,
  );
});

test("ldap: people of a directory, with the roles of their groups", { skip: lacksSlapd ?? false }, async (t) => {
  const files = await gatewayFiles(t);
  const slapd = await startSlapd(smallDirectory);
  t.after(() => slapd.stop());
  files.write("password", `${searcher.password}\n`);
  const entry = (url: string, more = "") =>
    `Basic: { ldap: { url: "${url}", ca: "${slapd.certificates.ca}", timeout: 1s,
      bind: { dn: "${searcher.dn}", password: { file: ./password } }, users: { base: "${suffix}" },
      groups: { base: "${suffix}", roles: { "cn=admins,${suffix}": [admin] } }${more} } }`;
  const handler = handlerOf(files, entry(slapd.secureUrl));
  assert.deepEqual(await ask(handler, btoa("Ada:correct horse")), {
    kind: "accepted",
    identity: { subject: "ada", roles: ["admin"], dn: `uid=ada,${suffix}`, attributes: {} },
  });
  assert.deepEqual(await ask(handler, btoa("ada:wrong")), { kind: "rejected" });
  const [config] = loadConfig(files.config).handlers;
  assert.ok(!inspect(config, { depth: 9 }).includes(searcher.password));
});

test("ldap: what cannot be right is found with its line, and no secret is shown", async (t) => {
  const files = await gatewayFiles(t);
  files.write("no.pem", "no certificate");
  const users = 'users: { base: "dc=example,dc=org" }';
  for (const [entry, fault] of [
    [
      `Basic: { ldap: { url: "ldap://ldap.example", startTls: false, ${users} } }`,
      /handlers.Basic.ldap: ldap: url ldap:\/\/ldap.example without StartTLS/,
    ],
    [`Basic: { ldap: { url: "https://ldap.example", ${users} } }`, /ldap: url must be ldaps:\/\/host/],
    [`Basic: { ldap: { url: "ldaps://ldap.example", users: {} } }`, /ldap: users needs base/],
    [
      `Basic: { ldap: { url: "ldaps://ldap.example", ${users}, ca: ./missing.pem } }`,
      /handlers.Basic.ldap.ca: there is no file missing.pem/,
    ],
    [
      `Basic: { ldap: { url: "ldaps://ldap.example", ${users}, ca: ./no.pem } }`,
      /ldap: ca must be the text of a certificate/,
    ],
    [
      `Basic: { ldap: { url: "ldaps://ldap.example", ${users}, bind: { dn: "cn=gate", password: hunter2 } } }`,
      /bind.password holds the secret itself; use \$\{NAME\} or \{ file: PATH \}$/,
    ],
    [
      `Basic: { ldap: { url: "ldaps://ldap.example", ${users}, groups: { roles: { admins: [admin] } } } }`,
      /"admins" is no distinguished name/,
    ],
    [
      `LDAP: { ldap: { url: "ldaps://ldap.example", ${users} } }`,
      /ldap answers for the scheme Basic; write handlers.Basic/,
    ],
  ] as const) {
    const told = faultOf(files, entry);
    assert.match(told, /^gate.yaml:6:\d+: /);
    assert.match(told, fault);
    assert.ok(!told.includes("hunter2"));
  }
});

test("oidc: the issuer and the audience are enough, and groups give roles", async (t) => {
  const files = await gatewayFiles(t);
  const idp = await startIdentityProvider();
  t.after(() => idp.close());
  idp.claims = { resource_access: { "api.example": { roles: ["ops", "guests"] } } };
  const handler = handlerOf(
    files,
    `Bearer: { oidc: { issuer: "${idp.issuer}", audience: api, opens: session,
    rolesClaim: [resource_access, api.example, roles], groupRoles: { ops: [admin, user] } } }`,
  );
  assert.equal(handler.opens, "session");
  const verdict = await ask(handler, await idp.accessToken("urn:api"));
  assert.deepEqual(verdict, { kind: "rejected" }, "for another audience");
  const own = handlerOf(
    files,
    `Bearer: { oidc: { issuer: "${idp.issuer}", audience: "urn:api",
    rolesClaim: [resource_access, api.example, roles], groupRoles: { ops: [admin, user] } } }`,
  );
  const accepted = await ask(own, await idp.accessToken("urn:api"));
  assert.ok(accepted.kind === "accepted");
  const identity = { subject: "machine", issuer: idp.issuer, roles: ["admin", "user"] };
  assert.deepEqual([own.opens, accepted.identity], ["nothing", identity]);
});

test("oidc: groups in one string are told apart by the separator that the file names", async (t) => {
  const files = await gatewayFiles(t);
  const idp = await startIdentityProvider();
  t.after(() => idp.close());
  idp.claims = { groups: "ops, guests;staff" };
  const options = 'audience: "urn:api", rolesClaim: groups, rolesSeparator: ";"';
  const handler = handlerOf(files, `Bearer: { oidc: { issuer: "${idp.issuer}", ${options} } }`);
  const accepted = await ask(handler, await idp.accessToken("urn:api"));
  assert.ok(accepted.kind === "accepted");
  assert.deepEqual(accepted.identity.roles, ["ops, guests", "staff"]);
});

test("jwt and oidc: a key that is forbidden signs nothing, and stale keys have the duration of the file", async (t) => {
  const idp = await startIdentityProvider();
  t.after(() => idp.close());
  const files = await gatewayFiles(t);
  const token = await idp.accessToken("urn:api");
  const { keys } = (await (await fetch(`${idp.issuer}/jwks`)).json()) as { readonly keys: { readonly kid: string }[] };
  const kid = keys[0]?.kid ?? assert.fail();
  for (const kind of [
    `oidc: { issuer: "${idp.issuer}", audience: "urn:api"`,
    `jwt: { issuer: "${idp.issuer}", jwks: "${idp.issuer}/jwks", audience: "urn:api"`,
  ]) {
    const verdictOf = async (more: string) => (await ask(handlerOf(files, `Bearer: { ${kind}${more} } }`), token)).kind;
    assert.equal(await verdictOf(", staleKeys: 10m, forbidKeys: [other]"), "accepted");
    assert.equal(await verdictOf(`, forbidKeys: [${JSON.stringify(kid)}]`), "rejected");
    assert.match(faultOf(files, `Bearer: { ${kind}, staleKeys: soon } }`), /staleKeys/);
  }
  files.write(
    "gate.yaml",
    withHandler("Bearer: { jwt: { issuer: https://idp.example, audience: api, staleKeys: 10m } }"),
  );
  const [config] = loadConfig(files.config).handlers;
  assert.deepEqual(config?.kind === "jwt" && config.keys, { staleKeysMs: 600_000, forbidKeys: undefined });
});

test("oidc: what cannot be right is found with its line", async (t) => {
  const files = await gatewayFiles(t);
  assert.match(
    faultOf(files, "Bearer: { oidc: { issuer: http://idp.example, audience: api } }"),
    /^gate.yaml:6:\d+: handlers.Bearer.oidc: oidc: issuer must be https/,
  );
  assert.match(
    faultOf(files, "Bearer: { oidc: { issuer: https://idp.example, audience: api, groupRoles: { a: [b] } } }"),
    /groupRoles needs rolesClaim/,
  );
  assert.match(
    faultOf(files, "Token: { oidc: { issuer: https://idp.example, audience: api } }"),
    /oidc answers for the scheme Bearer; write handlers.Bearer/,
  );
});

test("authorizedKeys: the keys of the file, for private keys and nothing else", async (t) => {
  const files = await gatewayFiles(t);
  const spki = spkiOf(pairs["P-256"]).toString("base64");
  files.write("authorized_keys", `ada roles="user" ${spki}\n`);
  for (const [options, wanted] of [
    ["", "declined"],
    [", rawChallenges: true", "challenged"],
  ] as const) {
    const handler = handlerOf(files, `PublicKey: { authorizedKeys: { file: ./authorized_keys${options} } }`);
    const raw = toKeyMessage({ kind: "raw-challenge", client: Buffer.alloc(16) });
    const proofs = { realm: "x", put: () => true, take: () => undefined, derive: () => ({ keyId: 1, secret: raw }) };
    const verdict = await handler.fromHandshake?.(raw, { proofs } as unknown as HandlerContext);
    assert.deepEqual([handler.scheme, handler.fromHeader, verdict?.kind], ["PublicKey", undefined, wanted]);
  }
});

test("authorizedKeys: a faulty file is found with its line, and another scheme is refused", async (t) => {
  const files = await gatewayFiles(t);
  const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
  files.write("authorized_keys", `ada ${spkiOf(dsa).toString("base64")}\n`);
  assert.match(
    faultOf(files, "PublicKey: { authorizedKeys: { file: ./authorized_keys } }"),
    /^gate.yaml:6:\d+: handlers.PublicKey.authorizedKeys: authorized_keys, line 1: the key is DSA, which is no longer safe/,
  );
  assert.equal(faultOf(files, "PublicKey: { authorizedKeys: { file: ./authorized_keys, allowLegacyDsa: true } }"), "");
  assert.match(
    faultOf(files, "SSH: { authorizedKeys: { file: ./authorized_keys, allowLegacyDsa: true } }"),
    /^gate.yaml:6:3: authorizedKeys answers for the scheme PublicKey; write handlers.PublicKey/,
  );
});

test("apiKeys: the keys of the file, under the scheme of the entry", async (t) => {
  const files = await gatewayFiles(t);
  const { key, record } = createApiKey({ name: "ci", roles: ["deploy"] });
  addApiKey(`${files.directory}/api-keys.jsonl`, record);
  for (const scheme of ["ApiKey", "Bearer", "X-Key"]) {
    const text = withHandler(`${scheme}: { apiKeys: ./api-keys.jsonl }`).replace(/ {2}Bearer: \{ jwt.*\n/, "");
    files.write("gate.yaml", text);
    const [config] = loadConfig(files.config).handlers;
    const handler = createHandler(config ?? assert.fail(), () => {});
    assert.equal(handler.scheme, scheme);
    const verdict = await ask(handler, key);
    assert.deepEqual(verdict.kind === "accepted" && verdict.identity.roles, ["deploy"]);
  }
});

test("apiKeys beside jwt: one scheme, and the prefix decides", async (t) => {
  const files = await gatewayFiles(t);
  const { key, record } = createApiKey({ name: "ci" });
  addApiKey(`${files.directory}/api-keys.jsonl`, record);
  files.write("gate.yaml", sketch.replace("Bearer: { jwt:", "Bearer: { apiKeys: ./api-keys.jsonl, jwt:"));
  const config = loadConfig(files.config).handlers.find(({ scheme }) => scheme === "Bearer");
  const handler = createHandler(config ?? assert.fail(), () => {});
  assert.equal((await ask(handler, key)).kind, "accepted");
  assert.equal((await ask(handler, `${key}x`)).kind, "rejected");
  assert.equal((await ask(handler, "opaque")).kind, "declined");
  const claims = btoa(JSON.stringify({ iss: "https://idp.example" })).replace(/=+$/, "");
  assert.equal((await ask(handler, `e30.${claims}.AAAA`)).kind, "rejected", "the jwt of this issuer is asked");
});

test("apiKeys: a faulty file is found with its line, and no other two kinds may share a scheme", async (t) => {
  const files = await gatewayFiles(t);
  files.write("api-keys.jsonl", "{}\n");
  assert.match(
    faultOf(files, "ApiKey: { apiKeys: ./api-keys.jsonl }"),
    /^gate.yaml:6:\d+: handlers.ApiKey.apiKeys: api-keys.jsonl, line 1: id must be 16 lower-case hexadecimal digits$/,
  );
  assert.match(
    faultOf(files, "Basic: { apiKeys: ./api-keys.jsonl }"),
    /gate.yaml:6:3: Basic is for users: a user file; give keys a scheme of their own, such as ApiKey/,
  );
  assert.match(
    faultOf(files, "Basic: { users: ./users.yaml, htpasswd: { file: ./users.yaml } }"),
    /^gate.yaml:6:\d+: handlers.Basic must have exactly one of its keys; only apiKeys may stand beside jwt or oidc$/,
  );
});

test("certificates: what cannot be right is found with its line", async (t) => {
  const files = await gatewayFiles(t);
  const rule = "san: uri, pattern: 'urn:(.*)', anyKey: true";
  assert.match(
    faultOf(files, `ClientCertificate: { certificates: [{ ${rule} }] }`),
    /^gate.yaml:6:3: no listener asks for client certificates; add tls: \{ cert, key, clientCa \} to one of listen$/,
  );
  const rows: readonly [entry: string, fault: RegExp][] = [
    ["ClientCertificate: { certificates: [] }", /handlers.ClientCertificate.certificates must be a list of rules/],
    [`mTLS: { certificates: [{ ${rule} }] }`, /certificates answers for the scheme ClientCertificate/],
    [
      "ClientCertificate: { certificates: [{ san: uri, pattern: '(', anyKey: true }] }",
      /certificates\[0\].pattern is no regular expression/,
    ],
    [`ClientCertificate: { certificates: [{ ${rule}, issuer: ./none.pem }] }`, /issuer: there is no file none.pem/],
    [
      `ClientCertificate: { certificates: [{ ${rule} }, { san: uri, value: x }] }`,
      /handlers.ClientCertificate.certificates: clientCertificate, rule 2: give either keys/,
    ],
    [`ClientCertificate: { certificates: [{ ${rule}, keys: [A] }] }`, /keys\[0\] must be the SHA-256 of a public key/],
  ];
  for (const [entry, fault] of rows) assert.match(faultOf(files, entry), fault, entry);
});
