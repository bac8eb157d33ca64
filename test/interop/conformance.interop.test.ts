// The Connect conformance runner against the server of connect-node, alone and behind the gateway; and against servers that
// speak gRPC only, one of connect-node and one of grpc-go, to which the gateway translates.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Certificates, makeCertificates } from "../gateway/make-certificates.js";
import { isFull } from "../size.js";
import { credential } from "./conformance/routes.js";
import { writeSuites } from "./conformance/suites.js";
import { readEnvironment } from "./environment.js";

/** What a server of connect-node can do. */
const features = `\
features:
  versions: [HTTP_VERSION_1, HTTP_VERSION_2]
  protocols: [PROTOCOL_CONNECT, PROTOCOL_GRPC, PROTOCOL_GRPC_WEB]
  codecs: [CODEC_PROTO, CODEC_JSON]
  compressions: [COMPRESSION_IDENTITY, COMPRESSION_GZIP, COMPRESSION_BR]
  supportsTls: true
  supportsTlsClientCerts: true
  supportsConnectGet: true
  supportsHalfDuplexBidiOverHttp1: false
  supportsMessageReceiveLimit: false
`;

/** The suites with streams in both directions, which connect-node answers with 505 over HTTP/1.1. */
const beyondHttp1 = [
  "Basic",
  "Connect to HTTP Code Mapping",
  "Deadline Propagation",
  "Duplicate Metadata",
  "Errors",
  "Server Empty Requests",
].flatMap((suite) => ["--known-failing", `${suite}/**/bidi-stream/**`]);
/** Where the client's time is over before the 505 comes, it sees what it expects. */
const perhaps = ["--known-flaky", "Timeouts/**/bidi-stream/**"];

interface GrpcFeatures {
  readonly versions?: string;
  readonly codecs?: string;
  readonly compressions: string;
  /** The service of grpc-go has no method that may be called by GET. */
  readonly get: boolean;
  readonly limit: boolean;
}

/** What callers of a server of gRPC can do. */
const toFeatures = ({
  versions = "HTTP_VERSION_1, HTTP_VERSION_2",
  codecs = "CODEC_PROTO",
  compressions,
  get,
  limit,
}: GrpcFeatures): string => `\
features:
  versions: [${versions}]
  protocols: [PROTOCOL_CONNECT, PROTOCOL_GRPC_WEB${versions.includes("2") ? ", PROTOCOL_GRPC" : ""}]
  codecs: [${codecs}]
  compressions: [${compressions}]
  supportsTls: false
  supportsTlsClientCerts: false
  supportsConnectGet: ${get}
  supportsHalfDuplexBidiOverHttp1: true
  supportsMessageReceiveLimit: ${limit}
`;

const identity = "COMPRESSION_IDENTITY";
const gzip = `${identity}, COMPRESSION_GZIP`;
const ofConnectNode = toFeatures({ compressions: `${gzip}, COMPRESSION_BR`, get: true, limit: false });
const withJson = toFeatures({ codecs: "CODEC_JSON, CODEC_PROTO", compressions: identity, get: true, limit: false });
const ofGrpcGo: readonly string[] = [
  // Over HTTP/1.1 an answer in the middle of a long upload is one that the runner's client may not see.
  toFeatures({ versions: "HTTP_VERSION_1", compressions: gzip, get: false, limit: false }),
  toFeatures({ versions: "HTTP_VERSION_2", compressions: gzip, get: false, limit: true }),
];

/** The gateway says in JSON, with its reason, why it refuses what is no RPC; the runner takes any JSON for Connect's. */
const noRpc = "Unexpected Requests/**/unexpected-content-type";
/** gRPC has no status for a method that is not there but UNIMPLEMENTED, which is 501. */
const noMethod = "Connect Unexpected Requests/**/unexpected-uri";
/** As the runner's own list for grpc-go has it: INTERNAL in place of UNIMPLEMENTED. */
const ofGrpcGoItself = ["multiple-requests", "no-request"].flatMap((name) => [
  `**/unary/${name}`,
  `**/server-stream/${name}`,
]);
describe("the Connect conformance runner", () => {
  const { conformance } = readEnvironment();
  const folder = mkdtempSync(join(tmpdir(), "sallyport-conformance-"));
  const certificates = makeCertificates() as Certificates;
  const config = join(folder, "features.yaml");
  let suites: readonly string[] = [];

  before(() => {
    certificates.make("localhost");
    writeFileSync(config, features);
    suites = writeSuites(join(conformance, "suites"), join(folder, "suites"), credential);
  });
  after(() => {
    certificates.remove();
    rmSync(folder, { recursive: true });
  });

  async function runGrpc(way: string, text: string, ...failing: readonly string[]): Promise<string> {
    writeFileSync(config, text);
    const known = failing.flatMap((pattern) => ["--known-failing", pattern]);
    return run(way, ...suites.flatMap((file) => ["--test-file", file]), ...known, "--max-servers", "2");
  }

  /** @returns what it printed last: `N passed, N failed` and, where some must fail, how many did */
  async function run(way: string, ...options: string[]): Promise<string> {
    const server = ["dist/test/interop/conformance/server.js", join(conformance, "image.binpb"), way];
    const args = ["--mode", "server", "--conf", config, ...options, "--", process.execPath, ...server];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificates.ca };
    const runner = spawn(
      join(conformance, "connectconformance"),
      [...args, way === "grpc-go" ? join(conformance, "grpcserver") : certificates.directory],
      { env },
    );
    let printed = "";
    const onData = (chunk: unknown): void => {
      printed += String(chunk);
    };
    runner.stdout.on("data", onData);
    runner.stderr.on("data", onData);
    const code = await new Promise((resolve) => runner.on("close", resolve));
    assert.equal(code, 0, printed.slice(-10_000));
    return printed.trim().split("\n").slice(-1).join();
  }

  const all = "4962 passed, 0 failed";
  test("connect-node alone", async () => assert.equal(await run("alone"), all));
  // Behind the choice of the protocol both are one way: the gate walks it over TLS.
  for (const way of isFull ? ["h2c", "tls"] : ["tls"]) {
    test(`connect-node behind the gateway over ${way}, with a bearer in each request: as alone`, async () =>
      assert.equal(await run(way, ...suites.flatMap((file) => ["--test-file", file])), all));
  }
  test("connect-node behind the gateway over HTTP/1.1: as alone but for what it answers with 505", async (t) => {
    t.diagnostic(await run("http1", ...suites.flatMap((file) => ["--test-file", file]), ...beyondHttp1, ...perhaps));
  });
  test("callers of every protocol, to connect-node that speaks gRPC only", async () =>
    assert.match(await runGrpc("grpc", ofConnectNode, noRpc, noMethod), /^\(Another 7 failed as expected/));
  test("callers with JSON, to the same, whose descriptors the gateway has", async () =>
    assert.match(await runGrpc("grpc-json", withJson, noRpc), /^\(Another 5 failed as expected/));
  test("callers of every protocol, to grpc-go", async (t) => {
    for (const text of ofGrpcGo) t.diagnostic(await runGrpc("grpc-go", text, noRpc, noMethod, ...ofGrpcGoItself));
  });
});
