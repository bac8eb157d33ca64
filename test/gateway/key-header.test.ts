import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../../src/gateway/config/parse-config.js";
import { explainRequest } from "../../src/gateway/run/explain.js";
import { parseRawRequest } from "../../src/gateway/run/raw-request.js";
import { addApiKey } from "../../src/handlers/api-key/edit.js";
import { createApiKey } from "../../src/handlers/api-key/record.js";
import { gatewayFiles } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const routes = `
  { match: { path: /on }, forwardAuthorization: true, upstream: app },
  { match: { path: / }, upstream: app }`;

const page = "https://app.example";

const withHeader = (text: string): string =>
  text.replace("handlers: {", "handlers: { ApiKey: { apiKeys: { file: ./api-keys.jsonl, header: X-API-Key } },") +
  `cors: { origins: ["${page}"] }\n`;

async function start(t: TestContext) {
  const gateway = await runGateway(t);
  const { key, record } = createApiKey({ name: "ci" });
  addApiKey(`${gateway.files.directory}/api-keys.jsonl`, record);
  gateway.configure(withHeader(configText(gateway.upstream.url, routes)));
  gateway.reload();
  const ask = (path: string, headers: Record<string, string>) => fetch(gateway.origin + path, { headers });
  return { gateway, key, ask };
}

test("a key in its header lets a caller in, and the upstream gets neither it nor another spelling", async (t) => {
  const { gateway, key, ask } = await start(t);
  const answer = await ask("/", { "X-API-Key": key, X_API_Key: "spk_other", "grpc-metadata-x-api-key": "spk_other" });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("vary") ?? "", /x-api-key/i);
  assert.doesNotMatch(await answer.text(), /spk_/);
  assert.doesNotMatch(JSON.stringify(gateway.logged), new RegExp(`spk_|${key.slice(-20)}`));
});

test("forwardAuthorization sends it on in its own spelling alone", async (t) => {
  const { key, ask } = await start(t);
  const answer = await ask("/on", { "X-API-Key": key, X_API_Key: "spk_other" });
  const { headers } = (await answer.json()) as { readonly headers: Record<string, string> };
  assert.equal(headers["x-api-key"], key);
  assert.equal(headers.x_api_key, undefined);
});

test("a wrong key, and a key beside Authorization, are refused before the upstream", async (t) => {
  const { gateway, key, ask } = await start(t);
  const wrong = await ask("/", { "x-api-key": `spk_${"0".repeat(16)}_wrong` });
  assert.deepEqual([wrong.status, wrong.headers.get("sallyport-reason")], [401, "invalid_credentials"]);
  assert.match(wrong.headers.get("www-authenticate") ?? "", /ApiKey realm="test", header="X-API-Key"/);
  const both = await ask("/", { "x-api-key": key, authorization: asAda });
  assert.deepEqual([both.status, both.headers.get("sallyport-reason")], [401, "invalid_request"]);
  assert.deepEqual(gateway.upstream.requests, []);
});

test("a page of an allowed origin may send it", async (t) => {
  const { gateway } = await start(t);
  const answer = await fetch(gateway.origin, {
    method: "OPTIONS",
    headers: { origin: page, "access-control-request-method": "GET", "access-control-request-headers": "x-api-key" },
  });
  assert.equal(answer.status, 204);
  assert.match(answer.headers.get("access-control-allow-headers") ?? "", /(?:^|, )x-api-key(?:,|$)/);
});

test("explain says which header carried the credentials, that it is not sent on, and quotes none", async (t) => {
  const files = await gatewayFiles(t);
  const { key, record } = createApiKey({ name: "ci" });
  addApiKey(`${files.directory}/api-keys.jsonl`, record);
  files.write("gate.yaml", withHeader(configText("http://127.0.0.1:9", routes)));
  const request = parseRawRequest(`GET / HTTP/1.1\nHost: a\nX-API-Key: ${key}\nX_API_Key: other\n`, "request");
  const explained = await explainRequest(loadConfig(files.config), request);
  assert.equal(explained.outcome, "forwarded");
  assert.equal(explained.credentials, "ApiKey in x-api-key, answered by handlers.ApiKey.apiKeys");
  assert.deepEqual(explained.headers?.stripped, ["X-API-Key", "X_API_Key"]);
  assert.doesNotMatch(JSON.stringify(explained), /spk_/);
});

const faults: readonly (readonly [handlers: string, fault: RegExp])[] = [
  ["{ ApiKey: { apiKeys: { file: ./k.jsonl, header: Cookie } } }", /header is a header that the gateway/],
  ["{ ApiKey: { apiKeys: { file: ./k.jsonl, header: X-Forwarded-User } } }", /header is a header that the gateway/],
  ["{ ApiKey: { apiKeys: { file: ./k.jsonl, header: X Key } } }", /header must be the name of a header/],
  ["{ ApiKey: { apiKeys: { header: X-Key } } }", /apiKeys\.file is missing/],
  ["{ Bearer: { apiKeys: { file: ./k.jsonl, header: X-Key } } }", /give it another scheme/],
  [
    "{ A: { apiKeys: { file: ./k.jsonl, header: X-Key } }, B: { apiKeys: { file: ./k.jsonl, header: x-key } } }",
    /handlers\.B and handlers\.A have the same header/,
  ],
];
for (const [handlers, fault] of faults) {
  test(`the configuration is refused with ${handlers}`, async (t) => {
    const files = await gatewayFiles(t);
    addApiKey(`${files.directory}/k.jsonl`, createApiKey({ name: "ci" }).record);
    const text = configText("http://127.0.0.1:9", "{ match: { path: / }, upstream: app }");
    files.write("gate.yaml", text.replace(/handlers: .*/, `handlers: ${handlers}`));
    assert.throws(() => loadConfig(files.config), { code: "invalid_options", message: fault });
  });
}
