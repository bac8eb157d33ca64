import assert from "node:assert/strict";
import { test } from "node:test";
import { toFaultText } from "../../../src/gateway/config/document.js";
import { parseConfig } from "../../../src/gateway/config/parse-config.js";
import { gatewayFiles } from "../gateway-files.js";

const routeTo = "{ match: { path: / }, upstream: app }";

async function parse(t: Parameters<typeof gatewayFiles>[0], credential: string, routes = routeTo, handlers = "") {
  const files = await gatewayFiles(t);
  files.write("secret", "s3cret\n");
  files.write("blank", "two words\n");
  files.write("keys.api", "", 0o600);
  const text = `\
realm: example
listen: [{ address: 127.0.0.1:8080 }]
keys: { file: ./keys.json }
store: { sqlite: ./sallyport.db }
handlers: { Basic: { users: ./users.yaml }${handlers} }
routes: [${routes}]
upstreams: { app: { url: "http://127.0.0.1:3000", credential: ${credential} } }
`;
  const parsed = parseConfig(text, { file: files.config, environment: { SECRET: "s3cret" } });
  const told = parsed.kind === "config" ? parsed.warnings : parsed.faults;
  return {
    credential: parsed.kind === "config" ? parsed.config.upstreams.get("app")?.credential : undefined,
    told: told.map((one) => toFaultText(one).replaceAll(`${files.directory}/`, "")),
  };
}

test("a credential is read with its defaults", async (t) => {
  const common = { path: undefined, logOutPath: undefined, keepAliveMs: 120_000 };
  const basic = await parse(t, "{ wire: flight, user: gate, secret: { file: ./secret } }");
  assert.deepEqual(basic, {
    credential: { wire: "flight", scheme: "Basic", user: "gate", secret: "s3cret", ...common },
    told: [],
  });
  const key = await parse(
    t,
    `{ wire: http, scheme: Key, secret: "$\{SECRET}", path: "/me?a=b", logOut: /out, keepAlive: 30s }`,
  );
  assert.deepEqual(key.credential, {
    ...{ wire: "http", scheme: "Key", user: undefined, secret: "s3cret" },
    ...{ path: "/me?a=b", logOutPath: "/out", keepAliveMs: 30_000 },
  });
});

const secret = "secret: { file: ./secret }";

for (const [credential, fault] of [
  [
    "{ wire: flight, user: a, secret: s3cret }",
    /credential\.secret holds the secret itself; use \$\{NAME\} or \{ file: PATH \}/,
  ],
  ["{ wire: flight, user: a, secret: { file: ./none } }", /credential\.secret: there is no file none/],
  [`{ wire: flight, ${secret} }`, /credential\.scheme is needed where there is no user/],
  [`{ wire: flight, scheme: basic, ${secret} }`, /credential\.user is needed with the scheme Basic/],
  [`{ wire: flight, scheme: Key, user: a, ${secret} }`, /credential\.user is for the scheme Basic; leave scheme out/],
  [`{ wire: flight, user: "a:b", ${secret} }`, /credential\.user must have no colon/],
  [`{ wire: sallyport, scheme: Key, ${secret} }`, /credential\.user is needed with the wire sallyport/],
  [`{ wire: http, user: a, ${secret} }`, /credential\.path is needed with the wire http/],
  [
    `{ wire: deephaven, user: a, ${secret}, path: /x }`,
    /credential\.path is for the wire http; the wire deephaven has its own calls/,
  ],
  [`{ wire: http, user: a, ${secret}, path: x }`, /credential\.path must begin with \/ and be visible ASCII/],
  [`{ wire: http, user: a, ${secret}, path: /x, logOut: "/ü" }`, /credential\.logOut must begin with \//],
  [
    "{ wire: flight, scheme: Key, secret: { file: ./blank } }",
    /credential\.secret must be visible ASCII, without blanks/,
  ],
  [`{ wire: flight, user: a, ${secret}, keepAlive: 0s }`, /credential\.keepAlive must be longer than 0/],
] as const) {
  test(`refused: ${credential}`, async (t) => {
    const { told } = await parse(t, credential);
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0] ?? "", fault);
    assert.ok(!told.join().includes("s3cret"));
  });
}

for (const [option, what] of [
  ["forwardAuthorization: true", "sends an Authorization of its own"],
  ["requestHeaders: { set: { Authorization: { file: ./secret } } }", "sends an Authorization of its own"],
  ["ambiguousPaths: true", "takes paths that can be read in several ways"],
] as const) {
  test(`a route with ${option} contradicts a credential`, async (t) => {
    const credential = `{ wire: flight, user: a, ${secret} }`;
    const { told } = await parse(t, credential, `{ match: { path: / }, upstream: app, ${option} }`);
    assert.equal(told.length, 1, told.join("\n"));
    const words = `routes[0] ${what}, and the gateway logs in to app; do one of both`;
    assert.ok(told[0]?.includes(words), told[0]);
  });
}

test("routes whose callers have no session are warned of", async (t) => {
  const credential = `{ wire: flight, user: a, ${secret} }`;
  const anonymous = await parse(t, credential, "{ match: { path: /open }, anonymous: true, upstream: app }");
  assert.match(
    anonymous.told.join(),
    /routes\[0\] is anonymous, and app has a credential: requests without a session get 403/,
  );
  const keys = ", ApiKey: { apiKeys: ./keys.api }";
  const byKey = await parse(t, credential, "{ match: { path: / }, schemes: [ApiKey], upstream: app }", keys);
  assert.match(byKey.told.join(), /routes\[0\] takes apikey only, which open no session: its callers get 403/);
  const either = await parse(t, credential, "{ match: { path: / }, schemes: [ApiKey, Basic], upstream: app }", keys);
  assert.deepEqual(either.told, []);
});
