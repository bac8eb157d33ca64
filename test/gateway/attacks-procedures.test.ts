import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { pino } from "pino";
import { logEvent } from "../../src/gateway/observe/log.js";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { hashPassword } from "../../src/handlers/password/hash.js";
import { digestOf } from "../../src/handlers/private-key/verify-signature.js";
import { toSignedBytes } from "../../src/wire/challenge-message.js";
import { adaPassword } from "./gateway-files.js";
import { configText, runGateway } from "./running-gateway.js";

const bobPassword = "correct-horse-battery";

test("neither log nor audit nor an upstream is told what a procedure was given or gave: passwords, tokens, tickets, nonces, signatures", async (t) => {
  const audited = "audit: { file: ./audit.jsonl, onFailure: continue }\n";
  const routes = "{ match: { path: / }, upstream: app }";
  const gateway = await runGateway(t, routes, (text) => text + audited);
  const { files, upstream, origin, logged, configure, reload } = gateway;
  const hash = await hashPassword(adaPassword);
  files.write("users.yaml", `ada:${hash}:support\nbob:${await hashPassword(bobPassword)}:user\n`);
  const key = generateKeyPairSync("ed25519");
  const publicKey = key.publicKey.export({ type: "spki", format: "der" });
  files.write("authorized_keys", `bob ${publicKey.toString("base64")}\n`);
  const entry = "PublicKey: { authorizedKeys: { file: ./authorized_keys } }";
  const policies = `
operateAs: { rules: [{ actors: [ada], targets: [bob] }] }
tickets: { services: { reports: [bob] } }
${audited}`;
  configure(configText(upstream.url, routes).replace("handlers: {", `handlers: { ${entry},`) + policies);
  reload();

  const secrets = new Set([adaPassword, bobPassword]);
  const keep = (secret: string | Uint8Array): void => {
    if (typeof secret === "string") secrets.add(secret);
    else for (const form of ["base64", "base64url", "hex"] as const) secrets.add(Buffer.from(secret).toString(form));
  };
  const watch: Interceptor = (next) => async (request) => {
    const response = await next(request);
    const token = response.header.get("authorization")?.split(" ")[1];
    if (token !== undefined) keep(token);
    return response;
  };
  const transport = createConnectTransport({ httpVersion: "1.1", baseUrl: origin, interceptors: [watch] });
  const client = createClient(AuthService, transport);
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const password = (user: string, word: string) => ({ case: "password", value: { user, password: word } }) as const;

  const ada = await client.logIn({ proof: password("ada", adaPassword) });
  const bob = await client.logIn({ proof: password("bob", bobPassword) });
  await assert.rejects(client.logIn({ proof: password("bob", adaPassword) }));
  const operating = await client.operateAs({ wish: { subject: "bob" } }, as(ada.token));
  await assert.rejects(client.operateAs({ wish: { subject: ada.token } }, as(ada.token)));
  for (const { token } of [ada, bob, operating]) keep(token);
  const { ticket } = await client.issueTicket({ service: "reports" }, as(ada.token));
  keep(ticket);
  await client.redeemTicket({ ticket, service: "reports" }, as(bob.token));
  await assert.rejects(client.redeemTicket({ ticket, service: "reports" }, as(bob.token)), /not_found/);
  await assert.rejects(client.redeemTicket({ ticket: ada.token, service: "reports" }, as(bob.token)), /not_found/);

  const { realm, nonce } = await client.getChallenge({ user: "bob", publicKey });
  const fingerprint = digestOf(publicKey);
  const signature = sign(
    null,
    toSignedBytes({ realm, purpose: "log-in", user: "bob", fingerprint, nonce }),
    key.privateKey,
  );
  keep(nonce);
  keep(signature);
  const proof = { case: "privateKey", value: { user: "bob", publicKey, nonce, signature } } as const;
  keep((await client.logIn({ proof })).token);
  await assert.rejects(client.logIn({ proof }));
  await client.logOut({}, as(operating.token));
  assert.equal((await fetch(`${origin}/`, as(ada.token))).status, 200);

  const audit = readFileSync(`${files.directory}/audit.jsonl`, "utf8");
  for (const kind of ["operate-as", "ticket-issued", "ticket-redeemed", "ticket-misused", "operate-as-refused"]) {
    assert.ok(audit.includes(`"${kind}"`) && logged.some((line) => line.kind === kind), kind);
  }
  const seen = upstream.requests.map(({ url, rawHeaders }) => [url, ...rawHeaders].join("\n"));
  const told = [JSON.stringify(logged), audit, ...seen].join("\n");
  assert.ok(secrets.size > 8);
  for (const secret of secrets) {
    for (let at = 0; at + 12 <= secret.length; at += 6) {
      const part = secret.slice(at, at + 12);
      assert.equal(told.includes(part), false, `a secret was told: ${part}`);
    }
  }
});

test("what a handler or a store throws is logged by its class: the text may hold what it was given", () => {
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const error = new TypeError("the password hunter2-hunter2 of ada is wrong", { cause: "hunter2-hunter2" });
  logEvent(log, { kind: "handler-failed", scheme: "basic", failure: { kind: "threw", error } }, { at: 0 });
  logEvent(log, { kind: "store-failed", error }, { at: 0 });
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => line.includes("TypeError")));
  assert.ok(!lines.join("").includes("hunter2"));
});
