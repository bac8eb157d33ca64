import assert from "node:assert/strict";
import { after, test } from "node:test";
import { parseConfig } from "../../src/gateway/config/parse-config.js";
import { explainRequest } from "../../src/gateway/run/explain.js";
import { makeClientCertificates } from "../handlers/certificate/make-client-certificates.js";
import { configText, runGateway } from "./running-gateway.js";

const made = makeClientCertificates();
const skip = made === undefined ? "needs openssl: apt-get install openssl" : false;
after(() => made?.remove());

const routes = "{ match: { path: /open }, anonymous: true, upstream: app }, { match: { path: / }, upstream: app }";

const handlers = `handlers:
  Basic: { users: ./users.yaml }
  ClientCertificate:
    forwardedCertificates: { field: Client-Cert, rules: [{ san: uri, value: "urn:ada", subject: ada, anyKey: true }] }`;

const edit = (trusted: string) => (text: string) =>
  text.replace("handlers: { Basic: { users: ./users.yaml } }", handlers).concat(`trustedProxies: [${trusted}]\n`);

const field = () => `:${Buffer.from(made?.make({ san: "URI:urn:ada" }).der ?? []).toString("base64")}:`;

const fields = () => ({
  "client-cert": field(),
  client_cert: "x",
  "client-cert-chain": ":AA==:",
  "x-forwarded-client-cert": "x",
});

test("the certificate that a trusted proxy forwards is the caller's, and goes to no upstream", { skip }, async (t) => {
  const gateway = await runGateway(t, routes, edit("127.0.0.1"));
  const answer = await fetch(gateway.origin, { headers: fields() });
  assert.equal(answer.status, 200);
  const { headers } = (await answer.json()) as { headers: Record<string, string> };
  assert.deepEqual([headers["x-sallyport-subject"], headers["x-sallyport-scheme"]], ["ada", "clientcertificate"]);
  assert.deepEqual(
    Object.keys(headers).filter((name) => /cert/.test(name)),
    [],
  );
  assert.equal((await fetch(`${gateway.origin}/open`, { headers: { "client-cert": ":AA==:" } })).status, 401);
  assert.equal((await fetch(gateway.origin)).status, 401);

  const parsed = parseConfig(edit("127.0.0.1")(configText(gateway.upstream.url, routes)), {
    file: gateway.files.config,
  });
  assert.ok(parsed.kind === "config");
  const request = { method: "GET", url: "/", httpVersion: "1.1", rawHeaders: ["Host", "x", "Client-Cert", field()] };
  const explained = await explainRequest(parsed.config, request);
  assert.equal(explained.caller?.subject, "ada");
  assert.match(
    explained.credentials,
    /^a forwarded client certificate, answered by handlers\.ClientCertificate\.forwarded/,
  );
  const elsewhere = await explainRequest(parsed.config, request, { from: "192.0.2.1" });
  assert.deepEqual([elsewhere.credentials, elsewhere.status], ["none", 401]);
});

test("of any other peer it does not count, and goes to no upstream either", { skip }, async (t) => {
  const gateway = await runGateway(t, routes, edit("10.0.0.1"));
  assert.equal((await fetch(gateway.origin, { headers: fields() })).status, 401);
  const open = await fetch(`${gateway.origin}/open`, { headers: fields() });
  const { headers } = (await open.json()) as { headers: Record<string, string> };
  assert.deepEqual(
    Object.keys(headers).filter((name) => /cert|subject/.test(name)),
    [],
  );
});

test("without a trusted proxy, and without a field, it is refused at its line", { skip }, async (t) => {
  const gateway = await runGateway(t);
  const faultsOf = (text: string) => {
    const parsed = parseConfig(text, { file: gateway.files.config });
    return parsed.kind === "faults" ? parsed.faults.map(({ line, message }) => [line, message]) : [];
  };
  const text = edit("")(configText(gateway.upstream.url, routes));
  assert.deepEqual(faultsOf(text), [[8, "no proxy is trusted to forward a certificate; name yours in trustedProxies"]]);
  assert.deepEqual(faultsOf(text.replace("field: Client-Cert, ", "").replace("[]", "[127.0.0.1]")), [
    [
      9,
      "handlers.ClientCertificate.forwardedCertificates.field is missing; give Client-Cert or X-Forwarded-Client-Cert",
    ],
  ]);
});
