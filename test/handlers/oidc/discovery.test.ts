import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { systemPlatform } from "../../../src/base/platform.js";
import { createDiscovery, requireMetadata } from "../../../src/handlers/oidc/discovery.js";

/** A provider's document that can be broken, and a clock that is turned by hand. */
async function start(path = "", timeoutMs = 60_000) {
  const state = {
    requests: [] as string[],
    warnings: [] as string[],
    ms: 0,
    answer: (_response: ServerResponse) => {},
  };
  const server = createServer((request, response) => {
    state.requests.push(request.url ?? "");
    response.setHeader("connection", "close");
    state.answer(response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const document = { issuer, jwks_uri: `${issuer}/jwks` };
  const say = (body: unknown, status = 200) => {
    state.answer = (response) => response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
  };
  say(document);
  const discover = createDiscovery({
    ...{ name: "oidc", issuer, timeoutMs },
    platform: { ...systemPlatform, monotonic: () => state.ms },
    onWarning: (message) => state.warnings.push(message),
  });
  return { state, issuer, document, say, discover };
}

test("the document is read when it is first needed, once for all who ask", async () => {
  const { state, document, discover } = await start();
  assert.deepEqual(state.requests, []);
  assert.deepEqual(await Promise.all([discover(), discover(), discover()]), [document, document, document]);
  state.ms += 3_599_999;
  await discover();
  assert.deepEqual(state.requests, ["/.well-known/openid-configuration"]);
});

test("a slash at the end of the issuer is part of its name, and none of the address", async () => {
  const { state, issuer, discover } = await start("/realms/x/");
  assert.equal((await discover()).issuer, issuer);
  assert.deepEqual(state.requests, ["/realms/x/.well-known/openid-configuration"]);
});

test("while it cannot be read again, that is tried every thirty seconds, however many calls come", async () => {
  const { state, say, discover } = await start();
  const first = await discover();
  say({}, 503);
  for (state.ms = 3_600_000; state.ms < 3_690_000; state.ms += 1_000) {
    assert.equal(await discover(), first);
    await new Promise(setImmediate);
  }
  assert.ok(state.requests.length <= 4, `${state.requests.length}`);
});

test("after an hour it is read again beside the calls, and an old one is better than none", async () => {
  const { state, document, say, discover } = await start();
  const first = await discover();
  say({ ...document, jwks_uri: `${document.issuer}/moved` });
  state.ms += 3_600_000;
  assert.equal(await discover(), first, "nobody waits for the new one");
  while ((await discover()) === first) await new Promise((turn) => setImmediate(turn));
  assert.equal((await discover()).jwks_uri, `${document.issuer}/moved`);
  say("gone", 500);
  state.ms += 3_600_000;
  while (state.warnings.length === 0) {
    assert.equal((await discover()).jwks_uri, `${document.issuer}/moved`);
    await new Promise((turn) => setImmediate(turn));
  }
  assert.equal((await discover()).jwks_uri, `${document.issuer}/moved`);
});

test("while nothing has changed it is the same object, so that keys are kept", async () => {
  const { state, discover } = await start();
  const first = await discover();
  state.ms += 3_600_000;
  await discover();
  while (state.requests.length < 2) await new Promise((turn) => setImmediate(turn));
  state.ms += 1_000;
  assert.equal(await discover(), first);
});

const faults: readonly [why: string, answer: (issuer: string) => unknown, status: number, message: RegExp][] = [
  ["another issuer", (issuer) => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` }), 200, /names another issuer/],
  ["no issuer", (issuer) => ({ jwks_uri: `${issuer}/jwks` }), 200, /names another issuer/],
  ["null", () => "null", 200, /names another issuer/],
  ["no keys", (issuer) => ({ issuer }), 200, /names no jwks_uri/],
  ["keys over plain http", (issuer) => ({ issuer, jwks_uri: "http://idp.example/jwks" }), 200, /must be https/],
  ["keys of a file", (issuer) => ({ issuer, jwks_uri: "file:///etc/keys" }), 200, /must be https/],
  ["no JSON", () => "<html>", 200, /did not answer with JSON/],
  ["an error", () => "{}", 503, /answered 503/],
  ["too much", () => " ".repeat(300_000), 200, /more than 262144 bytes/],
];
for (const [why, answer, status, message] of faults) {
  test(`a provider that answers with ${why} is none; it is said once, and asked again after a second`, async () => {
    const { state, issuer, document, say, discover } = await start();
    say(answer(issuer), status);
    for (let call = 0; call < 3; call++) await assert.rejects(discover(), { code: "unavailable" });
    assert.equal(state.requests.length, 1);
    state.ms += 1_000;
    await assert.rejects(discover(), { code: "unavailable", message });
    assert.equal(state.requests.length, 2);
    assert.equal(state.warnings.length, 1);
    assert.match(state.warnings[0] ?? "", message);
    say(document);
    state.ms += 1_000;
    assert.deepEqual(await discover(), document);
  });
}

test("only a provider on this machine names keys on this machine without https", () => {
  const jwks_uri = "http://localhost:9200/_all";
  const of = (issuer: string) => () => requireMetadata({ issuer, jwks_uri }, issuer);
  assert.throws(of("https://idp.example"), { code: "unavailable", message: /must be https, as it is itself/ });
  assert.equal(of("http://localhost:8080")().jwks_uri, jwks_uri);
});

test("a redirect is not followed, not even to a good document", async () => {
  const { state, document, discover } = await start();
  state.answer = (response) => {
    const moved = !state.requests.includes("/moved");
    response.writeHead(moved ? 302 : 200, { location: "/moved" }).end(JSON.stringify(document));
  };
  await assert.rejects(discover(), { code: "unavailable", message: /answered 302/ });
  assert.deepEqual(state.requests, ["/.well-known/openid-configuration"]);
});

test("a provider that never answers is none after the time-out", async () => {
  const { state, discover } = await start("", 200);
  state.answer = () => {};
  await assert.rejects(discover(), { code: "unavailable", message: /cannot be reached/ });
  state.ms += 1_000;
  state.answer = (response) => response.writeHead(200).write("{");
  await assert.rejects(discover(), { code: "unavailable", message: /cannot be reached/ });
});

test("refuses an issuer that cannot be asked in safety", () => {
  const options = { name: "oidc", timeoutMs: 1, platform: systemPlatform, onWarning: () => {} };
  for (const issuer of ["idp.example", "http://idp.example", "ftp://idp.example", "", undefined as never]) {
    assert.throws(() => createDiscovery({ ...options, issuer }), { code: "invalid_options", message: /must be https/ });
  }
  assert.throws(() => createDiscovery({ ...options, issuer: "https://idp.example/?x=1" }), { message: /no query/ });
});
