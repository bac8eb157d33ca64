import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { after, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { serveFile } from "../../src/gateway/run/serve-file.js";
import { type MadeCertificate, makeClientCertificates } from "../handlers/certificate/make-client-certificates.js";
import { gatewayFiles } from "./gateway-files.js";
import { startListeners } from "./listen/listeners-world.js";
import { makeCertificates } from "./make-certificates.js";
import { asAda, echoUpstream } from "./running-gateway.js";

const server = makeCertificates();
const clients = makeClientCertificates();
const skip = server === undefined || clients === undefined ? "needs openssl: apt-get install openssl" : false;
after(() => {
  server?.remove();
  clients?.remove();
});

/** A gateway with TLS that asks for certificates, and an upstream that says who calls. */
async function runWithCertificates(t: TestContext) {
  const made = clients ?? assert.fail();
  const files = await gatewayFiles(t);
  const upstream = await echoUpstream(t);
  const ours = made.authority("/CN=our ca");
  const { key, cert } = server?.make("gateway") ?? assert.fail();
  const pinned = made.make({ san: "email:ada@example.org", ca: ours });
  files.write("clients.pem", ours.pem);
  files.write(
    "gate.yaml",
    `\
listen: [{ address: 127.0.0.1:0, tls: { cert: "${cert}", key: "${key}", clientCa: ./clients.pem, clientCertificate: request } }]
keys: { file: ./keys.json }
store: { memory: true }
log: { level: silent }
handlers:
  Basic: { users: ./users.yaml }
  ClientCertificate:
    certificates:
      - { san: uri, pattern: 'spiffe://example\\.org/sa/([a-z]+)', subject: $1, roles: [service], issuer: ./clients.pem, anyKey: true }
      - { san: email, value: ada@example.org, subject: ada, roles: [user], keys: [${pinned.keySha256}] }
routes:
  - { match: { path: /open }, anonymous: true, upstream: app }
  - { match: { path: / }, roles: [user, service], upstream: app }
upstreams: { app: { url: "${upstream.url}" } }
`,
  );
  const served = await serveFile(files.config, {});
  t.after(() => served.stop());
  const port = served.gateway.addresses()[0]?.port ?? 0;
  const tls = (by?: MadeCertificate): ConnectionOptions => ({
    ...{ host: "127.0.0.1", port, servername: "localhost", ca: server?.caPem() },
    ...(by && { cert: by.pem, key: by.keyPem }),
  });
  return { made, ours, pinned, tls, port };
}

interface Answer {
  readonly status: number;
  readonly challenges: string;
  readonly subject: string | undefined;
  readonly scheme: string | undefined;
  readonly offered: boolean;
}

function toAnswer(status: number, headers: Readonly<Record<string, unknown>>, text: string): Answer {
  const upstream = status === 200 ? (JSON.parse(text) as { headers: Record<string, string> }).headers : {};
  return {
    status,
    challenges: String(headers["www-authenticate"]),
    subject: upstream["x-sallyport-subject"],
    scheme: upstream["x-sallyport-scheme"],
    offered: headers.authorization !== undefined,
  };
}

function askHttp1(options: ConnectionOptions, path = "/", authorization?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    request({ ...options, path, headers, agent: false } as object, (response) => {
      let text = "";
      response.on("data", (data) => {
        text += data;
      });
      response.on("end", () => resolve(toAnswer(response.statusCode ?? 0, response.headers, text)));
    })
      .on("error", reject)
      .end();
  });
}

/** Two requests at a time on one connection. */
async function askHttp2(options: ConnectionOptions, ...paths: readonly string[]): Promise<Answer[]> {
  const session = connectHttp2(`https://localhost:${options.port}`, options as object);
  const ask = (path: string) =>
    new Promise<Answer>((resolve, reject) => {
      let status = 0;
      let fields: Readonly<Record<string, unknown>> = {};
      let text = "";
      session.on("error", reject);
      const stream = session.request({ ":path": path });
      stream.on("response", (headers) => {
        status = Number(headers[":status"]);
        fields = headers;
      });
      stream.on("data", (data) => {
        text += data;
      });
      stream.on("error", reject).on("end", () => resolve(toAnswer(status, fields, text)));
    });
  const answers = await Promise.all(paths.map(ask));
  session.close();
  return answers;
}

test("over TLS, by HTTP/1 and HTTP/2, a certificate is its rule's subject, and no token is offered", {
  skip,
}, async (t) => {
  const { made, ours, pinned, tls } = await runWithCertificates(t);
  const service = made.make({ san: "URI:spiffe://example.org/sa/pay", ca: ours });
  for (const [by, subject] of [
    [service, "pay"],
    [pinned, "ada"],
  ] as const) {
    for (const answer of [await askHttp1(tls(by)), ...(await askHttp2(tls(by), "/", "/a"))]) {
      assert.deepEqual(answer, {
        ...{ status: 200, challenges: "undefined", subject, scheme: "clientcertificate", offered: false },
      });
    }
  }
});

test("none, one without a rule, one with another key, and one that TLS did not verify are 401", { skip }, async (t) => {
  const { made, ours, tls } = await runWithCertificates(t);
  const theirs = made.authority("/CN=our ca");
  const san = "URI:spiffe://example.org/sa/pay";
  const refused: readonly [why: string, by: MadeCertificate | undefined][] = [
    ["none", undefined],
    ["no rule", made.make({ san: "URI:spiffe://example.org/x", ca: ours })],
    ["renewed with another key", made.make({ san: "email:ada@example.org", ca: ours })],
    ["another authority of that name", made.make({ san, ca: theirs })],
    ["signed by itself", made.make({ san })],
    ["for servers only", made.make({ san, ca: ours, usage: "serverAuth" })],
  ];
  for (const [why, by] of refused) {
    const answers = [await askHttp1(tls(by)), ...(await askHttp2(tls(by), "/"))];
    for (const { status, challenges } of answers) {
      assert.equal(status, 401, why);
      assert.match(challenges, /^Bearer .*Basic /, why);
      assert.doesNotMatch(challenges, /ClientCertificate/);
    }
  }
  // What TLS did not verify is as if it were not there; what it verified is not anonymous.
  const onOpen = await Promise.all(refused.map(async ([why, by]) => [why, (await askHttp1(tls(by), "/open")).status]));
  assert.deepEqual(Object.fromEntries(onOpen), {
    ...{ none: 200, "no rule": 401, "renewed with another key": 401 },
    ...{ "another authority of that name": 200, "signed by itself": 200, "for servers only": 200 },
  });
});

test("an Authorization field goes first, right or wrong", { skip }, async (t) => {
  const { pinned, tls } = await runWithCertificates(t);
  const byPassword = await askHttp1(tls(pinned), "/", asAda);
  assert.deepEqual([byPassword.subject, byPassword.scheme, byPassword.offered], ["ada", "basic", true]);
  for (const value of [`Basic ${btoa("ada:wrong")}`, "ClientCertificate ada", "Bearer x"]) {
    assert.equal((await askHttp1(tls(pinned), "/", value)).status, 401, value);
    assert.equal((await askHttp1(tls(pinned), "/open", value)).status, 401, value);
  }
  assert.equal((await askHttp1(tls(pinned), "/", "ClientCertificate")).subject, "ada", "the scheme and nothing else");
});

test("a resumed TLS session is the certificate that it began with, in both versions", { skip }, async (t) => {
  const { made, ours, tls } = await runWithCertificates(t);
  const by = made.make({ san: "URI:spiffe://example.org/sa/pay", ca: ours });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const first = connect({ ...tls(by), maxVersion });
    const session = await new Promise<Buffer>((resolve, reject) => {
      first.on("session", resolve).on("error", reject);
      first.resume();
    });
    first.destroy();
    // Without the certificate at hand: what is resumed is all that speaks for it.
    const resumed = connect({ ...tls(), maxVersion, session });
    await new Promise((resolve, reject) => resumed.on("secureConnect", resolve).on("error", reject));
    assert.ok(resumed.isSessionReused(), maxVersion);
    assert.match(await requestOn(resumed), /"x-sallyport-subject":"pay"/, maxVersion);
  }
});

function requestOn(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("error", reject).on("data", (data) => {
      text += data;
    });
    socket.on("close", () => resolve(text));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  });
}

// As Go CVE-2025-68121: a session of before resumed under authorities that would not take it.
test("an authority that was taken out of clientCa counts no more, for resumed sessions neither", {
  skip,
}, async (t) => {
  const made = clients ?? assert.fail();
  const files = await gatewayFiles(t);
  const [ours, theirs] = [made.authority("/CN=our ca"), made.authority("/CN=their ca")];
  const { key, cert } = server?.make("gateway") ?? assert.fail();
  const clientCa = files.write("clients.pem", ours.pem);
  const world = await startListeners({
    tls: { key, cert, clientCa, clientCertificate: "request" },
    certificateLookMs: 20,
    handlers: { request: ({ socket }, response) => void response.end(String((socket as TLSSocket).authorized)) },
  });
  t.after(world.close);
  const by = made.make({ san: "URI:x", ca: ours });
  const now = made.make({ san: "URI:x", ca: theirs });
  const tls = { host: "127.0.0.1", port: world.port, servername: "localhost", ca: server?.caPem() };
  const asOf = ({ pem, keyPem }: MadeCertificate, more: ConnectionOptions) =>
    connect({ ...tls, cert: pem, key: keyPem, ...more });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    files.write("clients.pem", ours.pem);
    while (!(await requestOn(asOf(by, { maxVersion }))).endsWith("true")) {}
    const first = asOf(by, { maxVersion });
    const session = await new Promise<Buffer>((resolve) => first.resume().on("session", resolve));
    first.destroy();
    files.write("clients.pem", theirs.pem);
    while (!(await requestOn(asOf(now, { maxVersion }))).endsWith("true")) {}
    assert.match(await requestOn(asOf(by, { maxVersion, session })), /false$/, maxVersion);
  }
});
