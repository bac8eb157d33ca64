import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import {
  AuthenticationConstantsResponseSchema,
  ConfigurationConstantsResponseSchema,
} from "../../../src/gen/io/deephaven/proto/backplane/grpc/config_pb.js";
import { openCall, type RawAnswer, rawCall, statusOf } from "../../services/flight/raw-call.js";
import { hangMs } from "../../size.js";
import { asAda, configText, type RunningGateway, runGateway } from "../running-gateway.js";

const routes = "{ match: { path: / }, roles: [user], upstream: app }";
const handshake = "/arrow.flight.protocol.FlightService/Handshake";
const backplane = "/io.deephaven.proto.backplane.grpc";
const settings = `${backplane}.ConfigService/GetConfigurationConstants`;
const anonymousClass = "io.deephaven.auth.AnonymousAuthenticationHandler";
const empty = [new Uint8Array()];

const services = `
nestedSchemes: true
aliases: { ${anonymousClass}: Anonymous }
services:
  flight: { cookie: deephaven-auth-cookie }
  deephavenCore: { session: { rotateAfter: 1s, overlap: 100ms, idle: 3s }, configurationConstants: { web.title: ours } }
`;

async function start(t: TestContext, more = services): Promise<RunningGateway & { upstreamSaw(): object }> {
  const gateway = await runGateway(t, routes, (text) => `${text}limits: { stopTimeout: 10m }\n`);
  const text = configText(gateway.upstream.url, routes);
  const handlers = "handlers: { Anonymous: { anonymous: { subject: guest, roles: [visitor] } }, ";
  gateway.configure(text.replace("handlers: { ", handlers) + more);
  gateway.reload();
  return { ...gateway, upstreamSaw: () => gateway.upstream.requests.at(-1)?.headers ?? {} };
}

function tokenOf({ headers }: RawAnswer): string {
  return String(headers.authorization).slice("Bearer ".length);
}

const bin = (token: string) => Buffer.from(token).toString("base64");

test("the gateway serves Flight and Deephaven Core where they are configured, and nowhere else", async (t) => {
  const gateway = await start(t);
  const byHeader = await rawCall(gateway.origin, handshake, { authorization: asAda });
  assert.equal(statusOf(byHeader).code, 0);
  const answer = await rawCall(gateway.origin, settings, { authorization: `Bearer ${tokenOf(byHeader)}` }, empty);
  const { configValues } = fromBinary(ConfigurationConstantsResponseSchema, answer.messages[0] ?? new Uint8Array());
  assert.equal(configValues["http.session.durationMs"]?.kind.value, "2000");
  assert.equal(configValues["web.title"]?.kind.value, "ours");

  const everybody = await rawCall(gateway.origin, `${backplane}.ConfigService/GetAuthenticationConstants`, {}, empty);
  const published = fromBinary(AuthenticationConstantsResponseSchema, everybody.messages[0] ?? new Uint8Array());
  assert.equal(published.configValues.AuthHandlers?.kind.value, anonymousClass);
  for (const authorization of ["Anonymous", anonymousClass, "Bearer Anonymous"]) {
    assert.equal(statusOf(await rawCall(gateway.origin, settings, { authorization }, empty)).code, 0, authorization);
  }

  gateway.configure(configText(gateway.upstream.url, routes));
  gateway.reload();
  assert.equal(statusOf(await rawCall(gateway.origin, settings, {}, empty)).code, 16, "a path like any other");
  const { headers } = await rawCall(gateway.origin, handshake, { authorization: asAda });
  assert.equal(headers["sallyport-reason"], "upstream_not_grpc", "the upstream was asked");
});

test("every carrier lets in at a route, and none reaches the upstream", async (t) => {
  const gateway = await start(t);
  const token = tokenOf(await rawCall(gateway.origin, handshake, { authorization: asAda }));
  const carriers: Record<string, string>[] = [
    { authorization: `Bearer ${token}` },
    { "auth-token-bin": bin(token) },
    { cookie: `a=b; deephaven-auth-cookie=${token}; c=d` },
    { cookie: `deephaven-auth-cookie=${token}`, "auth-token-bin": bin(token), authorization: `Bearer ${token}` },
  ];
  for (const headers of carriers) {
    const answer = await fetch(`${gateway.origin}/x`, { headers });
    assert.equal(answer.status, 200);
    const seen = JSON.stringify(gateway.upstreamSaw());
    assert.ok(!seen.includes(token) && !seen.includes(bin(token)), seen);
    assert.ok(seen.includes('"x-sallyport-subject":"ada"'), seen);
    assert.equal(seen.includes('"cookie":"a=b; c=d"'), headers.cookie?.startsWith("a=b") ?? false, seen);
  }
});

test("where Flight is not served, its token and cookies are the upstream's business", async (t) => {
  const gateway = await start(t, "");
  const headers = { authorization: asAda, "auth-token-bin": "dGhlaXJz", cookie: "deephaven-auth-cookie=theirs" };
  assert.equal((await fetch(`${gateway.origin}/x`, { headers })).status, 200);
  const seen = JSON.stringify(gateway.upstreamSaw());
  assert.ok(seen.includes("dGhlaXJz") && seen.includes("deephaven-auth-cookie=theirs"), seen);
});

test("a cookie goes to whoever asks, also at a route", async (t) => {
  const gateway = await start(t);
  const asks = { authorization: asAda, "x-deephaven-auth-cookie-request": "true" };
  const answer = await rawCall(gateway.origin, handshake, asks);
  assert.match(
    String(answer.headers["set-cookie"]),
    /^deephaven-auth-cookie=sps_.*; Secure; HttpOnly; SameSite=Strict$/,
  );
  const routed = await fetch(`${gateway.origin}/x`, { headers: asks });
  assert.match(String(routed.headers.get("set-cookie")), /^deephaven-auth-cookie=sps_/);
});

test("an upstream sets no cookie by the name of ours, and every other one", async (t) => {
  const upstream = createServer((_request, response) => {
    response.setHeader("set-cookie", ["deephaven-auth-cookie=chosen; Path=/", "theirs=1; Path=/"]).end("ok");
  });
  await once(upstream.listen(0, "127.0.0.1"), "listening");
  t.after(() => upstream.close());
  const gateway = await start(t);
  const { port } = upstream.address() as AddressInfo;
  gateway.configure(configText(`http://127.0.0.1:${port}`, routes) + services.replace(/^aliases.*$/m, ""));
  gateway.reload();
  const answer = await fetch(`${gateway.origin}/x`, { headers: { authorization: asAda } });
  assert.deepEqual([answer.status, answer.headers.getSetCookie()], [200, ["theirs=1; Path=/"]]);
});

test("calls that wait for the end of their session do not hold up a stop", { timeout: hangMs }, async (t) => {
  const gateway = await start(t);
  const token = tokenOf(await rawCall(gateway.origin, settings, { authorization: asAda }, empty));
  const path = `${backplane}.SessionService/TerminationNotification`;
  const held = openCall(gateway.origin, path, { authorization: `Bearer ${token}` });
  held.send(new Uint8Array());
  held.halfClose();
  await rawCall(gateway.origin, settings, { authorization: `Bearer ${token}` }, empty);
  const [answer] = await Promise.all([held.answer, gateway.served.stop()]);
  assert.equal(statusOf(answer).code, 0);
});
