import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "sallyport/gateway";
import { sqlite } from "sallyport/sqlite";
import { systemPlatform } from "../../../../src/base/platform.js";
import { judgeValidity, probeListeners, probeUpstreamFiles } from "../../../../src/gateway/run/probe/certificates.js";
import { checkConnections } from "../../../../src/gateway/run/probe/check-connections.js";
import { judgeClock } from "../../../../src/gateway/run/probe/clock.js";
import { probeDirectory } from "../../../../src/gateway/run/probe/directory.js";
import { probeModes } from "../../../../src/gateway/run/probe/files.js";
import { probeKeySet, probeProvider } from "../../../../src/gateway/run/probe/provider.js";
import { loadDriver } from "../../../../src/stores/sqlite/driver.js";
import { lookAtDatabase } from "../../../../src/stores/sqlite/look.js";
import { lacksSlapd, searcher, smallDirectory, startSlapd, suffix } from "../../../handlers/ldap/slapd.js";
import { startIdentityProvider } from "../../../handlers/oidc/identity-provider.js";
import { gatewayFiles } from "../../gateway-files.js";
import { makeCertificates } from "../../make-certificates.js";
import { createServer, freePort, listen, probeWorld, upstream } from "./probe-world.js";

const brief = (findings: readonly { verdict: string; what: string; detail: string }[]): string[] =>
  findings.map(({ verdict, what, detail }) => `${verdict} ${what}: ${detail}`);

test("a provider is asked for its metadata and its keys", async (t) => {
  const provider = await startIdentityProvider();
  t.after(() => provider.close());
  const { issuer } = provider;
  const { context } = probeWorld();
  const address = `${issuer}/.well-known/openid-configuration`;
  assert.deepEqual(brief(await probeProvider("p", issuer, context)), [
    `ok p: ${address} names this issuer`,
    `ok p: ${issuer}/jwks holds 1 key`,
  ]);
  const [other] = brief(await probeProvider("p", `${issuer}/`, context));
  assert.equal(other, `fault p: ${address} names another issuer; configure the one that it names, to the last slash`);
  const [absent] = brief(await probeProvider("p", `${issuer}/tenant`, context));
  assert.match(absent ?? "", /^fault p: .* answered 404; look whether the issuer is spelled as/);
});

test("a key set must be one, of public keys", async (t) => {
  const answers = new Map<string, string>([
    ["/none", '{"keys":[]}'],
    ["/shared", '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'],
    ["/encrypts", '{"keys":[{"kty":"RSA","use":"enc"}]}'],
    ["/list", "[]"],
    ["/null", "null"],
    ["/page", "<html>"],
    ["/long", " ".repeat(300_000)],
    ["/private", '{"keys":[{"kty":"EC","d":"secret"}]}'],
    ["/good", '{"keys":[{"kty":"EC"},{"kty":"RSA","use":"sig"}]}'],
  ]);
  const { context, late } = probeWorld();
  const port = await listen(
    t,
    createServer(({ url = "" }, response) => {
      if (url === "/hangs") return late();
      const text = answers.get(url);
      response.writeHead(text === undefined ? 302 : 200, { location: "/good" }).end(text);
    }),
  );
  const ask = async (path: string, at = port) =>
    brief(await probeKeySet("k", `http://127.0.0.1:${at}${path}`, context));
  const nothing = "holds no public key that signs; give the URL of the issuer's key set";
  for (const [path, fault] of [
    ...["/none", "/shared", "/encrypts", "/list", "/null"].map((path) => [path, nothing] as const),
    ["/page", "did not answer with JSON"],
    ["/long", "answered with more than 262144 bytes"],
    ["/elsewhere", "answered 302; look whether the issuer is spelled as the provider names itself"],
    ["/hangs", "did not answer within 5 s"],
  ] as const) {
    assert.deepEqual(await ask(path), [`fault k: http://127.0.0.1:${port}${path} ${fault}`]);
  }
  assert.match((await ask("/private")).join(), /^warning k: .*shows a private or shared key/);
  assert.deepEqual(await ask("/good"), [`ok k: http://127.0.0.1:${port}/good holds 2 keys`]);
  const none = await freePort();
  assert.deepEqual(await ask("/good", none), [
    `fault k: http://127.0.0.1:${none}/good cannot be read: 127.0.0.1:${none} refused the connection`,
  ]);
});

test("a directory that cannot be reached is a fault, each server for itself", async () => {
  const [a, b] = [await freePort(), await freePort()];
  const options = { url: [`ldap://127.0.0.1:${a}`, `ldap://127.0.0.1:${b}`], users: { base: suffix } };
  assert.deepEqual(brief(await probeDirectory("d", options, probeWorld().context)), [
    `fault d: ldap://127.0.0.1:${a} cannot be reached (ECONNREFUSED)`,
    `fault d: ldap://127.0.0.1:${b} cannot be reached (ECONNREFUSED)`,
  ]);
});

describe("a real directory", { skip: lacksSlapd ?? false }, () => {
  test("accepts the account that searches and has the base; a wrong password or base is told apart, without the password", async (t) => {
    const slapd = await startSlapd(smallDirectory);
    t.after(() => slapd.stop());
    const { context } = probeWorld();
    const { url } = slapd;
    const ask = async (bind: typeof searcher | undefined, base = suffix) =>
      brief(await probeDirectory("d", { url, bind, users: { base } }, context)).join();
    assert.equal(await ask(searcher), `ok d: ${url} accepts the account that searches, and has ${suffix}`);
    assert.equal(
      await ask({ ...searcher, password: "wrong secret" }),
      `fault d: ${url} does not accept the account of bind; look at bind.dn and bind.password (result 49)`,
    );
    assert.equal(
      await ask(searcher, `ou=nowhere,${suffix}`),
      `fault d: ${url} does not let that account read ou=nowhere,${suffix}; look at users.base, and at the account's rights (result 32)`,
    );
    assert.match(await ask(undefined), /^ok d: .* can be reached; there is no account that searches/);
  });
});

test("a database is opened and changed in nothing; a lock, another program's file and a lost one are faults", async (t) => {
  const files = await gatewayFiles(t);
  const path = join(files.directory, "sessions.db");
  await assert.rejects(lookAtDatabase(path, systemPlatform, 0), { message: /there is no database at/ });
  assert.ok(!existsSync(path));
  await sqlite(path).close();
  assert.deepEqual(await lookAtDatabase(path, systemPlatform, 0), { layout: 5, latest: 5 });

  const { DatabaseSync } = loadDriver();
  const old = files.write("old.db", "");
  const made = new DatabaseSync(old, { timeout: 0 });
  made.exec(readFileSync("test/stores/sqlite/layouts/2.sql", "utf8"));
  made.close();
  chmodSync(old, 0o600);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(await lookAtDatabase(old, systemPlatform, 0), { layout: 2, latest: 5 }, "the layout stays");
  }

  const holder = new DatabaseSync(path, { timeout: 0 });
  t.after(() => holder.close());
  holder.exec("begin immediate");
  await assert.rejects(lookAtDatabase(path, systemPlatform, 0), { message: /another process holds the write lock/ });
  holder.exec("rollback");
  chmodSync(path, 0o666);
  await assert.rejects(lookAtDatabase(path, systemPlatform, 0), {
    message: /may be written by other users; run: chmod/,
  });
  const text = files.write("text.db", "not a database, but long enough to be taken for a header of one".repeat(20));
  await assert.rejects(lookAtDatabase(text, systemPlatform, 0), { message: /is no.* SQLite database/ });
});

test("certificates: expired or not yet valid is a fault, less than 30 days a warning", (t) => {
  const [from, to] = ["Jan  1 00:00:00 2030 GMT", "Apr  1 00:00:00 2030 GMT"];
  const judge = (now: string) => {
    const { verdict, detail } = judgeValidity("w", "it", from, to, Date.parse(now));
    return `${verdict}: ${detail}`;
  };
  assert.match(
    judge("2029-12-31T23:59:59Z"),
    /^fault: it is not valid before 2030-01-01; look at this machine's clock/,
  );
  assert.equal(judge("2030-01-01T00:00:00Z"), "ok: it is good for 90 more days, until 2030-04-01");
  assert.equal(judge("2030-03-02T00:00:00Z"), "ok: it is good for 30 more days, until 2030-04-01");
  assert.equal(judge("2030-03-02T00:00:01Z"), "warning: it is good for 29 more days, until 2030-04-01; renew it");
  assert.equal(judge("2030-04-01T00:00:00Z"), "fault: it has expired on 2030-04-01; renew it");

  const certificates = makeCertificates() ?? assert.fail("needs openssl: apt-get install openssl");
  t.after(() => certificates.remove());
  const { cert, key } = certificates.make("gate");
  const tls = { cert, key, clientCa: certificates.ca, clientCertificate: "request" } as const;
  const listening = [{ host: "127.0.0.1", port: 0, tls }];
  const verdicts = (now: number) =>
    probeListeners(listening, probeWorld({ now: () => now }).context).map(({ what, verdict }) => `${verdict} ${what}`);
  const both = (verdict: string) => [`${verdict} listen[0].tls.cert`, `${verdict} listen[0].tls.clientCa`];
  assert.deepEqual(verdicts(Date.now()), both("warning"));
  assert.deepEqual(verdicts(Date.now() + 3 * 86_400_000), both("fault"));
  assert.deepEqual(verdicts(Date.now() - 3_600_000), both("fault"));
  const shown = { ...upstream("https://a"), tls: { ca: certificates.ca, certificate: cert, key } };
  assert.deepEqual(
    probeUpstreamFiles([shown, upstream("https://b")], probeWorld().context).map(
      ({ what, verdict }) => `${verdict} ${what}`,
    ),
    ["warning upstreams.app.tls.certificate", "warning upstreams.app.tls.ca"],
  );
});

test("a clock that is more than 30 s off is a warning, and says in which direction", () => {
  assert.deepEqual(judgeClock([]), []);
  const good = [
    { what: "a", aheadMs: 30_000 },
    { what: "b", aheadMs: -30_000 },
  ];
  assert.deepEqual(brief(judgeClock(good)), ["ok clock: within 30 s of a, b"]);
  const far = [...good, { what: "c", aheadMs: 95_000 }, { what: "d", aheadMs: -31_000 }];
  const [ahead, behind, ...rest] = brief(judgeClock(far));
  assert.match(ahead ?? "", /^warning clock: this machine is 95 s behind c; let NTP set the clock/);
  assert.match(behind ?? "", /^warning clock: this machine is 31 s ahead of d;/);
  assert.deepEqual(rest, []);
});

test("a file that other users can read is a fault where it is a secret, and a warning where it has hashes", async (t) => {
  const { write } = await gatewayFiles(t);
  const file = write("it", "");
  const judge = (mode: number, isSecret: boolean) => {
    chmodSync(file, mode);
    return brief(probeModes([{ what: "w", file, danger: "do harm", isSecret }])).join();
  };
  assert.equal(judge(0o600, true), `ok w: ${file} is closed to other users`);
  assert.equal(
    judge(0o604, true),
    `fault w: every user of this machine who can read ${file} can do harm; run: chmod 600 ${file}`,
  );
  assert.equal(judge(0o640, false), `ok w: ${file} is closed to other users`);
  assert.match(judge(0o644, false), /^warning w: .*; run: chmod o= /);
});

test("all that a configuration depends on has a finding, and nothing is made", async (t) => {
  const files = await gatewayFiles(t);
  const provider = await startIdentityProvider();
  t.after(() => provider.close());
  const port = await listen(
    t,
    createServer((_request, response) => void response.end()),
  );
  copyFileSync(join(files.directory, "users.yaml"), join(files.directory, "users.txt"));
  const { issuer } = provider;
  const down = await freePort();
  files.write(
    "gate.yaml",
    `listen: [{ address: 127.0.0.1:0 }]
keys: { file: ./keys.json }
store: { sqlite: ./sessions.db }
handlers:
  Basic: { users: ./users.txt }
  Bearer: { oidc: { issuer: "${issuer}", audience: api } }
  External: { external: { issuer: "${issuer}", clientId: c, url: "https://gate.example/external" } }
routes:
  - { match: { path: /a }, upstream: app }
  - { match: { path: / }, upstream: down, authorize: { url: "http://127.0.0.1:${down}/decide" } }
  - { match: { path: /b }, upstream: app, authorize: { url: "http://127.0.0.1:${down}/decide" } }
  - { match: { path: /c }, upstream: app, authorize: { url: "${issuer}/decide" } }
upstreams:
  app: { url: "http://127.0.0.1:${port}" }
  down: { url: "http://127.0.0.1:${down}" }
`,
  );
  const found = await checkConnections(loadConfig(files.config, {}));
  assert.deepEqual(
    found.map(({ verdict, what }) => `${verdict} ${what}`),
    [
      "ok keys",
      "ok handlers.Basic.users",
      "ok store",
      ...["oidc", "oidc"].map((kind) => `ok handlers.Bearer.${kind}`),
      ...["external", "external"].map((kind) => `ok handlers.External.${kind}`),
      "ok upstreams.app",
      "fault upstreams.down",
      "fault routes[1].authorize",
      "ok routes[3].authorize",
    ],
  );
  assert.ok(!existsSync(join(files.directory, "sessions.db")));
});
