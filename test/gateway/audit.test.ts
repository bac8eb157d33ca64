import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../../src/gateway/config/parse-config.js";
import type { AuditRecord } from "../../src/policies/audit/record.js";
import { gatewayFiles } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const users = "{ match: { path: / }, roles: [user], upstream: app }";
const withAudit = (text: string, more = "") =>
  `${text}audit: { file: ./audit.jsonl, onFailure: refuse${more} }\nlog: { level: debug }\n`;

async function runAudited(t: TestContext, more = "") {
  const gateway = await runGateway(t, users, (text) => `${withAudit(text)}${more}`);
  const path = join(gateway.files.directory, "audit.jsonl");
  const records = () =>
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditRecord);
  return { ...gateway, path, records };
}
const eventsOf = (records: readonly AuditRecord[]) =>
  records.map(({ event, reason }) => [event, reason ?? ""].join(" ").trim());

test("a log-in is recorded before its answer, and a refusal soon after, each under the id of their line in the log", async (t) => {
  const gateway = await runAudited(t);
  await fetch(gateway.origin, { headers: { authorization: asAda } });
  assert.deepEqual(eventsOf(gateway.records()), ["configuration started", "session-opened"]);
  await fetch(gateway.origin, { headers: { authorization: `Basic ${btoa("ada:wrong")}` } });
  await gateway.served.stop();
  const [started, logIn, refused] = gateway.records();
  assert.deepEqual(eventsOf(gateway.records()), [
    "configuration started",
    "session-opened",
    "refused invalid_credentials",
  ]);
  assert.equal(started?.configuration, loadConfig(gateway.files.config).digest);
  assert.deepEqual([logIn?.subject, logIn?.scheme, logIn?.address], ["ada", "basic", "127.0.0.1"]);
  const lines = gateway.logged.filter(({ kind }) => kind === "request");
  assert.deepEqual(
    lines.map(({ id }) => id),
    [logIn?.correlationId, refused?.correlationId],
  );
  assert.notEqual(logIn?.correlationId, refused?.correlationId);
});

test("log-ins, tickets and log-outs by RPC are recorded too, from where and under the id of their trace", async (t) => {
  const gateway = await runAudited(t);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const call = async (method: string, message: object, authorization?: string) => {
    const headers = { "content-type": "application/json", traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const answer = await fetch(`${gateway.origin}/sallyport.v1.AuthService/${method}`, {
      method: "POST",
      headers: authorization === undefined ? headers : { ...headers, authorization },
      body: JSON.stringify(message),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const { token } = await call("LogIn", { password: { user: "ada", password: "correct horse" } });
  const { ticket } = await call("IssueTicket", { service: "ada" }, `Bearer ${token}`);
  await call("RedeemTicket", { service: "ada", ticket }, `Bearer ${token}`);
  await call("LogOut", {}, `Bearer ${token}`);
  await gateway.served.stop();
  const [, ...records] = gateway.records();
  assert.deepEqual(eventsOf(records), ["session-opened", "ticket-issued", "ticket-redeemed", "session-ended logout"]);
  for (const { subject, address, correlationId, session } of records) {
    assert.deepEqual([subject, address, correlationId, session], ["ada", "127.0.0.1", trace, records[0]?.session]);
  }
});

test("behind a trusted proxy the address is the one that it vouches for", async (t) => {
  const gateway = await runAudited(t, "trustedProxies: [127.0.0.1/32]\n");
  await fetch(gateway.origin, { headers: { authorization: asAda, "x-forwarded-for": "198.51.100.9, 192.0.2.44" } });
  assert.equal(gateway.records().at(-1)?.address, "192.0.2.44");
});

test("a configuration that was taken, and one that was not, are recorded", async (t) => {
  const gateway = await runAudited(t);
  const text = withAudit(configText(gateway.upstream.url, users));
  gateway.configure(`${text}# another\n`);
  gateway.reload();
  gateway.configure(text.replace("upstream: app", "upstream: ap"));
  gateway.reload();
  gateway.configure(text.replace("audit.jsonl", "elsewhere.jsonl"));
  gateway.reload();
  const { msg } = gateway.logged.at(-1) ?? {};
  await gateway.served.stop();
  const records = gateway.records();
  assert.deepEqual(eventsOf(records), [
    "configuration started",
    "configuration reloaded",
    "configuration refused",
    "configuration reloaded",
  ]);
  assert.deepEqual(
    records.map(({ outcome }) => outcome),
    ["success", "success", "refused", "success"],
  );
  assert.equal(new Set(records.map(({ configuration }) => configuration)).size, 4);
  assert.match(String(msg), /restart to change audit/);
});

test("SIGHUP opens a file anew that was moved away, and every engine goes on with it", async (t) => {
  const gateway = await runAudited(t);
  renameSync(gateway.path, `${gateway.path}.1`);
  gateway.reload();
  await fetch(gateway.origin, { headers: { authorization: asAda } });
  assert.deepEqual(eventsOf(gateway.records()), ["configuration reloaded", "session-opened"]);
  await gateway.served.stop();
  assert.equal(readFileSync(`${gateway.path}.1`, "utf8").split("\n").length, 2);
});

test("what cannot be right is found with its line, and checking makes no file", async (t) => {
  const files = await gatewayFiles(t);
  const faultsOf = (audit: string) => {
    files.write("gate.yaml", `${configText("http://127.0.0.1:1", users)}audit: ${audit}\n`);
    try {
      loadConfig(files.config);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(faultsOf("{ file: ./audit.jsonl }"), /gate\.yaml:9:\d+: audit\.onFailure is missing/);
  assert.match(faultsOf("{ file: ./audit.jsonl, onFailure: ignore }"), /audit\.onFailure must be continue or refuse/);
  assert.match(
    faultsOf("{ file: ./none/audit.jsonl, onFailure: refuse }"),
    /there is no directory .*none; make it with: mkdir -m 700/,
  );
  assert.equal(faultsOf("{ file: ./audit.jsonl, onFailure: refuse }"), "");
  assert.throws(() => readFileSync(join(files.directory, "audit.jsonl")), { code: "ENOENT" });
});
