import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runCli } from "../../cli/run-cli.js";
import { makeClientCertificates } from "../../handlers/certificate/make-client-certificates.js";
import { adaPassword, gatewayFiles, sketch } from "../gateway-files.js";
import { makeCertificates } from "../make-certificates.js";
import { asAda, configText, runGateway } from "../running-gateway.js";

const admin =
  "  - { match: { path: /admin }, roles: [admin], upstream: app }\n" +
  "  - { match: { path: /strong }, maxAge: 5m, acr: [mfa], upstream: app }\n";

async function explain(t: TestContext, request: string, ...args: string[]): Promise<string> {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch.replace("routes:\n", `routes:\n${admin}`));
  const { code, out, err } = await runCli(["explain", "-", "-c", files.config, ...args], request);
  assert.equal(code, 0, err);
  // Nothing was made, not even a database.
  assert.ok(!existsSync(join(files.directory, "sallyport.db")));
  assert.ok(!out.includes(adaPassword) && !out.includes(asAda));
  return out.replaceAll(files.directory, "");
}

test("what a route sets from a file is named, and not shown", async (t) => {
  const files = await gatewayFiles(t);
  const key = files.write("upstream.key", "Bearer hunter2\n");
  const set = `{ Authorization: { file: ${key} }, X-Key: { file: ${key} }, X-Tenant: acme }`;
  files.write(
    "gate.yaml",
    configText("http://127.0.0.1:9", `{ match: { path: / }, upstream: app, requestHeaders: { set: ${set} } }`),
  );
  const request = `GET / HTTP/1.1\nHost: a\nAuthorization: ${asAda}\n\n`;
  const { code, out, err } = await runCli(["explain", "-", "-c", files.config], request);
  assert.equal(code, 0, err);
  assert.deepEqual(out.match(/^ {2}set {8}(?:authorization|x-key|x-tenant): .*$/gm), [
    "  set        authorization: (secret)",
    "  set        x-key: (secret)",
    "  set        x-tenant: acme",
  ]);
  assert.doesNotMatch(out + err, /hunter2/);
});

test("limits of a route and the service that authorizes are named; it is not asked, and no secret of it is shown", async (t) => {
  const files = await gatewayFiles(t);
  const token = files.write("token", "hunter2\n");
  const rules =
    "rate: { requests: 10, per: 1m, burst: 5 }, limits: { maxConcurrent: 2, maxBodyBytes: 100 }, " +
    `authorize: { url: "http://127.0.0.1:9/decide?key=s3cret", bearerToken: { file: ${token} } }`;
  files.write("gate.yaml", configText("http://127.0.0.1:9", `{ match: { path: / }, upstream: app, ${rules} }`));
  const request = `GET / HTTP/1.1\nHost: a\nAuthorization: ${asAda}\n\n`;
  const { code, out, err } = await runCli(["explain", "-", "-c", files.config], request);
  assert.equal(code, 0, err);
  const lines = out.split("\n");
  assert.match(
    lines[1] ?? "",
    /; lets a caller make 5 requests at once, and as many again in 30s; lets a caller have 2 requests under way; takes bodies of 100 bytes$/,
  );
  assert.deepEqual(lines.slice(4, 6), [
    "authorize    if http://127.0.0.1:9/decide lets it in, which was not asked",
    "forwarded    to app, as /",
  ]);
  const json = await runCli(["explain", "-", "-c", files.config, "--json"], request);
  assert.doesNotMatch(out + err + json.out, /hunter2/);
});

test("a request that goes on: route, handler, caller, and the headers stripped and set", async (t) => {
  const out = await explain(
    t,
    `GET /%61pi?x=1 HTTP/1.1\nHost: Example.com\nAuthorization: ${asAda}\nX_Sallyport_Subject: root\nConnection: x-hop\nX-Hop: 1\nAccept: */*\n\n`,
    "--from",
    "192.0.2.7",
  );
  assert.deepEqual(out.split("\n"), [
    "target       example.com /api",
    "route        /gate.yaml:12 /; needs one of the roles user",
    "credentials  Basic, answered by handlers.Basic.users",
    "caller       ada [user] by basic",
    "forwarded    to app, as /api?x=1",
    "  stripped   Authorization",
    "  stripped   X_Sallyport_Subject",
    "  stripped   Connection",
    "  stripped   X-Hop",
    "  set        host: example.com",
    "  set        x-forwarded-for: 192.0.2.7",
    "  set        x-forwarded-proto: http",
    "  set        x-forwarded-host: example.com",
    "  set        via: 1.1 sallyport",
    "  set        x-sallyport-subject: ada",
    "  set        x-sallyport-roles: user",
    `  set        x-sallyport-identity: ${Buffer.from('{"subject":"ada","roles":["user"]}').toString("base64url")}`,
    "  set        x-sallyport-scheme: basic",
    "",
  ]);
});

const rows: readonly (readonly [name: string, request: string, line: RegExp])[] = [
  ["a path with two readings", "GET /a/../admin HTTP/1.1\nHost: a", /^denied {7}400 invalid_argument, bad_request/m],
  [
    "what can be read in two ways",
    "GET /a%2Fb HTTP/1.1\nHost: a",
    /^target {7}none: the path holds %2F, an encoded \/$/m,
  ],
  [
    "a body with two lengths",
    "POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked",
    /^denied {7}400 invalid_argument, bad_request/m,
  ],
  [
    "a count of hops that is none",
    "OPTIONS / HTTP/1.1\nHost: a\nMax-Forwards: -1",
    /^denied {7}400 invalid_argument, bad_request/m,
  ],
  [
    "a question that goes no further",
    `OPTIONS / HTTP/1.1\nHost: a\nAuthorization: ${asAda}\nMax-Forwards: 0`,
    /^answered {5}by the gateway itself: Max-Forwards is 0/m,
  ],
  ["nobody", "GET / HTTP/1.1\nHost: a", /^denied {7}401 unauthenticated, no_credentials/m],
  [
    "a wrong password",
    `GET / HTTP/1.1\nHost: a\nAuthorization: Basic ${btoa("ada:hunter2")}`,
    /^denied {7}401 unauthenticated, invalid_credentials/m,
  ],
  [
    "a caller without the role",
    `GET /admin/x HTTP/1.1\nHost: a\nAuthorization: ${asAda}`,
    /^denied {7}403 permission_denied, not_permitted/m,
  ],
  [
    "a caller whose log-in is too weak",
    `GET /strong HTTP/1.1\nHost: a\nAuthorization: ${asAda}`,
    /^route {8}.* \/strong; needs a log-in within 5m; needs a log-in of one of mfa$\s[\s\S]*^denied {7}401 unauthenticated, insufficient_user_authentication/m,
  ],
  [
    "credentials twice",
    `GET / HTTP/1.1\nHost: a\nAuthorization: ${asAda}\nAuthorization: ${asAda}`,
    /^credentials {2}refused as duplicate$/m,
  ],
  [
    "a token whose scheme was forgotten",
    "GET / HTTP/1.1\nHost: a\nAuthorization: hunter2",
    /^credentials {2}of a scheme without a handler \(not shown/m,
  ],
  [
    "a procedure of our own",
    "POST /sallyport.v1.AuthService/LogIn HTTP/1.1\nHost: a",
    /^answered {5}by the gateway itself: a procedure of sallyport\.v1\.AuthService$/m,
  ],
  ["a route for anybody", "GET /healthz HTTP/1.1\nHost: a", /^forwarded {4}to app, as \/healthz$/m],
];

for (const [name, request, line] of rows) {
  test(`explained: ${name}`, async (t) => {
    const out = await explain(t, request);
    assert.match(out, line);
    assert.doesNotMatch(out, /hunter2/);
  });
}

test("of an upstream that speaks gRPC only it says which requests are no call of it", async (t) => {
  const files = await gatewayFiles(t);
  files.write(
    "gate.yaml",
    sketch.replace('url: "http://127.0.0.1:3000"', 'protocol: grpc, url: "h2c://127.0.0.1:3000"'),
  );
  const outcomes = [
    ["GET", "", "denied       405 unknown, method_not_allowed: Calls are made by POST."],
    ["POST", "Content-Type: application/json\n", "denied       415 unknown, unsupported_media_type"],
    ["POST", "Content-Type: application/proto\n", "forwarded    to app"],
    ["POST", "Content-Type: application/grpc\n", "forwarded    to app"],
  ] as const;
  for (const [method, type, line] of outcomes) {
    const request = `${method} /a.B/C HTTP/1.1\nHost: a\nAuthorization: ${asAda}\n${type}\n`;
    const { out } = await runCli(["explain", "-", "-c", files.config], request);
    assert.ok(out.includes(line), out);
  }
});

test("a handshake of Flight is answered by the gateway, and its carriers do not reach an upstream", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", `${sketch}services: { flight: { cookie: deephaven } }\n`);
  const ask = async (head: string): Promise<string> => {
    const { code, out, err } = await runCli(["explain", "-", "-c", files.config], head);
    assert.equal(code, 0, err);
    return out;
  };
  const handshake = await ask("POST /arrow.flight.protocol.FlightService/Handshake HTTP/1.1\nHost: a\n");
  assert.match(
    handshake,
    /^route {8}none$\s[\s\S]*^answered {5}by the gateway itself: the handshake of services\.flight$/m,
  );
  const carried = "auth-token-bin: \nCookie: theme=dark; deephaven=x\nTE: trailers\nTransfer-Encoding: chunked\n";
  const other = await ask(`POST /healthz HTTP/1.1\nHost: a\n${carried.replace("deephaven=x", "deephaven=")}`);
  assert.deepEqual(other.match(/^ {2}stripped.*$/gm), ["  stripped   auth-token-bin", "  stripped   cookie deephaven"]);
  const token = await ask(`POST /healthz HTTP/1.1\nHost: a\n${carried}`);
  assert.match(token, /^credentials {2}a session token in a cookie or in auth-token-bin$/m);
});

test("a client certificate and TLS are said on the command line", async (t) => {
  const servers = makeCertificates();
  const clients = makeClientCertificates();
  if (servers === undefined || clients === undefined) return t.skip("needs openssl");
  t.after(() => {
    servers.remove();
    clients.remove();
  });
  const made = clients.make({ san: "email:ada@example.org" });
  const files = await gatewayFiles(t);
  const rule = `{ san: email, value: ada@example.org, subject: ada, roles: [user], keys: [${made.keySha256}] }`;
  const { cert, key } = servers.make("gateway");
  const listen = (addresses: string): string =>
    sketch
      .replace(/listen: .*/, `listen: [${addresses}]`)
      .replace("routes:\n", `  ClientCertificate: { certificates: [${rule}] }\nroutes:\n`);
  const tls = `{ address: 127.0.0.1:8443, tls: { cert: ${cert}, key: ${key}, clientCa: ${servers.ca} } }`;
  files.write("gate.yaml", listen(`{ address: 127.0.0.1:8080 }, ${tls}`));
  const file = files.write("client.pem", made.pem);
  const ask = (path: string, ...args: string[]) =>
    runCli(["explain", "-", "-c", files.config, ...args], `GET ${path} HTTP/1.1\nHost: a\n`);

  const { out } = await ask("/", "--certificate", file);
  assert.match(out, /^credentials {2}a client certificate, answered by handlers\.ClientCertificate\.certificates$/m);
  assert.match(out, /^caller {7}ada \[user\] by clientcertificate$/m);
  assert.match(out, /^ {2}set {8}x-forwarded-proto: https$/m);
  assert.match((await ask("/")).out, /^denied {7}401 /m);
  assert.match((await ask("/healthz")).out, /^ {2}set {8}x-forwarded-proto: http$/m);
  assert.match((await ask("/healthz", "--tls")).out, /^ {2}set {8}x-forwarded-proto: https$/m);
  files.write("gate.yaml", listen(tls));
  assert.match((await ask("/healthz")).out, /^ {2}set {8}x-forwarded-proto: https$/m);
  const { code, err } = await ask("/", "--certificate", files.config);
  assert.equal(code, 1);
  assert.equal(err, `sallyport: ${files.config}: this must be a certificate in PEM\n`);
});

test("looking at a session token shows who it is, and neither turns nor ends the session", async (t) => {
  const gateway = await runGateway(t);
  const call = (authorization: string) => fetch(gateway.origin, { headers: { authorization } });
  const token = (await call(asAda)).headers.get("authorization") ?? "";
  const request = `GET / HTTP/1.1\nHost: a\nAuthorization: ${token}\n`;
  const { out } = await runCli(["explain", "-", "-c", gateway.files.config, "--json"], request);
  const { outcome, caller } = JSON.parse(out) as { outcome: string; caller: { subject: string; session: string } };
  assert.deepEqual([outcome, caller.subject], ["forwarded", "ada"]);
  assert.match(caller.session, /^[\w-]{22}$/);
  assert.ok(!out.includes(token.slice(7)));
  const list = await runCli(["sessions", "ls", "-c", gateway.files.config, "--json"]);
  assert.equal((JSON.parse(list.out) as { claimed: boolean }).claimed, false);
  assert.equal((await call(token)).status, 200);
});

test("of a session whose account is gone it says so, and does not end it; an account that has changed is as it is now", async (t) => {
  const gateway = await runGateway(t);
  const users = readFileSync(join(gateway.files.directory, "users.yaml"), "utf8");
  const token = (await fetch(gateway.origin, { headers: { authorization: asAda } })).headers.get("authorization") ?? "";
  const ask = (...more: string[]) =>
    runCli(["explain", "-", "-c", gateway.files.config, ...more], `GET / HTTP/1.1\nHost: a\nAuthorization: ${token}\n`);
  const state = async () => {
    const { denial, ending, caller } = JSON.parse((await ask("--json")).out) as {
      denial?: { code: string; reason: string };
      ending?: string;
      caller?: { roles: string[] };
    };
    return [denial?.code, denial?.reason, ending, caller?.roles];
  };
  gateway.files.write("users.yaml", users.replace("ada:", "eve:"));
  assert.deepEqual(await state(), ["unauthenticated", "revoked", "account gone", undefined]);
  assert.match((await ask()).out, /^ends {9}the session: account gone\ndenied {7}401 unauthenticated, revoked/m);
  gateway.files.write("users.yaml", users.replace(":user", ":user,admin"));
  assert.deepEqual(await state(), [undefined, undefined, undefined, ["user", "admin"]]);
  gateway.configure(
    readFileSync(gateway.files.config, "utf8").replace(
      "Basic: { users: ./users.yaml }",
      `Key: { keys: { x: { sha256: ${"a".repeat(64)} } } }`,
    ),
  );
  assert.deepEqual(await state(), ["unauthenticated", "revoked", "handler removed", undefined]);
  gateway.configure(configText(gateway.upstream.url, "{ match: { path: / }, roles: [user], upstream: app }"));
  gateway.files.write("users.yaml", users);
  assert.deepEqual(await state(), [undefined, undefined, undefined, ["user"]], "none of this has ended it");
});

test("a file that is no request is refused with its line, unquoted", async (t) => {
  const files = await gatewayFiles(t);
  files.write("gate.yaml", sketch);
  for (const [text, line] of [
    ["hunter2", 1],
    ["GET / HTTP/1.1\nhunter2 : x", 2],
    ["GET / HTTP/1.1\nHost: a\n folded hunter2", 3],
  ] as const) {
    const file = files.write("request.http", text);
    const { code, err } = await runCli(["explain", file, "-c", files.config]);
    assert.equal(code, 1);
    assert.ok(err.startsWith(`sallyport: ${file}:${line}:1: this must be`), err);
    assert.doesNotMatch(err, /hunter2/);
  }
});
