import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import type { ExternalFlow } from "../../../src/handlers/external/flow.js";
import { createExternalProvider } from "../../../src/handlers/external/provider.js";

const flow = { state: "s", nonce: "n", verifier: "v".repeat(43) } as ExternalFlow;

/** A provider whose token endpoint answers as the test says. */
async function start(t: TestContext, answer: (response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    response.setHeader("connection", "close");
    if (request.url === "/token") return answer(response);
    const metadata = { issuer, jwks_uri: `${issuer}/jwks`, token_endpoint: `${issuer}/token` };
    response.end(JSON.stringify({ ...metadata, authorization_endpoint: `${issuer}/authorize` }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told: string[] = [];
  const provider = createExternalProvider({
    ...{
      name: "external",
      issuer,
      timeoutMs: 300,
      platform: systemPlatform,
      clientId: "gate",
      clientSecret: undefined,
    },
    ...{ scope: "openid", parameters: {}, redirectUri: "http://localhost/callback" },
    onWarning: (message) => told.push(message),
  });
  return { exchange: () => provider.exchange(flow, "?code=c&state=s"), told };
}

const outages: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "answers 503": (response) => void response.writeHead(503).end("{}"),
  "says nothing": () => {},
  "closes the connection": (response) => void response.destroy(),
};
for (const [how, answer] of Object.entries(outages)) {
  test(`a provider that ${how} when a person comes back from it is unavailable, which says nothing about the person`, async (t) => {
    const { exchange, told } = await start(t, answer);
    for (let person = 0; person < 2; person++) await assert.rejects(exchange(), { code: "unavailable" });
    assert.deepEqual(told, [
      "external: the provider's token endpoint does not answer; people who come back from it get a page with 503, and their programs " +
        "wait on; look at it",
    ]);
  });
}

test("a code that the provider refuses is no outage", async (t) => {
  const { exchange, told } = await start(t, (response) => {
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_grant"}');
  });
  assert.deepEqual([await exchange(), told], [{ kind: "failed" }, []]);
});
