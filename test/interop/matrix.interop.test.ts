// curl, `buf curl`, connect-go and grpc-go against upstreams of each protocol, behind listeners without and with TLS. What
// each sees is what the table of the clients in process says.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, file_google_protobuf_wrappers } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { expectedOfRpc } from "../gateway/forward/matrix/expected.js";
import {
  type ListenerKind,
  listenerKinds,
  type RpcClient,
  speaksHttp1,
  upstreamKinds,
} from "../gateway/forward/matrix/ways.js";
import { certificatesOrFail, type MatrixGateway, startMatrixGateway } from "../gateway/forward/matrix/world.js";
import type { Certificates } from "../gateway/make-certificates.js";
import { TalkService } from "../services/talk-service.js";
import { readEnvironment, runDriver } from "./environment.js";

const { goCallers } = readEnvironment();
const buf = resolve("node_modules/@bufbuild/buf/bin/buf");

interface Ran {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

function run(command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const child = execFile(command, args, (error, output, errors) =>
      done({ status: error === null ? 0 : Number(error.code), output, errors }),
    );
    child.stdin?.end();
  });
}

const curlVersions: Readonly<Record<ListenerKind, readonly (readonly [option: string, version: string])[]>> = {
  // `--http2` asks for an upgrade, which the gateway, as RFC 9113 has it, does not take.
  plain: [
    ["--http1.1", "1.1"],
    ["--http2", "1.1"],
    ["--http2-prior-knowledge", "2"],
  ],
  tls: [
    ["--http1.1", "1.1"],
    ["--http2", "2"],
  ],
};

/** Of each call: its path, the options of curl, and what that prints and its status. */
const curlCalls: Readonly<Record<string, readonly [path: string, options: readonly string[], expected: string]>> = {
  call: ["/", [], "plain 200"],
  HEAD: ["/", ["-I", "-o", "/dev/null"], " 200"],
  upload: ["/echo", ["-d", "hello"], "hello 200"],
  204: ["/204", [], " 204"],
  304: ["/304", [], " 304"],
  range: ["/range", ["-r", "1-2"], "bc 206"],
  error: ["/500", [], "sorry 500"],
  "early answer": ["/early", ["-d", "body"], "much 413"],
  "103": ["/hints", [], "hinted 200"],
  trailers: ["/trailers", [], "body 200"],
  deadline: ["/silent", ["-H", "connect-timeout-ms: 20", "-o", "/dev/null"], " 504"],
};

/** Of each call of `buf curl`: its method, its messages, and options. */
const bufCalls: Readonly<Record<string, readonly [method: string, messages: readonly string[], ...more: string[]]>> = {
  unary: ["Say", ["hello"]],
  "server stream": ["Count", ["3"]],
  "client stream": ["Gather", ["a", "b", "c"]],
  "stream both ways": ["Chat", ["1", "2", "3"]],
  error: ["Say", ["fail"]],
  "error in a stream": ["Count", ["fail"]],
  deadline: ["Say", ["silent"], "--timeout", "1s"],
};

describe("clients of other makers", { concurrency: 2 }, () => {
  const gateways = new Map<string, MatrixGateway>();
  let certificates: Certificates;
  let image: string;
  before(async () => {
    certificates = certificatesOrFail();
    image = join(certificates.directory, "talk.binpb");
    const file = [file_google_protobuf_wrappers.proto, TalkService.file.proto];
    writeFileSync(image, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
    for (const kind of upstreamKinds) gateways.set(kind, await startMatrixGateway(kind, certificates));
  });
  after(async () => {
    for (const gateway of gateways.values()) await gateway.close();
    certificates.remove();
  });

  async function curl(gateway: MatrixGateway, listener: ListenerKind, option: string, name: string): Promise<string> {
    const [path, options] = curlCalls[name] ?? ["", []];
    const { protocol, port } = new URL(gateway.targets[listener].origin);
    const { authorization } = gateway.nextFields();
    const trust = ["--cacert", certificates.ca, "--resolve", `localhost:${port}:127.0.0.1`];
    const args = ["-sS", "--max-time", "60", ...trust, option, "-H", `authorization: ${authorization}`, ...options];
    const { output, errors } = await run("curl", [
      ...args,
      ...["-w", " %{response_code} %{http_version}", `${protocol}//localhost:${port}${path}`],
    ]);
    return `${output}${errors}`;
  }

  async function bufCurl(gateway: MatrixGateway, listener: ListenerKind, protocol: string, kind: string) {
    const [method, messages, ...more] = bufCalls[kind] ?? ["", []];
    const data = messages.map((message) => JSON.stringify(message)).join("\n");
    const { origin } = gateway.targets[listener];
    const trust = listener === "tls" ? ["--cacert", certificates.ca, "--servername", "localhost"] : [];
    const cleartext = protocol === "grpc" && listener === "plain" ? ["--http2-prior-knowledge"] : [];
    const { authorization } = gateway.nextFields();
    const args = ["curl", "--schema", image, "--protocol", protocol, ...trust, ...cleartext, ...more, "-d", data];
    const { status, output, errors } = await run(process.execPath, [
      ...[buf, ...args, "-H", `authorization: ${authorization}`],
      `${origin}/${TalkService.typeName}/${method}`,
    ]);
    const said = output.split("\n").filter((line) => line.startsWith('"'));
    const code = status === 0 ? "OK" : (Code[status >> 3] ?? `exit ${status}: ${errors}`);
    return [...said.map((line) => JSON.parse(line)), code].join(" ");
  }

  for (const upstream of upstreamKinds) {
    for (const listener of listenerKinds) {
      for (const [option, version] of curlVersions[listener]) {
        test(`curl ${option} to a ${listener} listener, an upstream of ${upstream}`, async () => {
          const gateway = gateways.get(upstream) as MatrixGateway;
          const saw: Record<string, string> = {};
          const expected: Record<string, string> = {};
          for (const [name, [, , words]] of Object.entries(curlCalls)) {
            saw[name] = await curl(gateway, listener, option, name);
            expected[name] = `${words} ${version}`;
          }
          assert.deepEqual(saw, expected);
        });
      }
      for (const [protocol, client] of [
        ["connect", "connect 2"],
        ["grpcweb", "grpc-web 2"],
        ["grpc", "grpc 2"],
      ] as const) {
        test(`buf curl --protocol ${protocol} to a ${listener} listener, an upstream of ${upstream}`, async () => {
          const gateway = gateways.get(upstream) as MatrixGateway;
          const saw: Record<string, string> = {};
          const expected: Record<string, string> = {};
          for (const kind of Object.keys(bufCalls)) {
            saw[kind] = await bufCurl(gateway, listener, protocol, kind);
            expected[kind] = expectedOfRpc(kind, client, upstream).replace(/: .*/, "");
          }
          assert.deepEqual(saw, expected);
        });
      }
    }
    test(`connect-go and grpc-go, an upstream of ${upstream}`, async () => {
      const gateway = gateways.get(upstream) as MatrixGateway;
      const { plain, tls } = gateway.targets;
      const { authorization } = gateway.nextFields();
      const seen = await runDriver(goCallers, [plain.origin, tls.origin, certificates.ca, authorization]);
      assert.equal(seen.length, 2 * 6 * 8);
      const expected = seen.map(({ name }) => {
        const [client = "", , kind = ""] = name.split("/");
        // connect-go itself streams in both directions over HTTP/2 only, when it sees that the answer is one.
        const isRefused = kind === "stream both ways" && client.endsWith(" 1") && !speaksHttp1(upstream);
        const expected = expectedOfRpc(kind, client.replace("grpc-go", "grpc") as RpcClient, upstream);
        return { name, saw: isRefused ? "Unimplemented" : expected };
      });
      assert.deepEqual(seen, expected);
    });
  }
});
