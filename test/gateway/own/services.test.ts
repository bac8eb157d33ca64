import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { AuthApi } from "../../../src/gen/io/deephaven/proto/auth/grpc/auth_service_pb.js";
import { runCli } from "../../cli/run-cli.js";
import { failure, named } from "../../services/enterprise/enterprise-server.js";
import { adaPassword } from "../gateway-files.js";
import { asAda, configText, type RunningGateway, runGateway } from "../running-gateway.js";

const routes = "{ match: { path: / }, roles: [user], upstream: app }";

/** A gateway with these services, and a client of the one of Deephaven Enterprise. */
async function start(t: TestContext, services: string): Promise<RunningGateway & { api: Client<typeof AuthApi> }> {
  const gateway = await runGateway(t);
  gateway.configure(`${configText(gateway.upstream.url, routes)}services: ${services}\n`);
  gateway.reload();
  return { ...gateway, api: createClient(AuthApi, createGrpcTransport({ baseUrl: gateway.origin })) };
}

async function logIn(api: Client<typeof AuthApi>): Promise<Uint8Array> {
  const { result } = await api.authenticateByPassword({ userContext: named("ada"), password: adaPassword });
  assert.ok(result?.authenticated);
  return result.cookie;
}

test("the gateway serves Deephaven Enterprise where it is configured, and nowhere else", async (t) => {
  const gateway = await start(t, "{ deephavenEnterprise: { verifyTokenFrom: [127.0.0.0/8], address: 192.0.2.7 } }");
  for (const transport of [
    createGrpcTransport({ baseUrl: gateway.origin }),
    createGrpcWebTransport({ baseUrl: gateway.origin, httpVersion: "1.1" }),
    createConnectTransport({ baseUrl: gateway.origin, httpVersion: "1.1" }),
  ]) {
    const api = createClient(AuthApi, transport);
    const cookie = await logIn(api);
    const { token } = await api.getToken({ cookie, service: "worker" });
    assert.deepEqual([...(token?.ipAddress ?? [])], [192, 0, 2, 7]);
    assert.equal((await api.verifyToken({ service: "worker", token })).tokenValid, true);
    const authorization = `Bearer ${new TextDecoder().decode(cookie)}`;
    assert.equal(
      (await fetch(`${gateway.origin}/`, { headers: { authorization } })).status,
      200,
      "a cookie is a token",
    );
    await api.invalidateCookie({ cookie });
    assert.equal((await fetch(`${gateway.origin}/`, { headers: { authorization } })).status, 401);
  }
  gateway.configure(configText(gateway.upstream.url, routes));
  gateway.reload();
  await assert.rejects(gateway.api.ping({}), /unauthenticated/, "a path like any other");
});

test("whose verifyToken is answered goes by the address that a trusted proxy tells", async (t) => {
  const gateway = await start(
    t,
    "{ deephavenEnterprise: { verifyTokenFrom: [10.0.7.0/24] } }\ntrustedProxies: [127.0.0.1]",
  );
  const cookie = await logIn(gateway.api);
  const { token } = await gateway.api.getToken({ cookie, service: "worker" });
  for (const headers of [{}, { "x-forwarded-for": "10.0.8.1" }, { "x-forwarded-for": "10.0.7.1, 192.0.2.1" }]) {
    const failed = await failure(gateway.api.verifyToken({ service: "worker", token }, { headers }));
    assert.equal(failed.code, Code.PermissionDenied);
  }
  const headers = { "x-forwarded-for": "10.0.7.1" };
  assert.equal((await gateway.api.verifyToken({ service: "worker", token }, { headers })).tokenValid, true);
});

test("nobody verifies unless it is configured", async (t) => {
  const gateway = await start(t, "{ deephavenEnterprise: {} }");
  const cookie = await logIn(gateway.api);
  const { token } = await gateway.api.getToken({ cookie, service: "worker" });
  assert.equal((await failure(gateway.api.verifyToken({ service: "worker", token }))).code, Code.PermissionDenied);
});

test("reload reads the file again for a role, and says of a faulty one only that it is", async (t) => {
  const gateway = await start(t, "{ deephavenEnterprise: { reloadRoles: [user] } }");
  const headers = { authorization: asAda };
  assert.equal((await gateway.api.reload({}, { headers })).result, "reloaded");
  gateway.configure("realm: [");
  const { result } = await gateway.api.reload({}, { headers });
  assert.equal(result, "not reloaded: the configuration is faulty; the log says where");
  await assert.rejects(gateway.api.reload({}), /unauthenticated/);
  gateway.configure(`${configText(gateway.upstream.url, routes)}services: { deephavenEnterprise: {} }\n`);
  await gateway.api.reload({}, { headers });
  assert.equal((await failure(gateway.api.reload({}, { headers }))).code, Code.Unimplemented, "nobody's by default");
});

test("explain knows its procedures", async (t) => {
  const gateway = await start(t, "{ deephavenEnterprise: {} }");
  const request = "POST /io.deephaven.proto.auth.grpc.AuthApi/getNonce HTTP/1.1\r\nHost: gate.example\r\n\r\n";
  const { out } = await runCli(["explain", "-", "-c", gateway.files.config, "--json"], request);
  assert.match(out, /"outcome": ?"answered"/);
});
