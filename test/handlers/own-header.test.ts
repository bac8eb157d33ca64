import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "../../src/engine/auth.js";
import { type ApiKeyOptions, apiKey } from "../../src/handlers/api-key/api-key.js";
import { type ApiKeyRecord, createApiKey } from "../../src/handlers/api-key/record.js";
import { chain } from "../../src/handlers/chain.js";
import { declined } from "../../src/handlers/handler.js";
import { createHandlerTable } from "../../src/handlers/handler-table.js";
import { basic } from "../../src/handlers/password/basic.js";
import type { AuthenticateOptions, Decision } from "../../src/model/decision.js";
import { memory } from "../../src/stores/memory/memory.js";
import { createWorld } from "../world.js";

const none = () => null;
const handler = (options: Partial<ApiKeyOptions<ApiKeyRecord, never>> = {}) =>
  apiKey({ keys: none, header: "X-API-Key", ...options });

function start() {
  const { platform } = createWorld();
  const { key, record } = createApiKey({ name: "ci", platform });
  const auth = createAuth({
    platform,
    onEvent: () => {},
    store: memory({ platform }),
    handlers: [
      apiKey({ platform, header: "X-API-Key", keys: (id) => (id === record.id ? record : null) }),
      basic({ verify: (user) => ({ subject: user }) }),
    ],
    carriers: { cookie: { name: "door" } },
  });
  const ask = async (rawHeaders: readonly string[], options?: AuthenticateOptions) =>
    auth.authenticate(
      { method: "GET", path: "/", rawHeaders, peer: { address: "192.0.2.1", trusted: false } },
      options,
    );
  return { auth, ask, key };
}

const subject = (decision: Decision) => (decision.kind === "allowed" ? decision.caller.identity.subject : decision);
const reason = (decision: Decision) => (decision.kind === "denied" ? decision.reason : decision.kind);

test("a key in the header of its handler is the credential that it is in Authorization, and is named in Vary", async () => {
  const { ask, key } = start();
  const [inHeader, inAuthorization] = [await ask(["X-API-Key", key]), await ask(["authorization", `ApiKey ${key}`])];
  assert.equal(subject(inHeader), "ci");
  assert.deepEqual(inHeader, { ...inAuthorization, vary: "x-api-key" });
});

test("a wrong key is refused, also where anonymous requests are welcome, and so is one beside Authorization", async () => {
  const { ask, key } = start();
  for (const options of [{}, { anonymous: true }]) {
    assert.equal(reason(await ask(["x-api-key", `${key.slice(0, -1)}!`], options)), "invalid_credentials");
    assert.equal(reason(await ask(["x-api-key", ""], options)), "invalid_request");
    const both = ["x-api-key", key, "authorization", `Basic ${Buffer.from("ada:x").toString("base64")}`];
    assert.equal(reason(await ask(both, options)), "invalid_request");
  }
});

test("a live session beside a key is refused, and a session token in its place opens nothing", async () => {
  const { ask, key } = start();
  const opened = await ask(["authorization", `Basic ${Buffer.from("ada:x").toString("base64")}`]);
  const token = opened.kind === "allowed" ? opened.offer?.token : undefined;
  assert.match(token ?? "", /^sps_/);
  assert.equal(reason(await ask(["x-api-key", key, "cookie", `door=${token}`])), "invalid_request");
  assert.equal(subject(await ask(["x-api-key", key, "cookie", "door=junk"])), "ci");
  assert.equal(reason(await ask(["x-api-key", String(token)])), "invalid_credentials");
});

test("the challenge names the scheme and the header", async () => {
  const { ask } = start();
  const denied = await ask([]);
  assert.ok(denied.kind === "denied");
  assert.ok(denied.challenges.includes('ApiKey realm="sallyport", header="X-API-Key"'), denied.challenges.join());
});

const badHeaders = ["", "X API Key", "X-API-Key:", "Authorization", "cookie", "DPoP", "Host", "Sec-WebSocket-Protocol"];
for (const header of [...badHeaders, "X-Forwarded-For", "Proxy-Authorization", "Connection"]) {
  test(`a handler cannot have the header ${JSON.stringify(header)}`, () => {
    assert.throws(() => handler({ header }), { code: "invalid_options", message: /^apiKey: / });
    const own = { scheme: "Own", opens: "nothing", header, fromHeader: () => declined } as const;
    assert.throws(() => createHandlerTable([own]), { code: "invalid_options", message: /^The handler for Own: / });
  });
}

test("a handler that reads no header has none of its own", () => {
  const own = { scheme: "Own", opens: "nothing", header: "X-Own", fromHandshake: () => declined } as const;
  assert.throws(() => createHandlerTable([own]), { code: "invalid_options", message: /so it needs fromHeader/ });
});

test("a handler for Bearer or DPoP, or in a chain, has no header, and two handlers have no header in common", () => {
  for (const scheme of ["Bearer", "dpop"]) {
    assert.throws(() => handler({ scheme }), { code: "invalid_options", message: /give it another scheme/ });
  }
  assert.throws(() => chain("ApiKey", [handler()]), { code: "invalid_options", message: /Leave the header out/ });
  assert.throws(() => createHandlerTable([handler(), handler({ scheme: "Robot", header: "x-api-KEY" })]), {
    code: "invalid_options",
    message: "The handlers for ApiKey and Robot have the same header, x-api-KEY. Give each one of its own",
  });
});
