import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { toFaultText } from "../../../src/gateway/config/document.js";
import { loadConfig, parseConfig } from "../../../src/gateway/config/parse-config.js";
import { resolveRecheck } from "../../../src/sessions/recheck.js";
import { type GatewayFiles, gatewayFiles, sketch } from "../gateway-files.js";
import { echoDescriptors } from "../translate/echo-descriptors.js";

/** The faults as a person reads them, without the directory. */
function faultsOf(files: GatewayFiles, text: string, environment = {}): string[] {
  const parsed = parseConfig(text, { file: files.config, environment });
  if (parsed.kind === "config") return [];
  return parsed.faults.map((fault) => toFaultText(fault).replaceAll(`${files.directory}/`, ""));
}

/** The sketch with one thing changed. */
function changed(from: string | RegExp, to: string): string {
  const text = sketch.replace(from, to);
  assert.notEqual(text, sketch, `nothing to change: ${from}`);
  return text;
}

test("the configuration of the design works as it is written", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  const config = loadConfig(files.config);
  assert.deepEqual(config.listen, [{ host: "127.0.0.1", port: 8080, tls: undefined, proxyProtocol: false }]);
  assert.deepEqual(config.handlers, [
    { kind: "users", scheme: "Basic", file: join(files.directory, "users.yaml") },
    {
      kind: "jwt",
      scheme: "Bearer",
      issuer: "https://idp.example",
      audience: "api",
      jwks: "https://idp.example/.well-known/jwks.json",
      algorithms: undefined,
      keys: { staleKeysMs: undefined, forbidKeys: undefined },
      claims: { subjectClaim: undefined, rolesClaim: undefined, rolesSeparator: undefined, groupRoles: undefined },
      tenancy: { tenants: undefined, tenantClaim: undefined },
    },
  ]);
  assert.deepEqual(config.routes[1], {
    match: { host: undefined, path: "/", methods: [] },
    anonymous: false,
    roles: ["user"],
    scopes: [],
    schemes: [],
    claims: undefined,
    takesAddress: undefined,
    stepUp: undefined,
    readTimeoutMs: 300_000,
    upstream: "app",
    rewrite: undefined,
    ambiguousPaths: false,
    requestHeaders: undefined,
    responseHeaders: undefined,
    cors: undefined,
    authorize: undefined,
    rate: undefined,
    limits: undefined,
    rpc: undefined,
    forwardAuthorization: false,
    line: 10,
  });
  assert.deepEqual(config.store, { kind: "sqlite", path: join(files.directory, "sallyport.db") });
});

test("a directory in place of the database is a fault of its line", async (t) => {
  const files = await gatewayFiles(t);
  mkdirSync(join(files.directory, "folder"));
  assert.deepEqual(faultsOf(files, changed("./sallyport.db", "./folder")), [
    "gate.yaml:4:18: folder is a directory; give the path of a file",
  ]);
});

test("the descriptors of a route are read with the configuration, and a file that has none is a fault of its line", async (t) => {
  const files = await gatewayFiles(t);
  const text = sketch
    .replace("roles: [user]", "rpc: { descriptors: ./shop.binpb }")
    .replace('url: "http://127.0.0.1:3000"', 'protocol: grpc, url: "h2c://127.0.0.1:3000"');
  const shop = join(files.directory, "shop.binpb");
  const place = "gate.yaml:10:47: routes[1].rpc.descriptors:";
  assert.match(faultsOf(files, text)[0] ?? "", /routes\[1\]\.rpc\.descriptors: the file .* cannot be read \(ENOENT\)/);
  files.write("shop.binpb", "none");
  assert.deepEqual(faultsOf(files, text), [
    `${place} is no FileDescriptorSet with a service and all that it imports; make it with: buf build -o FILE.binpb`,
  ]);
  writeFileSync(shop, echoDescriptors);
  const parsed = parseConfig(text, { file: files.config });
  const config = parsed.kind === "config" ? parsed.config : assert.fail();
  assert.equal(config.routes[1]?.rpc?.methods?.size, 4);
  // A reload waits until it is written.
  assert.ok(parsed.files.includes(shop));
});

test("every default is what the documentation says", async (t) => {
  const files = await gatewayFiles(t);
  const parsed = parseConfig(sketch, { file: files.config });
  assert.equal(parsed.kind, "config");
  const { limits, log, trustedProxies, admin, upstreams } = parsed.kind === "config" ? parsed.config : assert.fail();
  assert.deepEqual(limits, {
    headersTimeoutMs: 10_000,
    readTimeoutMs: 60_000,
    stopTimeoutMs: 25_000,
    stopDelayMs: 0,
    maxConnections: 10_000,
    maxHeaderBytes: 16_384,
    maxAuthorizationLength: 16_384,
  });
  assert.deepEqual(
    { log, trustedProxies, admin },
    { log: { level: "info", requests: 1, format: "json" }, trustedProxies: [], admin: undefined },
  );
  assert.deepEqual(upstreams.get("app"), {
    name: "app",
    origin: "http://127.0.0.1:3000",
    others: undefined,
    host: undefined,
    protocol: "http",
    credential: undefined,
    identity: "headers",
    ignoresCase: false,
    via: true,
    health: undefined,
    tls: undefined,
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 60_000,
    bodyTimeoutMs: 300_000,
    maxConnections: 256,
    maxHeaderBytes: 65_536,
  });
});

interface Row {
  readonly name: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly faults: readonly string[];
  readonly environment?: Record<string, string>;
}

const rows: readonly Row[] = [
  {
    name: "an upstream that is not defined, with the one that was meant",
    from: "roles: [user], upstream: app",
    to: "roles: [user], upstream: ap",
    faults: [`gate.yaml:10:52: routes[1].upstream "ap" is not defined; did you mean "app"?`],
  },
  {
    name: "an unknown key, with the one that was meant",
    from: "anonymous: true",
    to: "anonymus: true",
    faults: [`gate.yaml:9:34: unknown key "routes[0].anonymus"; did you mean "anonymous"?`],
  },
  {
    name: "rpc at a route to an upstream that speaks HTTP",
    from: "roles: [user]",
    to: "rpc: {}",
    faults: [
      "gate.yaml:10:32: routes[1].rpc is for upstreams with protocol: grpc; say so in upstreams.app, or remove it",
    ],
  },
  {
    name: "gRPC over HTTP/1.1, a method that is none, and a message of a few bytes",
    from: /roles: \[user\](.*)url: "http:\/\/127.0.0.1:3000"/s,
    to: 'rpc: { idempotent: [/shop.v1.Catalog/Get], maxMessageBytes: 10 }$1protocol: grpc, url: "http://127.0.0.1:3000"',
    faults: [
      "gate.yaml:10:47: routes[1].rpc.idempotent[0] must be a procedure, such as shop.v1.Catalog/GetItem",
      "gate.yaml:10:87: routes[1].rpc.maxMessageBytes must be a whole number of bytes from 1024 to 67108864",
      "gate.yaml:11:42: upstreams.app.url must begin with h2c://, unix+h2c: or https://, since gRPC needs HTTP/2",
    ],
  },
  {
    name: "a duplicate key",
    from: "realm: example",
    to: "realm: example\nrealm: other",
    faults: ["gate.yaml:2:1: this key is there already; remove one of the two"],
  },
  {
    name: "two spellings of one scheme",
    from: "  Bearer:",
    to: "  BASIC: { users: ./users.yaml }\n  Bearer:",
    faults: [
      "gate.yaml:7:3: handlers.BASIC and handlers.Basic are the same scheme: case does not count (RFC 9110 §11.1); remove one",
    ],
  },
  {
    name: "a scheme of a route that has no handler",
    from: "roles: [user]",
    to: "schemes: [basi]",
    faults: [`gate.yaml:10:37: routes[1].schemes[0] "basi" has no handler; did you mean "Basic"?`],
  },
  {
    name: "a duration without a unit",
    from: "realm: example",
    to: "realm: example\nsession: { rotateAfter: 300 }",
    faults: ["gate.yaml:2:25: session.rotateAfter must be a duration with its unit, such as 500ms, 30s, 5m, 12h or 7d"],
  },
  {
    name: "session rules that contradict each other",
    from: "realm: example",
    to: "realm: example\nsession: { rotateAfter: 10s, overlap: 6s }",
    faults: ["gate.yaml:2:39: session: overlap (6s) must be at most half of rotateAfter (10s); shorten overlap"],
  },
  {
    name: "accounts that are asked about more seldom than a source may be down, and too often",
    from: "realm: example",
    to: "realm: example\nsession: { recheck: 10m, recheckStale: 5m }",
    faults: ["gate.yaml:2:40: session: recheckStale (5m) must be at least recheck (10m); lengthen recheckStale"],
  },
  {
    name: "accounts that are asked about all the time",
    from: "realm: example",
    to: "realm: example\nsession: { recheck: 10ms }",
    faults: ["gate.yaml:2:21: session: recheck must be a whole number of milliseconds of at least 1000, not 10"],
  },
  {
    name: "a throttle that contradicts itself",
    from: "realm: example",
    to: "realm: example\nthrottle: { firstDelay: 2s, longestDelay: 1s }",
    faults: [
      "gate.yaml:2:43: throttle.longestDelay must be a whole number of milliseconds from 2000 to 31622400000, not 1000",
    ],
  },
  {
    name: "a throttle beyond what a standard allows",
    from: "realm: example",
    to: "realm: example\nthrottle: { maxFailures: 1000 }",
    faults: ["gate.yaml:2:26: throttle.maxFailures must be a whole number from 1 to 100"],
  },
  {
    name: "aliases that stand for nothing or are never reached, and sessions of a service that do not go together",
    from: "realm: example",
    to: `realm: example
aliases: { io.x: Nobody, basic: Basic }
services:
  flight: { session: { idle: 1m, rotateAfter: 5m }, cookie: "a b" }`,
    faults: [
      "gate.yaml:2:18: aliases.io.x stands for Nobody, for which handlers has no entry",
      "gate.yaml:2:26: aliases.basic would never be used: handlers.basic answers; remove one",
      "gate.yaml:4:30: services.flight.session: idle (1m) must be at least 2 × rotateAfter (10m); lengthen idle or shorten rotateAfter",
      "gate.yaml:4:61: services.flight.cookie must be the name of a cookie, such as deephaven-auth-cookie",
    ],
  },
  {
    name: "a cookie that Python's client could not refresh in time, and other settings of Deephaven Enterprise",
    from: "realm: example",
    to: `realm: example
services:
  deephavenEnterprise:
    cookieLife: 2m
    tokenLife: 10m
    address: auth.example
    verifyTokenFrom: everyone
    delegateService: worker`,
    faults: [
      "gate.yaml:4:17: cookieLife must be a whole number of milliseconds from 125000 to 86400000, not 120000",
      "gate.yaml:5:16: tokenLife must be a whole number of milliseconds from 1000 to 300000, not 600000",
      'gate.yaml:6:14: address must be an IPv4 address such as 192.0.2.7, not "auth.example"',
      "gate.yaml:7:22: verifyTokenFrom must be a list of address blocks, or the word anyone",
      'gate.yaml:8:5: unknown key "services.deephavenEnterprise.delegateService"; did you mean "delegateServices"?',
    ],
  },
  {
    name: "everybody as verifiers, without the word for it",
    from: "realm: example",
    to: "realm: example\nservices: { deephavenEnterprise: { verifyTokenFrom: [0.0.0.0/0, nonsense] } }",
    faults: [
      "gate.yaml:2:54: this block is larger than any private network, so clients on the internet are in it; say anyone if you mean it",
      "gate.yaml:2:65: this must be an address block, such as 10.0.0.0/8 or fd00::/8",
    ],
  },
  {
    name: "a cookie that outlives the session",
    from: "realm: example",
    to: "realm: example\nsession: { absolute: 10m, idle: 10m }\nservices: { deephavenEnterprise: { cookieLife: 10m } }",
    faults: ["gate.yaml:3:48: absolute (600000) must be at least cookieLife + 10000; lengthen it"],
  },
  {
    name: "a listener on all interfaces without TLS",
    from: "127.0.0.1:8080",
    to: "0.0.0.0:8080",
    faults: [
      "gate.yaml:2:21: others can connect here and read passwords and tokens on the way; add tls: { cert, key }, or listen on 127.0.0.1, or say insecure: true where something in front speaks TLS",
    ],
  },
  {
    name: "a route that opens everything without saying so",
    from: "roles: [user], upstream",
    to: "anonymous: true, upstream",
    faults: [
      "gate.yaml:10:38: routes[1].anonymous would open everything that no other route names; name a path, or spell it anonymous: everything",
    ],
  },
  {
    name: "a rate and limits that would let no request or all of them through",
    from: "anonymous: true,",
    to: "anonymous: true, rate: { requests: 0, per: 0s }, limits: { headersTimeout: 0s, maxConcurrent: 0 },",
    faults: [
      "gate.yaml:9:69: routes[0].rate.requests must be a whole number from 1 to 1000000",
      "gate.yaml:9:77: routes[0].rate.per must be longer than 0",
      "gate.yaml:9:109: routes[0].limits.headersTimeout must be longer than 0",
      "gate.yaml:9:128: routes[0].limits.maxConcurrent must be a whole number from 1 to 1000000",
    ],
  },
  {
    name: "limits of a route without one, and a rate without its number",
    from: "anonymous: true,",
    to: "anonymous: true, rate: { per: 1s }, limits: {},",
    faults: [
      "gate.yaml:9:57: routes[0].rate.requests is missing; give a whole number from 1 to 1000000",
      "gate.yaml:9:78: routes[0].limits must be an object with at least one of maxBodyBytes, maxConcurrent, headersTimeout, bodyTimeout",
    ],
  },
  {
    name: "a service that authorizes anonymous callers, one reading of several, and without a time",
    from: "anonymous: true,",
    to: 'anonymous: true, ambiguousPaths: true, authorize: { url: "http://a", timeout: 0s },',
    faults: [
      "gate.yaml:9:45: routes[0].anonymous contradicts roles, scopes, schemes, claims, maxAge, acr and authorize, which are for known callers; remove one",
      "gate.yaml:9:67: routes[0].ambiguousPaths contradicts authorize: its service would decide by one reading of a path; remove one",
      "gate.yaml:9:112: routes[0].authorize.timeout must be longer than 0",
    ],
  },
  ...[
    { user: "a:hunter2@b", remedy: "must not hold a user name or password; give a bearerToken", at: 80 },
    { user: "", remedy: "must be a URL such as http://127.0.0.1:8181/decide", at: 69 },
  ].map(({ user, remedy, at }) => ({
    name: `a service that authorizes at the address http://${user}`,
    from: "roles: [user], upstream",
    to: `authorize: { url: "http://${user}", bearerToken: hunter2 }, upstream`,
    faults: [
      `gate.yaml:10:45: routes[1].authorize.url ${remedy}`,
      `gate.yaml:10:${at}: routes[1].authorize.bearerToken holds the secret itself; use \${NAME} or { file: PATH }`,
    ],
  })),
  {
    name: "an anonymous route that wants roles",
    from: "anonymous: true,",
    to: "anonymous: true, roles: [user],",
    faults: [
      "gate.yaml:9:45: routes[0].anonymous contradicts roles, scopes, schemes, claims, maxAge, acr and authorize, which are for known callers; remove one",
    ],
  },
  {
    name: "a list of roles for nobody, which would ask for nothing",
    from: "roles: [user], upstream",
    to: "roles: [], schemes: [], upstream",
    faults: [
      "gate.yaml:10:34: routes[1].roles must be a list of roles, such as [user] (leave it out to ask for nothing)",
      "gate.yaml:10:47: routes[1].schemes must be a list of schemes, such as [Basic] (leave it out to ask for nothing)",
    ],
  },
  {
    name: "a path that no canonical request can have",
    from: "/healthz",
    to: "/a/../b",
    faults: [
      "gate.yaml:9:22: routes[0].match.path must begin with / and have no empty, . or .. segments, and no ; ? # or \\",
    ],
  },
  {
    name: "a path in another spelling than the canonical one",
    from: "/healthz",
    to: "/%68ealthz/",
    faults: ["gate.yaml:9:22: routes[0].match.path must be written /healthz; it matches what is below it, too"],
  },
  ...(
    [
      ["/admin/*", "*", "/admin"],
      ["/admin/**", "**", "/admin"],
      ["/admin*", "*", "/admin"],
      ["/*", "*", "/"],
      ["/a/*/b", "*", "/a"],
      ["/admin/.*", ".*", "/admin"],
      ["/admin/.+", ".+", "/admin"],
      ["/admin/:id", ":id", "/admin"],
      ["/admin/{id}/x", "{id}", "/admin"],
      ["/admin/<id>", "<id>", "/admin"],
      ["/admin/v{n}/x", "{n}", "/admin"],
      ["/v[0-9]+/x", "[0-9]", "/"],
      ["/admin/[id]", "[id]", "/admin"],
      ["/admin$", "$", "/admin"],
      ["/(a|b)", "(a|b)", "/"],
    ] as const
  ).map(([path, wildcard, above]) => ({
    name: `a path that other gateways read as a pattern: ${path}`,
    from: "/healthz",
    to: `"${path}"`,
    faults: [
      `gate.yaml:9:22: routes[0].match.path is no pattern: ${wildcard} would stand for itself. Write ${above}; it matches what is below it, too`,
    ],
  })),
  {
    name: "a route that another one hides",
    from: "  - { match: { path: / }",
    to: "  - { match: { path: /healthz }, upstream: app }\n  - { match: { path: / }",
    faults: ["gate.yaml:10:5: routes[1] matches what routes[0] does, so it would never be used; remove one"],
  },
  {
    name: "proxies that could be anybody, also in two halves",
    from: "realm: example",
    to: 'realm: example\ntrustedProxies: ["0.0.0.0/0", 128.0.0.0/1, "::/0", ten]',
    faults: [
      ...[18, 31, 44].map(
        (column) =>
          `gate.yaml:2:${column}: this block is larger than any private network, so clients on the internet are in it; name your proxies`,
      ),
      "gate.yaml:2:52: this must be an address block, such as 10.0.0.0/8 or fd00::/8",
    ],
  },
  {
    name: "a memory store by omission",
    from: "store: { sqlite: ./sallyport.db }\n",
    to: "",
    faults: ["gate.yaml:1:1: store is missing; give an object with exactly one of sqlite, memory"],
  },
  {
    name: "two stores",
    from: "{ sqlite: ./sallyport.db }",
    to: "{ sqlite: ./sallyport.db, memory: true }",
    faults: ["gate.yaml:4:8: store must be an object with exactly one of sqlite, memory"],
  },
  ...(
    [
      [
        "a second document",
        "\n---\nrealm: other",
        "2:1: a second document begins here; a configuration is one: remove this line, or what follows",
      ],
      [
        "a second document after the end of the first",
        "\n...\nrealm: other",
        "3:1: a second document begins here; a configuration is one: remove this line, or what follows",
      ],
      ["a tag that YAML knows", "\nnestedSchemes: !!bool true", "2:23: tags are not understood here; remove it"],
      ["a tag of a map", "\nlog: !!map { level: info }", "2:12: tags are not understood here; remove it"],
      ["the tag that means none", "\nlog: { level: ! info }", "2:17: tags are not understood here; remove it"],
      [
        "a tag in full",
        "\nlog: { level: !<tag:yaml.org,2002:str> info }",
        "2:40: tags are not understood here; remove it",
      ],
      ["a tag of a key", "\n!!str log: { level: info }", "2:7: tags are not understood here; remove it"],
      ["an anchor of a key", "\n&log log: { level: info }", "2:6: anchors are not understood here; remove it"],
      [
        "a bracket that is not closed",
        "\ntrustedProxies: [10.0.0.0/8",
        "3:1: a [ that was opened above is not closed; add the missing ]",
      ],
      [
        "a brace that is not closed",
        "\nlog: { level: info",
        "3:1: a { that was opened above is not closed; add the missing }",
      ],
    ] as const
  ).map(([name, more, fault]) => ({
    name,
    from: "realm: example                              # part of every token's MAC",
    to: `realm: example${more}`,
    faults: [`gate.yaml:${fault}`],
  })),
  {
    name: "a quote that is not closed",
    from: '"http://127.0.0.1:3000"',
    to: '"http://127.0.0.1:3000',
    faults: ['gate.yaml:12:1: a " that was opened above is not closed; add the missing "'],
  },
  ...(
    [
      [
        "127.0.0.1",
        "the port is missing; this must be an address with its port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080",
      ],
      ["127.0.0.1:80800", "the port must be a number from 0 to 65535, without zeros in front; 0 takes a free one"],
      ["127.0.0.1:http", "the port must be a number from 0 to 65535, without zeros in front; 0 takes a free one"],
      ["gate.example:080", "the port must be a number from 0 to 65535, without zeros in front; 0 takes a free one"],
      [":8080", "the host is missing: write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for every interface"],
      [
        "*:8080",
        "the host is missing: write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for every interface",
      ],
      ["http://127.0.0.1:8080", "this must be host and port alone, without http://"],
      ["::1:8080", "an IPv6 address is in brackets: [::1]:8080"],
      ["300.0.0.1:80", "this must be an address with its port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080"],
    ] as const
  ).map(([address, fault]) => ({
    name: `the address ${address}`,
    from: "127.0.0.1:8080",
    to: `"${address}"`,
    faults: [`gate.yaml:2:21: ${fault}`],
  })),
  ...(
    [
      ["http://127.0.0.1:99999", "must have a port from 1 to 65535, such as http://127.0.0.1:3000"],
      ["http://127.0.0.1:0", "must have a port from 1 to 65535, such as http://127.0.0.1:3000"],
      ["127.0.0.1:3000", "must begin with http://, https://, h2c:// or unix:, such as http://127.0.0.1:3000"],
      ["localhost:3000", "must begin with http://, https://, h2c:// or unix:, such as http://127.0.0.1:3000"],
      ["http://", "must be a URL such as http://127.0.0.1:3000"],
      ["unix:app.sock", "must name a socket by its path from the root, such as unix:/run/app.sock"],
      ["unix://app.sock", "must name a socket by its path from the root, such as unix:/run/app.sock"],
      [
        `unix+h2c:/${"x".repeat(103)}`,
        "must name a socket by a path of at most 103 bytes; no system takes a longer one",
      ],
    ] as const
  ).map(([url, fault]) => ({
    name: `the upstream ${url}`,
    from: "http://127.0.0.1:3000",
    to: url,
    faults: [`gate.yaml:11:26: upstreams.app.url ${fault}`],
  })),
  {
    name: "metrics where other machines can read them",
    from: "realm: example",
    to: "realm: example\nadmin: { address: 0.0.0.0:9090 }",
    faults: [
      "gate.yaml:2:19: others can connect here and read metrics, which name routes and schemes; listen on 127.0.0.1, or say insecure: true where only your collectors and probes can connect",
    ],
  },
  {
    name: "free failures beyond the last one",
    from: "realm: example",
    to: "realm: example\nthrottle: { freeFailures: 99 }",
    faults: [
      "gate.yaml:2:27: throttle.freeFailures (99) must be less than maxFailures (99); lower it, or raise maxFailures, to 100 at most",
    ],
  },
  {
    name: "two routes that are one to an upstream that ignores case",
    from: / {2}- \{ match: \{ path: \/ \}[\s\S]*$/,
    to: `  - { match: { path: /Healthz }, upstream: app }
upstreams: { app: { url: "http://127.0.0.1:3000", ignoresCase: true } }`,
    faults: ["gate.yaml:10:22: routes[1].match.path matches what routes[0] does, since app ignores case; remove one"],
  },
  {
    name: "anchors, aliases and merge keys",
    from: "realm: example",
    to: "realm: &r example\nlog: { <<: *r }",
    faults: [
      "gate.yaml:1:11: anchors are not understood here; remove it",
      `gate.yaml:2:8: unknown key "log.<<"; there is level, requests, format`,
      "gate.yaml:2:12: aliases are not understood here; write the value out",
    ],
  },
  {
    name: "a variable that is not set, once",
    from: '"http://127.0.0.1:3000"',
    to: `"\${APP_URL}"`,
    faults: ["gate.yaml:11:26: upstreams.app.url needs the environment variable APP_URL, which is not set; set it"],
  },
  {
    name: "a password in the URL of an upstream, without showing it",
    from: "http://127.0.0.1:3000",
    to: "http://ada:hunter2@127.0.0.1:3000",
    faults: [
      "gate.yaml:11:26: upstreams.app.url must not hold a user name or password; the upstream would not see them",
    ],
  },
  {
    name: "base URLs that are none, and a proof that would live too long",
    from: "realm: example",
    to: "realm: example\nbinding: { baseUrls: [api.example, https://api.example], proofLife: 1h }",
    faults: [
      'gate.yaml:2:23: binding: baseUrls: "api.example" must be a URL such as https://api.example, without user, query or fragment',
      "gate.yaml:2:69: binding: proofLife must be from 30s to 10m",
    ],
  },
  {
    name: "questions that no proxy may ask, at a path that is none",
    from: "realm: example",
    to: "realm: example\nservices: { forwardAuth: { path: /auth/ } }",
    faults: [
      "gate.yaml:2:13: services.forwardAuth needs trustedProxies: the addresses of the proxies that may ask",
      "gate.yaml:2:34: services.forwardAuth.path must be a path such as /auth, without a slash at its end",
    ],
  },
  {
    name: "no upstreams, where no other proxy asks",
    from: 'upstreams: { app: { url: "http://127.0.0.1:3000", identity: headers } }\n',
    to: "",
    faults: ["gate.yaml:1:1: upstreams is missing; give an object with an upstream for each name"],
  },
  {
    name: "a route without an upstream, where no other proxy asks",
    from: "roles: [user], upstream: app",
    to: "roles: [user]",
    faults: ["gate.yaml:10:5: routes[1].upstream is missing; give the name of an upstream"],
  },
  {
    name: "JWT for another scheme",
    from: "  Bearer: {",
    to: "  Jwt: {",
    faults: ["gate.yaml:7:3: jwt answers for the scheme Bearer; write handlers.Bearer"],
  },
];

for (const { name, from, to, faults, environment } of rows) {
  test(`refused, with the place and the remedy: ${name}`, async (t) => {
    const files = await gatewayFiles(t);
    assert.deepEqual(faultsOf(files, changed(from, to), environment), faults);
  });
}

test("what is allowed by a word for it: metrics for other machines, free failures up to the last one", async (t) => {
  const files = await gatewayFiles(t);
  const text = "admin: { address: 0.0.0.0:9090, insecure: true }\nthrottle: { freeFailures: 99, maxFailures: 100 }";
  assert.deepEqual(faultsOf(files, changed("realm: example", text)), []);
});

test("how often accounts are asked about is part of the engine's options, and a long time makes a long patience", async (t) => {
  const files = await gatewayFiles(t);
  const parsed = (session: string) => {
    files.write("gate.yaml", `session: ${session}\n${sketch}`);
    return loadConfig(files.config, {}).session;
  };
  const { recheckMs, recheckStaleMs } = parsed("{ recheck: 1m, recheckStale: 2h }");
  assert.deepEqual([recheckMs, recheckStaleMs], [60_000, 7_200_000]);
  assert.deepEqual(resolveRecheck(parsed("{ recheck: 3h }")), { recheckMs: 10_800_000, recheckStaleMs: 10_800_000 });
  assert.deepEqual(resolveRecheck(parsed("{}")), { recheckMs: 300_000, recheckStaleMs: 3_600_000 });
});

test("an empty configuration is said to be empty", async (t) => {
  const files = await gatewayFiles(t);
  const fault =
    "gate.yaml:1:1: the configuration is empty; it needs listen, keys, store, handlers, routes and upstreams";
  for (const text of ["", "\n", "# nothing\n", "---\n", "null\n"]) assert.deepEqual(faultsOf(files, text), [fault]);
});

test("a configuration names its YAML by no other version", async (t) => {
  const files = await gatewayFiles(t);
  assert.deepEqual(faultsOf(files, `%YAML 1.1\n---\n${sketch}`), [
    "gate.yaml:1:1: a configuration is YAML 1.2; remove the line %YAML",
  ]);
  assert.deepEqual(faultsOf(files, `%YAML 1.2\n---\n${sketch}`), []);
});

/** What `parseConfig` warns of, as `faultsOf`. */
function warningsOf(files: GatewayFiles, text: string): string[] {
  const parsed = parseConfig(text, { file: files.config, environment: {} });
  return parsed.kind === "config"
    ? parsed.warnings.map(toFaultText).map((one) => one.split("/").at(-1) ?? "")
    : ["faulty"];
}

/** The sketch, whose callers are those of the user file alone. */
const usersOnly = changed(/ {2}Bearer: .*\n/, "");

test("a role that no account has, and an upstream that no route uses, are warned of with what was meant", async (t) => {
  const files = await gatewayFiles(t);
  assert.deepEqual(warningsOf(files, usersOnly), []);
  assert.deepEqual(warningsOf(files, usersOnly.replace("roles: [user]", "roles: [user, usr]")), [
    'gate.yaml:9:41: routes[1].roles[1] "usr" is a role that no account has; did you mean "user"?',
  ]);
  const operateAs = "operateAs: { rules: [{ actorRoles: [usr], targets: [ada], exceptRoles: [admin] }] }\nroutes:";
  assert.deepEqual(warningsOf(files, usersOnly.replace("routes:", operateAs)), [
    'gate.yaml:7:37: operateAs.rules[0].actorRoles[0] "usr" is a role that no account has; did you mean "user"?',
    'gate.yaml:7:73: operateAs.rules[0].exceptRoles[0] "admin" is a role that no account has; there is user',
  ]);
  const [ada = ""] = readFileSync(join(files.directory, "users.yaml"), "utf8").split("\n");
  files.write("targets.txt", `${ada.replace(/:user$/, ":admin")}\n`);
  const inTheirs = operateAs.replace("{ rules", "{ users: ./targets.txt, rules").replace("[usr]", "[admin]");
  assert.deepEqual(warningsOf(files, usersOnly.replace("routes:", inTheirs)), [
    'gate.yaml:7:59: operateAs.rules[0].actorRoles[0] "admin" is a role that no account has; there is user',
  ]);
  assert.deepEqual(
    warningsOf(files, usersOnly.replace("upstreams: {", 'upstreams: { old: { url: "http://127.0.0.1:1" },')),
    ["gate.yaml:10:14: upstreams.old is used by no route; name it as the upstream of one, or remove it"],
  );
});

test("roles are known where the configuration and its files give them, and not where a provider does", async (t) => {
  const files = await gatewayFiles(t);
  const warn = (handlers: string) =>
    warningsOf(
      files,
      usersOnly.replace("roles: [user]", "roles: [robot]").replace("  Basic: ", `${handlers}\n  Basic: `),
    );
  const missing = [/"robot" is a role that no account has/];
  const sha = "a".repeat(64);
  const cases: readonly (readonly [handlers: string, warnings: readonly RegExp[]])[] = [
    [`  PSK: { keys: { x: { sha256: ${sha}, roles: [robot] } } }`, []],
    [`  PSK: { keys: { x: { sha256: ${sha} } } }`, missing],
    ["  Guest: { anonymous: { subject: guest, roles: [robot] } }", []],
    ["  Bearer: { jwt: { issuer: https://idp.example, audience: api, rolesClaim: roles } }", []],
    ["  Bearer: { jwt: { issuer: https://idp.example, audience: api } }", missing],
    [
      "  Bearer: { jwt: { issuer: https://idp.example, audience: api, rolesClaim: g, groupRoles: { a: [robot] } } }",
      [],
    ],
    [
      "  Bearer: { jwt: { issuer: https://idp.example, audience: api, rolesClaim: g, groupRoles: { a: [b] } } }",
      missing,
    ],
  ];
  for (const [handlers, expected] of cases) {
    const warnings = warn(handlers);
    assert.equal(warnings.length, expected.length, handlers);
    for (const [index, pattern] of expected.entries()) assert.match(warnings[index] ?? "", pattern);
  }
});

test("a handler whose sessions outlive a disabled account is warned of, with what to do", async (t) => {
  const files = await gatewayFiles(t);
  const warn = (handler: string, session = "{}") =>
    warningsOf(files, `session: ${session}\n${usersOnly.replace(/ {2}Basic: .*/, `  ${handler}`)}`).filter(
      (one) => !one.includes("no account has"),
    );
  const ldap = (more: string) => `Basic: { ldap: { url: "ldaps://x", users: { base: "dc=example" }${more} } }`;
  const oidc = "oidc: { issuer: https://idp.example, audience: api";
  const external = "external: { issuer: https://idp.example, clientId: gate, url: https://gate.example/external }";
  const unasked = (place: string, scheme: string, absolute: string, remedy: string) => [
    `gate.yaml:${place}: live sessions of ${scheme} go on up to session.absolute (${absolute}) after their account was disabled, since the handler is not asked about it again; ${remedy}`,
  ];
  const endThem =
    "shorten session.absolute, and when you disable an account run: sallyport sessions end --subject NAME";
  assert.deepEqual(warn(ldap("")), unasked("7:12", "Basic", "12h", "give ldap.bind, an account that searches"));
  assert.deepEqual(warn(`External: { ${external} }`), unasked("7:15", "External", "12h", endThem));
  assert.deepEqual(
    warn(`Bearer: { ${oidc}, opens: session } }`, "{ absolute: 8h }"),
    unasked("7:13", "Bearer", "8h", endThem),
  );
  files.write("bind", "secret", 0o600);
  files.write("api-keys.jsonl", "", 0o600);
  for (const asked of [
    "Basic: { users: ./users.yaml }",
    ldap(', bind: { dn: "cn=x,dc=example", password: { file: ./bind } }'),
    `Bearer: { ${oidc} } }`,
    `Bearer: { apiKeys: ./api-keys.jsonl, ${oidc} } }`,
  ]) {
    assert.deepEqual(warn(asked), [], asked);
  }
});

test("a file that is not YAML is refused without quoting it", async (t) => {
  const files = await gatewayFiles(t);
  for (const text of [
    'realm: "a" hunter2',
    "realm: [hunter2",
    "\thunter2: 1",
    "{ hunter2",
    "realm: *hunter2",
    "!hunter2 x: y",
  ]) {
    const faults = faultsOf(files, text);
    assert.ok(faults.length > 0, text);
    assert.doesNotMatch(faults.join("\n"), /hunter2/, text);
  }
});

test("all faults come at once, in the order of the file", async (t) => {
  const files = await gatewayFiles(t);
  const text = changed("upstream: app }\n", "upstream: ap }\n")
    .replace("realm: example", "relm: 7")
    .replace(":3000", "");
  const lines = faultsOf(files, text.replace("8080", "80800")).map((fault) => fault.split(":").slice(1, 2)[0]);
  assert.deepEqual(lines, ["1", "2", "9"]);
});

test("missing or readable by others: the key file is refused, with the command that helps", async (t) => {
  const files = await gatewayFiles(t);
  assert.deepEqual(faultsOf(files, changed("./keys.json", "./none.json")), [
    "gate.yaml:3:15: there is no key file none.json; make it with: sallyport keys init none.json",
  ]);
  chmodSync(join(files.directory, "keys.json"), 0o644);
  assert.deepEqual(faultsOf(files, sketch), [
    "gate.yaml:3:15: others can read the key file keys.json; run: chmod 600 keys.json",
  ]);
});

test("a configuration that anyone may change is refused, with the command that helps", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  chmodSync(files.config, 0o646);
  assert.throws(() => loadConfig(files.config), {
    code: "invalid_options",
    message: `the file ${files.config} is writable by every user of this machine, so each of them can let any client in; run: chmod o-w ${files.config}`,
  });
});

test("a faulty user file is refused with its own line", async (t) => {
  const files = await gatewayFiles(t);
  files.write("users.yaml", "# nobody\nada:hunter2:user\n");
  assert.deepEqual(faultsOf(files, sketch), [
    "gate.yaml:6:19: handlers.Basic.users: users.yaml, line 2: the hash is not argon2id, which is the only kind taken. Make one with hashPassword, or: sallyport hash-password",
  ]);
});

async function keysFaults(t: TestContext, key: string, environment = {}): Promise<string[]> {
  const files = await gatewayFiles(t);
  files.write("robot.key", "mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u\n");
  files.write("open.key", "mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u\n", 0o644);
  return faultsOf(files, changed("  Bearer:", `  PSK: { keys: { robot: ${key} } }\n  Bearer:`), environment);
}

test("a pre-shared key comes from the environment or a private file, and is kept as a hash", async (t) => {
  const files = await gatewayFiles(t);
  const secret = "mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u";
  files.write("robot.key", `${secret}\n`);
  const configs = [`"\${ROBOT_KEY}"`, "{ file: ./robot.key }"].map((key) => {
    const text = changed("  Bearer:", `  PSK: { keys: { robot: { key: ${key}, roles: [user] } } }\n  Bearer:`);
    const parsed = parseConfig(text, { file: files.config, environment: { ROBOT_KEY: secret } });
    return parsed.kind === "config" ? parsed.config : assert.fail(parsed.faults.map(toFaultText).join("\n"));
  });
  assert.deepEqual(configs[0]?.handlers, configs[1]?.handlers);
  assert.doesNotMatch(JSON.stringify(configs), new RegExp(secret));
});

test("a secret in the file itself, a guessable one, and one that others can read are refused unseen", async (t) => {
  const inline = await keysFaults(t, "{ key: mI6yGqF0b1Vd3kq8xT5nPw2sLz7cRj4u }");
  assert.deepEqual(inline, [
    `gate.yaml:7:32: handlers.PSK.keys.robot.key holds the secret itself; use \${NAME}, { file: PATH }, or sha256 in its place`,
  ]);
  const guessable = await keysFaults(t, `{ key: "\${ROBOT_KEY}" }`, { ROBOT_KEY: "hunter2" });
  assert.match(guessable.join("\n"), /^gate\.yaml:7:32: .*guessable/);
  assert.doesNotMatch(guessable.join("\n"), /hunter2/);
  const open = await keysFaults(t, "{ key: { file: ./open.key } }");
  assert.deepEqual(open, [
    "gate.yaml:7:32: handlers.PSK.keys.robot.key: others can read the file open.key; run: chmod 600 open.key",
  ]);
});

test("a value from the environment is never shown", async (t) => {
  const files = await gatewayFiles(t);
  const text = changed("roles: [user], upstream: app", `roles: [user], upstream: "\${APP}"`);
  assert.deepEqual(faultsOf(files, text, { APP: "hunter2" }), [
    `gate.yaml:10:52: routes[1].upstream "\${APP}" is not defined; there is app`,
  ]);
});

test("a path with signs that are letters in it is one: OData, custom methods, an encoded star", async (t) => {
  const files = await gatewayFiles(t);
  for (const path of ["/odata/$metadata", "/odata/Users('1')", "/v1/users:batchGet", "/c++", "/a%2Ab", "/a.b/c"]) {
    assert.deepEqual(
      faultsOf(
        files,
        sketch.replace("/healthz", () => `"${path}"`),
      ),
      [],
      path,
    );
  }
});
