import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../src/gateway/config/parse-config.js";
import { explainRequest } from "../../src/gateway/run/explain.js";
import { parseRawRequest } from "../../src/gateway/run/raw-request.js";
import { addApiKey } from "../../src/handlers/api-key/edit.js";
import { createApiKey } from "../../src/handlers/api-key/record.js";
import { gatewayFiles } from "./gateway-files.js";
import { asAda, configText, runGateway } from "./running-gateway.js";

const routes = "{ match: { path: / }, scopes: [orders:read, orders:write], upstream: app }";

const withKeys = (text: string): string =>
  text.replace("handlers: {", "handlers: { ApiKey: { apiKeys: ./api-keys.jsonl },");

test("a route with scopes passes callers whose token has all of them, and tells the others which", async (t) => {
  const gateway = await runGateway(t, "{ match: { path: / }, upstream: app }");
  const keyOf = (...scopes: string[]): string => {
    const { key, record } = createApiKey({ name: "ci", scopes });
    addApiKey(`${gateway.files.directory}/api-keys.jsonl`, record);
    return `ApiKey ${key}`;
  };
  const [both, one] = [keyOf("orders:write", "orders:read"), keyOf("orders:read")];
  gateway.configure(withKeys(configText(gateway.upstream.url, routes)));
  gateway.reload();
  const ask = (authorization: string) => fetch(gateway.origin, { headers: { authorization } });
  assert.equal((await ask(both)).status, 200);
  for (const refused of [await ask(one), await ask(asAda)]) {
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("sallyport-reason"), "insufficient_scope");
    assert.match(
      refused.headers.get("www-authenticate") ?? "",
      /^Bearer realm="test", error="insufficient_scope", .*scope="orders:read orders:write"$/,
    );
  }
  assert.equal(gateway.upstream.requests.length, 1);
});

test("explain says what the route wants, and what the caller has", async (t) => {
  const files = await gatewayFiles(t);
  const { key, record } = createApiKey({ name: "ci", scopes: ["orders:read"] });
  addApiKey(`${files.directory}/api-keys.jsonl`, record);
  files.write("gate.yaml", withKeys(configText("http://127.0.0.1:9", routes)));
  const config = loadConfig(`${files.directory}/gate.yaml`);
  const request = parseRawRequest(`GET / HTTP/1.1\nHost: a\nAuthorization: ApiKey ${key}\n`, "request");
  const { denial, status, caller, route } = await explainRequest(config, request);
  assert.deepEqual([status, denial?.reason], [403, "insufficient_scope"]);
  assert.deepEqual(caller?.scopes, ["orders:read"]);
  assert.deepEqual(route?.scopes, ["orders:read", "orders:write"]);
});

test("scopes that no challenge could hold, and anonymous beside scopes, are faults of the file", async (t) => {
  const files = await gatewayFiles(t);
  const faultOf = (route: string): string => {
    files.write("gate.yaml", configText("http://127.0.0.1:9", route));
    try {
      loadConfig(`${files.directory}/gate.yaml`);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(faultOf('{ match: { path: /a }, scopes: ["a b"], upstream: app }'), /scopes\[0\] must be a scope/);
  assert.match(
    faultOf("{ match: { path: /a }, anonymous: true, scopes: [a], upstream: app }"),
    /anonymous contradicts roles, scopes, schemes/,
  );
});
