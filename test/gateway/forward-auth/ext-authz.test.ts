import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { noServices } from "../../../src/gateway/own/own-config.js";
import type { HeaderValueOption } from "../../../src/gen/envoy/config/core/v3/base_pb.js";
import {
  type AttributeContext_HttpRequestSchema,
  Authorization,
} from "../../../src/gen/envoy/service/auth/v3/external_auth_pb.js";
import { route } from "../fixtures.js";
import { basicOf, type Running, startGateway } from "../running.js";

const host = "api.example";

async function start(t: TestContext, trustedProxies = ["127.0.0.1/32"]) {
  const gateway = await startGateway({
    routes: [
      route({ host, path: "/open" }, { anonymous: true, upstream: "" }),
      route({ host, path: "/admin" }, { roles: ["admin"], upstream: "" }),
      route({ host, path: "/keeps" }, { forwardAuthorization: true, upstream: "" }),
      route({ host, path: "/" }, { upstream: "" }),
    ],
    trustedProxies,
    services: { ...noServices, forwardAuth: { path: "/auth" } },
  });
  t.after(() => gateway.close());
  return gateway;
}

type Http = MessageInitShape<typeof AttributeContext_HttpRequestSchema>;

async function check(gateway: Running, http: Http) {
  const client = createClient(Authorization, createGrpcTransport({ baseUrl: gateway.http2 }));
  const { status, httpResponse } = await client.check({
    attributes: { request: { http: { method: "GET", path: "/", host, ...http } } },
  });
  const isOk = httpResponse.case === "okResponse";
  const fieldsOf = (fields: readonly HeaderValueOption[]) =>
    Object.fromEntries(fields.map(({ header }) => [header?.key, header?.value]));
  return {
    code: status?.code,
    to: isOk ? fieldsOf(httpResponse.value.headers) : {},
    removed: isOk ? httpResponse.value.headersToRemove : [],
    back: isOk
      ? fieldsOf(httpResponse.value.responseHeadersToAdd)
      : fieldsOf(httpResponse.case === "deniedResponse" ? httpResponse.value.headers : []),
    status: httpResponse.case === "deniedResponse" ? httpResponse.value.status?.code : 200,
    body: httpResponse.case === "deniedResponse" ? httpResponse.value.body : "",
  };
}

test("what may pass gets who calls, and loses what a client could say of that", async (t) => {
  const gateway = await start(t);
  const { code, to, removed, back } = await check(gateway, { headers: { authorization: gateway.bearer } });
  assert.deepEqual([code, to["x-sallyport-subject"], to["x-sallyport-roles"], back], [0, "ada", "user", {}]);
  for (const name of ["authorization", "x-sallyport-actor", "x-original-url", "forwarded", "x-forwarded-user"])
    assert.ok(removed.includes(name), name);
  assert.ok(!removed.includes("x-sallyport-subject"), "Envoy removes after it has set");
  const anonymous = await check(gateway, { path: "/open" });
  assert.deepEqual([anonymous.code, anonymous.to], [0, {}]);
  assert.ok(anonymous.removed.includes("x-sallyport-subject"));
  const keeps = await check(gateway, { path: "/keeps", headers: { authorization: gateway.bearer } });
  assert.ok(!keeps.removed.includes("authorization"));
});

test("the client's next token goes to the client, and not to the upstream", async (t) => {
  const gateway = await start(t);
  const { to, back } = await check(gateway, { headers: { authorization: gateway.password } });
  assert.match(String(back.authorization), /^Bearer sps_/);
  assert.doesNotMatch(JSON.stringify(to), /sps_/);
  const denied = await check(gateway, { path: "/admin", headers: { authorization: gateway.password } });
  assert.match(String(denied.back.authorization), /^Bearer sps_/);
  assert.deepEqual([denied.code, denied.status, denied.to], [7, 403, {}]);
});

for (const [what, http, status, code, reason] of [
  ["no credentials", {}, 401, 16, "no_credentials"],
  ["a wrong password", { headers: { authorization: basicOf("ada", "no") } }, 401, 16, "invalid_credentials"],
  ["a path of two readings", { path: "/open/..%2fadmin" }, 400, 3, "bad_request"],
  ["no host", { host: "" }, 400, 3, "bad_request"],
  ["no path", { path: "" }, 400, 3, "bad_request"],
  ["no method", { method: "" }, 400, 3, "bad_request"],
  ["another host", { host: "other.example" }, 404, 5, "no_route"],
] as const) {
  test(`refused, with the client's answer: ${what}`, async (t) => {
    const answer = await check(await start(t), http);
    assert.deepEqual([answer.status, answer.code, answer.back["sallyport-reason"]], [status, code, reason]);
    assert.equal(JSON.parse(answer.body).reason, reason);
  });
}

test("of two fields of a name none counts, as they come raw and as Envoy joins them", async (t) => {
  const gateway = await start(t);
  const raw = (value: string) => ({ key: "authorization", rawValue: Buffer.from(value) });
  const headers = [raw(gateway.bearer), raw(gateway.password)];
  assert.equal((await check(gateway, { headerMap: { headers } })).status, 401);
  assert.equal((await check(gateway, { headerMap: { headers: headers.slice(1) } })).status, 200);
  const joined = { authorization: `${gateway.bearer},${gateway.bearer}` };
  assert.equal((await check(gateway, { headers: joined })).status, 401);
});

test("a client of gRPC gets a message, where others get JSON", async (t) => {
  const gateway = await start(t);
  const { status, body } = await check(gateway, { headers: { "content-type": "application/grpc+proto" } });
  assert.deepEqual([status, body], [401, "Authentication is required."]);
});

test("only a trusted proxy may ask", async (t) => {
  const gateway = await start(t, []);
  const { status, code } = await check(gateway, { path: "/open", headers: { authorization: gateway.bearer } });
  assert.deepEqual([status, code], [403, 7]);
});
