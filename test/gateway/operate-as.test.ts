import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AuthService } from "../../src/gen/sallyport/v1/auth_service_pb.js";
import { hashPassword } from "../../src/handlers/password/hash.js";
import { adaPassword } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const operateAs = `
operateAs:
  rules: [{ actors: [ada], targets: ["b*"], exceptRoles: [admin], maxDuration: 1h }]
tickets:
  services: { reports: [bob] }
`;

async function start(t: Parameters<typeof runGateway>[0]) {
  const gateway = await runGateway(t);
  const { files, upstream } = gateway;
  const hash = await hashPassword("bob's own");
  const users = (state = "") =>
    hashPassword(adaPassword).then((ada) =>
      files.write("users.yaml", `ada:${ada}:support\nbob:${hash}:user${state}\nbea:${hash}:user,admin\n`),
    );
  await users();
  const routes = "{ match: { path: / }, upstream: app }, { match: { path: /fresh }, maxAge: 1s, upstream: app }";
  const configure = (policies: string) => gateway.configure(configText(upstream.url, routes) + policies);
  configure(operateAs);
  gateway.reload();
  const client = createClient(AuthService, createConnectTransport({ httpVersion: "1.1", baseUrl: gateway.origin }));
  const logIn = (user: string, password: string, as?: string) =>
    client.logIn({
      proof: { case: "password", value: { user, password } },
      ...(as !== undefined && { operateAs: { subject: as } }),
    });
  const get = (token: string, path = "/") =>
    fetch(`${gateway.origin}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { ...gateway, client, configure, users, logIn, get };
}

test("an upstream is told who operates as whom, and a reload that takes the rule away ends it", async (t) => {
  const { logIn, get, upstream, configure, reload } = await start(t);
  const { token } = await logIn("ada", adaPassword, "bob");
  assert.equal((await get(token)).status, 200);
  const { headers } = upstream.requests.at(-1) ?? assert.fail("nothing came");
  assert.equal(headers["x-sallyport-subject"], "bob");
  assert.equal(headers["x-sallyport-roles"], "user");
  assert.equal(headers["x-sallyport-actor"], "ada");
  configure("");
  reload();
  assert.equal((await get(token)).status, 401);
});

test("an admin, a disabled user and nobody at all are no targets", async (t) => {
  const { logIn, users, reload } = await start(t);
  for (const target of ["bea", "bruno"]) {
    await assert.rejects(logIn("ada", adaPassword, target), /permission_denied/);
  }
  await assert.rejects(logIn("bob", "bob's own", "ada"), /permission_denied/);
  await users(":disabled");
  reload();
  await assert.rejects(logIn("ada", adaPassword, "bob"), /permission_denied/);
});

test("a ticket is redeemed by whom the configuration names for its service", async (t) => {
  const { client, logIn } = await start(t);
  const ada = { headers: { authorization: `Bearer ${(await logIn("ada", adaPassword)).token}` } };
  const bob = { headers: { authorization: `Bearer ${(await logIn("bob", "bob's own")).token}` } };
  const { ticket } = await client.issueTicket({ service: "reports" }, ada);
  await assert.rejects(client.redeemTicket({ ticket, service: "reports" }, ada), /permission_denied/);
  assert.equal((await client.redeemTicket({ ticket }, bob)).caller?.identity?.subject, "ada");
});

test("a route that wants a fresh log-in says so", async (t) => {
  const { logIn, get, origin } = await start(t);
  const { token } = await logIn("ada", adaPassword);
  assert.equal((await get(token, "/fresh")).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal((await get(token)).status, 200);
  const refused = await get(token, "/fresh");
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate") ?? "", /error="insufficient_user_authentication".*max_age="1"/);
  const again = await fetch(`${origin}/fresh`, { headers: { authorization: asAda } });
  assert.equal(again.status, 200);
});
