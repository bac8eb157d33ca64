import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type ConfigFault, toFaultText } from "../../../src/gateway/config/document.js";
import { parseConfig } from "../../../src/gateway/config/parse-config.js";
import { type GatewayFiles, gatewayFiles, sketch } from "../gateway-files.js";
import { makeCertificates } from "../make-certificates.js";

/** The configuration of the sketch, with this upstream. */
const parse = (files: GatewayFiles, upstream: string) =>
  parseConfig(sketch.replace('{ url: "http://127.0.0.1:3000", identity: headers }', `{ ${upstream} }`), {
    file: files.config,
  });

/** The faults without the place of the file, which `parse-config.test.ts` tests. */
function faultsOf(files: GatewayFiles, upstream: string): string[] {
  const parsed = parse(files, upstream);
  const faults: readonly ConfigFault[] = parsed.kind === "faults" ? parsed.faults : [];
  return faults.map((fault) => toFaultText(fault).replace(/^.*?gate\.yaml:\d+:\d+: /, ""));
}

function configOf(files: GatewayFiles, upstream: string) {
  const parsed = parse(files, upstream);
  return parsed.kind === "config" ? parsed.config.upstreams.get("app") : assert.fail("it has faults");
}

function certificatesIn(t: TestContext) {
  const certificates = makeCertificates() ?? assert.fail("needs openssl: apt-get install openssl");
  t.after(() => certificates.remove());
  const { cert, key } = certificates.make("gate");
  const other = certificates.make("other").key;
  return { ca: certificates.ca, cert, key, other };
}

for (const [upstream, ...faults] of [
  ["url: unix:/run/app.sock, host: upstream", "upstreams.app.host must be a host name, since a socket has none"],
  [
    "url: unix:/run/app.sock, protocol: grpc",
    "upstreams.app.url must begin with h2c://, unix+h2c: or https://, since gRPC needs HTTP/2",
  ],
  ['url: "http://a", tls: {}', "upstreams.app.tls is for an https:// upstream; write its URL so, or remove tls"],
  [
    'url: [http://a, "unix:x", 5, http://a/], protocol: grpc',
    "upstreams.app.url[0] must begin with h2c://, unix+h2c: or https://, since gRPC needs HTTP/2",
    "upstreams.app.url[1] must name a socket by its path from the root, such as unix:/run/app.sock",
    "upstreams.app.url[2] must be a URL such as http://127.0.0.1:3000, without a path",
    "upstreams.app.url[3] is listed above already; remove one of the two",
  ],
  [
    "url: [http://a, http://b], host: upstream",
    "upstreams.app.host must be a host name, since the addresses of the upstream have several",
  ],
  ["url: []", "upstreams.app.url must be a URL such as http://127.0.0.1:3000, without a path, or a list of URLs"],
  ['url: "https://a", tls: { certificate: a }', "certificate needs key: the file of its key"],
  ['url: "https://a", tls: { key: a }', "key needs certificate: the file of its certificate"],
  ['url: "https://a", tls: { serverName: "a:1" }', "serverName must be a host name, without a port"],
  ['url: "https://a", tls: { ca: ./users.yaml }', "ca: FILES/users.yaml holds no certificate in PEM"],
  ['url: "https://a", tls: { ca: ./none }', "ca: there is no file FILES/none"],
] as const) {
  test(`refused, with the remedy: ${upstream}`, async (t) => {
    const files = await gatewayFiles(t);
    assert.deepEqual(
      faultsOf(files, upstream).map((fault) => fault.replace(files.directory, "FILES")),
      faults,
    );
  });
}

test("a Unix socket is the address of an upstream, by HTTP/1.1 or HTTP/2", async (t) => {
  const files = await gatewayFiles(t);
  assert.equal(configOf(files, "url: unix:/run/app.sock")?.origin, "unix:/run/app.sock");
  assert.equal(
    configOf(files, "url: unix+h2c:/run/app.sock, protocol: grpc, host: app")?.origin,
    "unix+h2c:/run/app.sock",
  );
});

test("an upstream may have several addresses, over TLS and not", async (t) => {
  const files = await gatewayFiles(t);
  const { origin, others, host } = configOf(files, "url: [http://a:1, https://b, unix:/c], host: d, tls: {}") ?? {};
  assert.deepEqual([origin, others, host], ["http://a:1", ["https://b", "unix:/c"], "d"]);
  assert.equal(configOf(files, "url: [http://a:1]")?.others, undefined);
});

for (const [health, ...faults] of [
  ["path: healthz", "path must begin with / and have neither spaces nor #, such as /healthz"],
  ["path: /a b", "path must begin with / and have neither spaces nor #, such as /healthz"],
  ["path: /a, service: a.B", "service is for gRPC; remove it, or path"],
  [`service: ${"a".repeat(128)}`, "service must have 127 bytes at most"],
  ["path: /a, interval: 0s", "upstreams.app.health.interval must be longer than 0"],
] as const) {
  test(`refused, with the remedy: health: ${health.slice(0, 30)}`, async (t) => {
    const files = await gatewayFiles(t);
    assert.deepEqual(faultsOf(files, `url: [h2c://a, h2c://b], health: { ${health} }`), faults);
  });
}

test("health checks have a path, or are of gRPC over HTTP/2; for one address they are warned of", async (t) => {
  const files = await gatewayFiles(t);
  assert.deepEqual(configOf(files, "url: [http://a, http://b], health: { path: /healthz, interval: 1s }")?.health, {
    path: "/healthz",
    service: undefined,
    intervalMs: 1_000,
    timeoutMs: 2_000,
  });
  assert.deepEqual(configOf(files, "url: [h2c://a, https://b], health: {}")?.health?.intervalMs, 5_000);
  assert.deepEqual(faultsOf(files, "url: [http://a, h2c://b], health: {}"), [
    "upstreams.app.health needs a path, such as /healthz: gRPC needs HTTP/2, and a URL of h2c://, unix+h2c: or https://",
  ]);
  const parsed = parse(files, "url: http://a, health: { path: /healthz }");
  assert.deepEqual(parsed.kind === "config" && parsed.warnings.map(({ message }) => message), [
    "upstreams.app.health does nothing for one address, which gets all requests",
  ]);
});

test("the files of tls are checked with the configuration, and what it holds are their paths", async (t) => {
  const files = await gatewayFiles(t);
  const { ca, cert, key, other } = certificatesIn(t);
  const spell = (own: string) => `url: "https://a", tls: { ca: ${ca}, certificate: ${cert}, key: ${own} }`;
  assert.deepEqual(configOf(files, spell(key))?.tls, { ca, certificate: cert, key, serverName: undefined });
  assert.deepEqual(faultsOf(files, spell(other)), [`key: ${other} is not the PEM key of the certificate in ${cert}`]);
});
