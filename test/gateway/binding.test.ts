import assert from "node:assert/strict";
import { request } from "node:https";
import { after, type TestContext, test } from "node:test";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthClient } from "../../src/client/auth-client.js";
import { toCallerHeaders } from "../../src/gateway/forward/managed-headers.js";
import { serveFile } from "../../src/gateway/run/serve-file.js";
import { type MadeCertificate, makeClientCertificates } from "../handlers/certificate/make-client-certificates.js";
import { adaPassword, gatewayFiles } from "./gateway-files.js";
import { makeCertificates } from "./make-certificates.js";
import { asAda, configText, echoUpstream, runGateway } from "./running-gateway.js";

test("a bound client calls through the gateway, and no upstream sees its token or proof", async (t) => {
  const { origin, upstream } = await runGateway(t);
  const client = new AuthClient({ baseUrl: origin, bind: true });
  await client.password("ada", adaPassword);
  for (let call = 0; call < 3; call++) {
    const answer = (await (await client.fetch("/a%7Eb/%63?d=e")).json()) as { path: string };
    assert.equal(answer.path, "/a~b/c?d=e", "the path that the upstream sees is canonical, the proof's is not");
  }
  for (const { headers } of upstream.requests) {
    assert.equal(headers["x-sallyport-subject"], "ada");
    assert.equal(headers["x-sallyport-scheme"], "dpop");
    assert.equal(headers.authorization, undefined);
    assert.equal(headers.dpop, undefined);
  }
  for (const scheme of ["Bearer", "DPoP"]) {
    const stolen = await fetch(`${origin}/`, { headers: { authorization: `${scheme} ${client.token}` } });
    assert.equal(stolen.headers.get("sallyport-reason"), "invalid_dpop_proof");
  }
  await client.close();
});

test("baseUrls: over gRPC by the name that is listed, and by no other", async (t) => {
  const { served, upstream, reload, configure } = await runGateway(t);
  const port = served.gateway.addresses()[0]?.port;
  const routes = configText(upstream.url, "{ match: { path: / }, upstream: app }");
  configure(`${routes}binding: { baseUrls: ["http://localhost:${port}"] }\n`);
  reload();
  const connectTo = (host: string) =>
    new AuthClient({
      baseUrl: `http://${host}:${port}`,
      bind: true,
      transport: ({ baseUrl, interceptors }) => createGrpcTransport({ baseUrl, interceptors }),
    });
  const client = connectTo("localhost");
  await client.password("ada", adaPassword);
  assert.equal((await client.whoAmI()).caller?.identity?.subject, "ada");
  await assert.rejects(connectTo("127.0.0.1").password("ada", adaPassword), (error: { metadata?: Headers }) => {
    return error.metadata?.get("sallyport-reason") === "invalid_dpop_proof";
  });
  await client.close();
});

test("an upstream sets no nonce in our name", () => {
  assert.deepEqual(toCallerHeaders(["dpop-nonce", "theirs", "DPoP", "x", "X-Own", "y"]), ["x-own", "y"]);
});

const server = makeCertificates();
const clients = makeClientCertificates();
const skip = server === undefined || clients === undefined ? "needs openssl: apt-get install openssl" : false;
after(() => {
  server?.remove();
  clients?.remove();
});

async function runWithTls(t: TestContext) {
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const made = clients ?? assert.fail();
  const ca = made.authority("/CN=our ca");
  const { key, cert } = server?.make("gateway") ?? assert.fail();
  files.write("clients.pem", ca.pem);
  const tls = `tls: { cert: "${cert}", key: "${key}", clientCa: ./clients.pem, clientCertificate: request }`;
  const text = configText(upstream.url, "{ match: { path: / }, upstream: app }");
  files.write("gate.yaml", `${text.replace(":0 }", `:0, ${tls} }`)}binding: { certificate: true }\n`);
  const served = await serveFile(files.config, {});
  t.after(() => served.stop());
  const port = served.gateway.addresses()[0]?.port ?? 0;
  const call = (authorization: string, by?: MadeCertificate) =>
    new Promise<{ status: number; token: string | undefined; reason: unknown }>((resolve, reject) => {
      const certificate = by === undefined ? {} : { cert: by.pem, key: by.keyPem };
      const options = { host: "127.0.0.1", port, servername: "localhost", ca: server?.caPem(), agent: false };
      request({ ...options, ...certificate, headers: { authorization } }, (response) => {
        const { authorization: offered, "sallyport-reason": reason } = response.headers;
        response.resume();
        resolve({ status: response.statusCode ?? 0, token: offered?.replace(/^Bearer /, ""), reason });
      })
        .on("error", reject)
        .end();
    });
  return { call, make: () => made.make({ ca }) };
}

test("with openssl's certificates: a token that was offered over one is worth nothing over another, or none", {
  skip,
}, async (t) => {
  const { call, make } = await runWithTls(t);
  const [adas, mallorys] = [make(), make()];
  const { token } = await call(asAda, adas);
  assert.ok(token);
  assert.equal((await call(`Bearer ${token}`, adas)).status, 200);
  for (const thief of [mallorys, undefined]) {
    const stolen = await call(`Bearer ${token}`, thief);
    assert.deepEqual([stolen.status, stolen.reason], [401, "invalid_token"]);
  }
  assert.equal((await call(`Bearer ${token}`, adas)).status, 200);
  const plain = await call(asAda);
  assert.equal(
    (await call(`Bearer ${plain.token}`, mallorys)).status,
    200,
    "the control: one that no certificate bound",
  );
});
